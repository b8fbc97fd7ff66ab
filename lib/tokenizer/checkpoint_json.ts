/**
 * The JSON files of checkpoints from outside.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { wellFormed } from "../core/exact_json.ts";
import { readText } from "../core/files.ts";

/**
 * Reads a JSON file of a checkpoint.
 *
 * @param path of the file, such as that of `tokenizer.json`.
 * @returns what it holds, lone surrogates replaced, taken for a `T` unchecked; throws a {@linkcode UserError} where it is missing or not JSON.
 */
export function readCheckpointJson<T>(path: string): T {
  const text = readText(path);
  try {
    return wellFormed(JSON.parse(text)).value as T;
  } catch (cause) {
    throw new UserError(
      `Cannot read "${path}": it must be JSON (${(cause as Error).message})`,
      "Get the checkpoint again.",
      { cause },
    );
  }
}
