/**
 * JSON Lines, plain or gzipped, where every error names its file and line.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { UserError } from "../core/errors.ts";
import { readBytes } from "../core/files.ts";

/** One value of a file and where it stood. */
export interface JsonLine {
  /** Line number, from 1. */
  line: number;
  /** What the line holds. */
  value: unknown;
}

/**
 * Reads a JSON Lines file whole; blank lines are passed over.
 *
 * @param path a `.jsonl` file, or `.jsonl.gz`.
 * @returns its values, at least one; throws a {@linkcode UserError} with the line where one cannot be read.
 */
export function readJsonl(path: string): JsonLine[] {
  const bytes = path.endsWith(".gz") ? gunzip(path) : readBytes(path);
  const lines: JsonLine[] = [];
  for (const [i, text] of decode(path, bytes).split("\n").entries()) {
    if (text.trim() !== "") lines.push({ line: i + 1, value: parseJsonLine(path, i + 1, text) });
  }
  if (lines.length === 0) {
    throw new UserError(`Cannot read "${path}": the file is empty`, "Check how it was made.");
  }
  return lines;
}

function gunzip(path: string): Uint8Array {
  const bytes = readBytes(path);
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new UserError(
      `Cannot read "${path}": it is no whole gzip file`,
      "Fetch or compress it again, or drop the ending .gz if it is plain text.",
      { cause },
    );
  }
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notUtf8(path, firstBadLine(bytes), cause);
  }
}

/**
 * The error of a line that UTF-8 cannot decode.
 *
 * @param path the file.
 * @param line its number, from 1.
 * @param cause what the decoder threw.
 * @returns the error to throw.
 */
export function notUtf8(path: string, line: number, cause: unknown): UserError {
  const problem = `Cannot read "${path}" line ${line}: it is not valid UTF-8`;
  return new UserError(problem, "Save the file in UTF-8.", { cause });
}

/** The number of the first line that UTF-8 cannot decode; a newline byte is never part of a longer sequence. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let line = 1, start = 0;; line++) {
    const end = bytes.indexOf(10, start);
    try {
      decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    start = end + 1;
  }
}

/**
 * Parses the text of a line.
 *
 * @param path the file, for the error.
 * @param line its number, for the error.
 * @param text what it holds.
 * @returns the value; throws a {@linkcode UserError} where it is no JSON.
 */
export function parseJsonLine(path: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      `Cannot read "${path}" line ${line}: broken JSON (${why})`,
      "Write one whole JSON object on each line.",
      { cause },
    );
  }
}
