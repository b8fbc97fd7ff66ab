/**
 * Files that are written whole or not at all, and file errors that say what to do.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { UserError } from "./errors.ts";
import { onInterruption } from "./interruption.ts";

/**
 * Writes a file through a temporary name beside it, then renames; a killed run leaves no half file.
 * Missing parent folders are made; throws a {@linkcode UserError} where the system refuses.
 *
 * @param path of the file to be.
 * @param data text (as UTF-8) or bytes.
 * @param temporary the name, of which no other process makes use. Default: one that nobody else draws.
 */
export function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  temporary: string = temporaryName(path),
): void {
  makeFolder(dirname(path));
  try {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    Deno.writeFileSync(temporary, bytes);
    Deno.renameSync(temporary, path);
  } catch (error) {
    removeIfPresent(temporary);
    throw fileError("write", path, error);
  }
}

/** How much text is put together before it is written: 1 Mi units. */
const PIECE = 2 ** 20;

/**
 * Writes a file of lines, whole or not at all as {@linkcode writeFileAtomic} does, in memory that does not depend on its size.
 *
 * @param path of the file to be.
 * @param lines without newlines; what their making throws is thrown, and the file not written.
 */
export async function writeLinesAtomic(path: string, lines: AsyncIterable<string>): Promise<void> {
  makeFolder(dirname(path));
  const temporary = temporaryName(path);
  using _ = onInterruption(() => removeIfPresent(temporary));
  try {
    using file = writing(path, () => Deno.openSync(temporary, { write: true, createNew: true }));
    let piece = "";
    const write = () => {
      const bytes = new TextEncoder().encode(piece);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      piece = "";
    };
    for await (const line of lines) {
      piece += line + "\n";
      if (piece.length >= PIECE) writing(path, write);
    }
    writing(path, write);
    writing(path, () => Deno.renameSync(temporary, path));
  } catch (error) {
    removeIfPresent(temporary);
    throw error;
  }
}

/**
 * Does something to a file that is being written; throws a {@linkcode UserError} where the system refuses.
 *
 * @param path of the file to be.
 * @param act what to do.
 * @returns what it returns.
 */
export function writing<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw fileError("write", path, error);
  }
}

function temporaryName(path: string): string {
  return `${path}.tmp-${crypto.randomUUID().slice(0, 8)}`;
}

/**
 * Makes a folder and those above it, where they are missing; throws a {@linkcode UserError} where
 * the system refuses. One that is there takes no permission to write to it.
 */
export function makeFolder(path: string): void {
  try {
    if (exists(path) && Deno.statSync(path).isDirectory) return;
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    throw fileError("make the folder", path, error);
  }
}

/**
 * Makes a folder, as {@linkcode makeFolder}, and writes an empty file to it that is gone at once: before long work whose results
 * are to go there. Throws a {@linkcode UserError} where the system refuses.
 */
export function makeWritableFolder(path: string): void {
  makeFolder(path);
  const probe = temporaryName(join(path, "probe"));
  try {
    Deno.writeFileSync(probe, new Uint8Array(0));
    Deno.removeSync(probe);
  } catch (error) {
    throw fileError("write to", path, error);
  }
}

/**
 * Reads a whole file as UTF-8 text.
 *
 * @returns its text; throws a {@linkcode UserError} where it cannot be read.
 */
export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}

/**
 * Reads a whole file.
 *
 * @returns its bytes; throws a {@linkcode UserError} where it cannot be read.
 */
export function readBytes(path: string): Uint8Array<ArrayBuffer> {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    throw fileError("read", path, error);
  }
}

/**
 * The SHA-256 of a file, read piece by piece, since it may be larger than memory.
 *
 * @returns 64 hexadecimal digits; throws a {@linkcode UserError} where it cannot be read.
 */
export function hashFile(path: string): Promise<string> {
  return hashFiles([path]);
}

