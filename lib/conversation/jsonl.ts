/**
 * JSON Lines, plain or gzipped, where every error names its file and line. Numbers keep their digits, and lone surrogates are
 * replaced (`core/exact_json.ts`). A line may have 16 MiB; a file, any size.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { UserError } from "../core/errors.ts";
import { findNotFinite, parseExact } from "../core/exact_json.ts";
import { readBytes } from "../core/files.ts";
import { type RawLine, readRawLines, requireLength } from "./log_lines.ts";

/** One value of a file and where it stood. */
export interface JsonLine {
  /** Line number, from 1. */
  line: number;
  /** What the line holds. */
  value: unknown;
  /** How many lone surrogates in it were replaced by U+FFFD. */
  replaced: number;
}

/** The most bytes that a small file may unpack to: 1 GiB. */
const LARGEST_UNPACKED = 2 ** 30;

/**
 * Reads a JSON Lines file line by line; blank lines are passed over.
 *
 * @param path a file, plain or gzipped whatever its name, or `-` for standard input.
 * @returns its values; throws a {@linkcode UserError} with the line where one cannot be read.
 */
export async function* streamJsonl(path: string): AsyncGenerator<JsonLine> {
  for await (const raw of readRawLines(path)) {
    const line = parseLine(path, raw);
    if (line !== undefined) yield line;
  }
}

/** Settings of {@linkcode readJsonl}. */
export interface JsonlOptions {
  /** Told once, where lone surrogates were replaced. Nobody by default. */
  say?: ((message: string) => void) | undefined;
  /** Told of each line that cannot be read, which is then passed over. By default such a line is an error. */
  skip?: ((error: UserError) => void) | undefined;
}

/**
 * Reads a small JSON Lines file whole, such as questions or recorded answers; blank lines are passed over.
 *
 * @param path a `.jsonl` file, or `.jsonl.gz`, which may unpack to 1 GiB.
 * @param options what becomes of lines that cannot be read, and who is told of replaced characters.
 * @returns its values, none only where each line was passed over; throws a {@linkcode UserError} with the line where one cannot be
 * read, and where the file is empty.
 */
export function readJsonl(path: string, { say, skip }: JsonlOptions = {}): JsonLine[] {
  const bytes = path.endsWith(".gz") ? gunzip(path) : readBytes(path);
  const lines: JsonLine[] = [];
  let isEmpty = true;
  for (let line = 1, start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    requireLength(path, line, end - start);
    try {
      const parsed = parseLine(path, { line, bytes: bytes.subarray(start, end) });
      if (parsed !== undefined) lines.push(parsed);
      isEmpty &&= parsed === undefined;
    } catch (error) {
      if (skip === undefined || !(error instanceof UserError)) throw error;
      skip(error);
      isEmpty = false;
    }
    start = end + 1;
  }
  if (isEmpty) throw emptyFile(path);
  const replaced = lines.reduce((sum, line) => sum + line.replaced, 0);
  if (replaced > 0) say?.(replacedNote(path, replaced));
  return lines;
}

/**
 * Reads a small JSON Lines file as {@linkcode readJsonl} does, and makes something of every line.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @param make takes a line; throws a {@linkcode UserError} where it is bad, which is passed over where `skip` is given.
 * @param options what becomes of bad lines, and who is told of replaced characters.
 * @returns what was made, in file order.
 */
export function mapJsonl<T>(
  path: string,
  make: (line: JsonLine) => T,
  options: JsonlOptions = {},
): T[] {
  return readJsonl(path, options).flatMap((line) => {
    try {
      return [make(line)];
    } catch (error) {
      if (options.skip === undefined || !(error instanceof UserError)) throw error;
      options.skip(error);
      return [];
    }
  });
}

/**
 * The error of a file without content.
 *
 * @param path the file.
 * @returns the error to throw.
 */
export function emptyFile(path: string): UserError {
  return new UserError(`Cannot read "${path}": the file is empty`, "Check how it was made.");
}

/**
 * What to say of text that was no Unicode.
 *
 * @param path the file.
 * @param replaced how many lone surrogates were replaced, at least 1.
 * @returns one sentence.
 */
export function replacedNote(path: string, replaced: number): string {
  return `"${path}" has ${replaced} lone surrogate${
    replaced === 1 ? "" : "s"
  } (half of a character, ` +
    `such as "\\ud83d"), read as U+FFFD.`;
}

function gunzip(path: string): Uint8Array {
  const bytes = readBytes(path);
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_UNPACKED });
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      const problem =
        `Cannot read "${path}": it may unpack to ${LARGEST_UNPACKED} bytes, and has more`;
      throw new UserError(problem, "Split it, or check how it was made.", { cause });
    }
    throw new UserError(
      `Cannot read "${path}": it is no whole gzip file`,
      "Fetch or compress it again, or drop the ending .gz if it is plain text.",
      { cause },
    );
  }
}

/**
 * Looks into a line.
 *
 * @param path the file, for the error.
 * @param raw the line.
 * @returns what it holds, undefined for a blank line; throws a {@linkcode UserError} where it is no UTF-8 or no JSON.
 */
export function parseLine(
  path: string,
  { line, bytes }: Pick<RawLine, "line" | "bytes">,
): JsonLine | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const problem = `Cannot read "${path}" line ${line}: it is not valid UTF-8`;
    throw new UserError(problem, "Save the file in UTF-8.", { cause });
  }
  if (text.trim() === "") return undefined;
  try {
    return { line, ...parseExact(text) };
  } catch (cause) {
    throw notJson(path, line, text, cause);
  }
}

function notJson(path: string, line: number, text: string, cause: unknown): UserError {
  const found = findNotFinite(text);
  if (found !== undefined) {
    const { word, field } = found;
    const where = field === undefined ? "it holds" : `"${field}" is`;
    return new UserError(
      `Cannot read "${path}" line ${line}: ${where} ${word}, which is no finite number and no JSON`,
      "Write a number, or null where there is none, or leave the row out.",
      { cause },
    );
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UserError(
    `Cannot read "${path}" line ${line}: broken JSON (${why})`,
    "Write one whole JSON object on each line.",
    { cause },
  );
}
