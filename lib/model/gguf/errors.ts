/**
 * What is said of GGUF files that cannot be used.
 *
 * @module
 */
import { UserError } from "../../core/errors.ts";
import { fileError } from "../../core/files.ts";

/** What to do about a damaged file. */
export const GET_AGAIN =
  "Get a whole copy of the file; one in the cache is made again once the folder that holds it is removed.";

/**
 * What went wrong while a file was read.
 *
 * @param path the file.
 * @param error a `RangeError` or `TypeError` about what it holds, or what the system says.
 * @returns the error to throw.
 */
export function brokenGguf(path: string, error: unknown): Error {
  if (!(error instanceof RangeError || error instanceof TypeError)) {
    return fileError("read", path, error);
  }
  return new UserError(
    `Cannot read "${path}": it is not a whole GGUF file (${error.message})`,
    GET_AGAIN,
    { cause: error },
  );
}

/**
 * A file that is whole, but that we cannot follow.
 *
 * @param path the file.
 * @param must what must hold, and what was got.
 * @param remedy what to do.
 * @returns the error to throw.
 */
export function unusableGguf(path: string, must: string, remedy: string): UserError {
  return new UserError(`Cannot load "${path}": ${must}`, remedy);
}