/**
 * The SHA-256 of several files, one after the other.
 *
 * @param paths the files.
 * @param heading what is hashed before a file, from its path and its size in bytes. Default: nothing.
 * @returns 64 hexadecimal digits; throws a {@linkcode UserError} where one cannot be read.
 */
export async function hashFiles(
  paths: readonly string[],
  heading: (path: string, size: number) => string = () => "",
): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    try {
      using file = Deno.openSync(path);
      hash.update(heading(path, file.statSync().size));
      for await (const chunk of file.readable) hash.update(chunk);
    } catch (error) {
      throw fileError("read", path, error);
    }
  }
  return hash.digest("hex");
}

/**
 * Fills an array with the next bytes of an open file.
 *
 * @param file stands where they begin.
 * @param into as long as what is to be read.
 * @returns the array; throws a `RangeError` where the file ends before.
 */
export function readExactly(
  file: Deno.FsFile,
  into: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  for (let at = 0; at < into.length;) {
    const count = file.readSync(into.subarray(at));
    if (count === null) throw new RangeError(`it ends ${into.length - at} bytes too early`);
    at += count;
  }
  return into;
}

/**
 * Whether something exists at a path.
 *
 * @returns false also where a parent folder is missing; throws a {@linkcode UserError} where the
 * system refuses.
 */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw fileError("look at", path, error);
  }
}

/**
 * How large a file is.
 *
 * @returns bytes, or undefined where there is nothing; throws a {@linkcode UserError} where the
 * system refuses.
 */
export function fileSize(path: string): number | undefined {
  return exists(path) ? Deno.statSync(path).size : undefined;
}

/**
 * Removes a file or folder tree; nothing happens where there is none. Throws a
 * {@linkcode UserError} where the system refuses.
 */
export function removeIfPresent(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw fileError("remove", path, error);
  }
}

/**
 * Turns what the system says of a file into an error with a remedy.
 *
 * @param verb what was being done: `read`, `write`, …
 * @returns the error to throw.
 */
export function fileError(verb: string, path: string, error: unknown): Error {
  if (error instanceof UserError) return error;
  if (!(error instanceof Error)) return new Error(`Cannot ${verb} "${path}": ${error}`);
  const [why, remedy] = reasonOf(error);
  return new UserError(`Cannot ${verb} "${path}": ${why}`, remedy, { cause: error });
}

function reasonOf(error: Error): [why: string, remedy: string] {
  const code = (error as { code?: string }).code;
  if (code === "ENOSPC" || /no space left|os error 28/i.test(error.message)) {
    return [
      "the disk is full",
      "Free some space, or choose other folders with --results and --cache.",
    ];
  }
  if (error instanceof Deno.errors.NotFound) {
    return ["there is no such file or folder", "Check the path."];
  }
  if (error instanceof Deno.errors.NotCapable) {
    return [
      "Deno was started without permission for it",
      "Give a folder under results/ or .cache/, where every task may write, or start it by `deno run` with --allow-read and --allow-write for the folder.",
    ];
  }
  if (error instanceof Deno.errors.PermissionDenied || code === "EROFS") {
    return ["the system does not permit it", "Check the owner and mode, or choose another folder."];
  }
  const { AlreadyExists, IsADirectory, NotADirectory } = Deno.errors;
  if ([AlreadyExists, IsADirectory, NotADirectory].some((kind) => error instanceof kind)) {
    return ["a file was expected where a folder is, or the other way round", "Check the path."];
  }
  return [error.message, "Check the path and the disk."];
}

/**
 * A name as that of a file.
 *
 * @param name such as `Qwen/Qwen2.5-7B`.
 * @returns letters, digits, dots, dashes and underscores, a letter or digit first, at most 100 of them.
 */
export function fileName(name: string): string {
  const plain = name.normalize("NFKC").replaceAll(/[^\p{L}\p{N}._-]+/gu, "-");
  return plain.replaceAll(/^[^\p{L}\p{N}]+|[-.]+$/gu, "").slice(0, 100) || "model";
}
