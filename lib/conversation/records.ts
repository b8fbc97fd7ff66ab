/**
 * The records of a file of any kind: lines of JSON, plain or gzipped, or rows of Parquet, told apart by how the file begins.
 *
 * @module
 */
import { type JsonLine, parseLine } from "./jsonl.ts";
import { type ByteRange, readRawLines, STANDARD } from "./log_lines.ts";
import type { ChooseColumn } from "./parquet.ts";

/** One record, and where it stood. */
export interface FileRecord extends JsonLine {
  /** Where it stands, as errors say it: `line 3`, or `row 3` of a Parquet file. */
  place: string;
}

/** One record, not looked into yet. */
export interface RawRecord {
  /** Its number, from 1. */
  line: number;
  /** Bytes that are the same where the record is the same: the line, or the columns of the row as JSON. */
  bytes: Uint8Array;
  /** Share of the file that has been read, from 0 to 1; 0 throughout for standard input. */
  share: number;
  /** Looks into it; undefined for a blank line, throws a `UserError` where it cannot be read. */
  read(): FileRecord | undefined;
}

/**
 * Reads records as they are needed.
 *
 * @param path a file, or `-` for standard input, which may be JSON Lines only.
 * @param choose the columns that are needed, where it is a Parquet file; `isData` is false for bytes and nested columns.
 * @param range of a file of lines that is neither compressed nor standard input, which lines to read. Default: all.
 * @returns its records; throws a `UserError` where the file cannot be read.
 */
export async function* readRawRecords(
  path: string,
  choose: ChooseColumn,
  range?: ByteRange,
): AsyncGenerator<RawRecord> {
  if (!isParquet(path)) {
    for await (const raw of readRawLines(path, range)) {
      const read = () => {
        const parsed = parseLine(path, raw);
        return parsed && { ...parsed, place: `line ${raw.line}` };
      };
      yield { ...raw, read };
    }
    return;
  }
  const { readParquet } = await import("./parquet.ts"); // its decoders are large, and seldom needed
  const encoder = new TextEncoder();
  for await (const { row, value, share } of readParquet(path, choose)) {
    const bytes = encoder.encode(JSON.stringify(value));
    yield {
      line: row,
      bytes,
      share,
      read: () => ({ line: row, place: `row ${row}`, value, replaced: 0 }),
    };
  }
}

/**
 * Reads records one after the other; blank lines are passed over.
 *
 * @param path a file, or `-` for standard input, which may be JSON Lines only.
 * @param choose the columns that are needed, where it is a Parquet file.
 * @returns its records, perhaps none; throws a `UserError` at the first that cannot be read.
 */
export async function* readRecords(path: string, choose: ChooseColumn): AsyncGenerator<FileRecord> {
  for await (const raw of readRawRecords(path, choose)) {
    const record = raw.read();
    if (record !== undefined) yield record;
  }
}

/**
 * Whether a file can be cut into ranges of bytes at line ends.
 *
 * @param path a file, or `-` for standard input.
 * @returns false for standard input and other pipes, Parquet and gzip.
 */
export function canBeCut(path: string): boolean {
  if (!isRegularFile(path) || isParquet(path)) return false;
  const [a, b] = startOf(path);
  return !(a === 0x1f && b === 0x8b);
}

/**
 * Whether a file can be read more than once, and has a size.
 *
 * @param path a file, or `-` for standard input.
 * @returns false for standard input, pipes and folders; true also where it cannot be looked at.
 */
export function isRegularFile(path: string): boolean {
  try {
    return path !== STANDARD && Deno.statSync(path).isFile;
  } catch {
    return true; // whoever opens it says what is wrong
  }
}

/**
 * Whether a file is one of Parquet: by its name, or by how it begins.
 *
 * @param path a file, or `-` for standard input.
 * @returns false also where it cannot be opened.
 */
export function isParquet(path: string): boolean {
  if (path === STANDARD || path.endsWith(".parquet")) return path !== STANDARD;
  return new TextDecoder().decode(startOf(path)) === "PAR1";
}

/** A file's first bytes, at most four. */
function startOf(path: string): Uint8Array {
  try {
    using file = Deno.openSync(path);
    if (!file.statSync().isFile) return new Uint8Array(0); // a pipe, whose first bytes come only once
    const start = new Uint8Array(4);
    return start.subarray(0, file.readSync(start) ?? 0);
  } catch {
    return new Uint8Array(0); // whoever opens it says what is wrong
  }
}
