/**
 * The lines of a file of any size, one after the other, in memory that depends on the longest line alone. Gzip is recognised by
 * its first bytes, so that standard input may be compressed too.
 *
 * @module
 */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { UserError } from "../core/errors.ts";
import { fileError } from "../core/files.ts";
import { grown } from "../core/text_table.ts";

/** The name of standard input, and of standard output. */
export const STANDARD = "-";

/** The most bytes that a line may have, unzipped: 16 MiB. A file that unpacks without end meets this limit, not that of memory. */
export const LONGEST_LINE: number = 16 * 2 ** 20;

/** How many bytes are read at once: 256 KiB, four times what Deno's streams take, at half the cost of a byte. */
const CHUNK = 2 ** 18;

/** One line, not looked into yet. */
export interface RawLine {
  /** Its number, from 1. */
  line: number;
  /** Its bytes, without the newline. */
  bytes: Uint8Array;
  /** Share of the file that has been read, from 0 to 1; 0 throughout for standard input. */
  share: number;
}

/** Bytes of a file. */
export interface ByteRange {
  /** The first. */
  from: number;
  /** After the last. */
  to: number;
}

/**
 * Cuts a file of lines into parts of about as many bytes.
 *
 * @param path a plain file.
 * @param part which part of how many; a line is of the part that its first byte lies in.
 * @returns where the part is, perhaps empty; throws a {@linkcode UserError} where the file cannot be read.
 */
export function rangeOf(path: string, { i, n }: { i: number; n: number }): ByteRange {
  try {
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    const [from, to] = [i - 1, i].map((edge) => lineFrom(file, Math.floor(edge * size / n), size));
    return { from, to };
  } catch (error) {
    throw fileError("read", path, error);
  }
}

/** Where the first line begins that begins at a place or after it. */
function lineFrom(file: Deno.FsFile, place: number, size: number): number {
  if (place === 0) return 0;
  const block = new Uint8Array(1 << 16);
  let at = place - 1; // a newline there ends the line before
  file.seekSync(at, Deno.SeekMode.Start);
  for (;;) {
    const count = file.readSync(block);
    if (count === null) return size;
    const end = block.subarray(0, count).indexOf(10);
    if (end >= 0) return at + end + 1;
    at += count;
  }
}

/**
 * Reads lines as they are needed.
 *
 * @param path a file, plain or gzipped, or `-` for standard input.
 * @param range of a plain file, which lines to read; numbers count from its first. Default: all.
 * @returns its lines; throws a {@linkcode UserError} where the file cannot be read, is no whole gzip file, or has a line
 * that is longer than 16 MiB.
 */
export async function* readRawLines(path: string, range?: ByteRange): AsyncGenerator<RawLine> {
  let line = 1;
  for await (const { bytes, share } of readLineBlocks(path, range)) {
    for (let from = 0; from < bytes.length; line++) {
      const to = lineEnd(bytes, from);
      requireLength(path, line, to - from);
      yield { line, bytes: bytes.subarray(from, to), share };
      from = to + 1;
    }
  }
}

/** Some lines that follow each other in a file. */
export interface LineBlock {
  /** All their bytes, newlines included; the file's last line may lack its own. */
  bytes: Uint8Array;
  /** Share of the file that has been read, from 0 to 1; 0 throughout for standard input. */
  share: number;
}

/**
 * Reads whole lines, many at once: where little is done with each, handing over every one by itself would take most of the time.
 *
 * @param path a file, plain or gzipped, or `-` for standard input.
 * @param range of a plain file, which lines to read. Default: all.
 * @returns blocks of lines, none empty. Of a line that is longer than 16 MiB only the first part comes, as the end of all:
 * whoever takes the lines out refuses it by {@linkcode requireLength}. Throws a {@linkcode UserError} where the file cannot be
 * read or is no whole gzip file.
 */
export async function* readLineBlocks(
  path: string,
  range?: ByteRange,
): AsyncGenerator<LineBlock> {
  const source = openSource(path, range);
  let begun: Uint8Array[] = []; // the line at the end of what was read
  let size = 0;
  for await (const chunk of unzipped(path, source.chunks)) {
    const end = chunk.lastIndexOf(10) + 1;
    if (end > 0) {
      yield { bytes: joined([...begun, chunk.subarray(0, end)]), share: source.share() };
      [begun, size] = [[], 0];
    }
    if (end < chunk.length) begun.push(chunk.subarray(end));
    size += chunk.length - end;
    if (size > LONGEST_LINE) break;
  }
  if (size > 0) yield { bytes: joined(begun), share: source.share() };
}

/**
 * Reads whole lines of a plain file, many at once, into one place: memory is that of the longest line.
 *
 * @param path a file that is not compressed.
 * @param range which lines to read.
 * @returns blocks of lines, each overwritten by the next, otherwise as {@linkcode readLineBlocks} gives them.
 */
export function* readLinesInPlace(path: string, { from, to }: ByteRange): Generator<Uint8Array> {
  try {
    using file = Deno.openSync(path);
    file.seekSync(from, Deno.SeekMode.Start);
    let buffer = new Uint8Array(CHUNK);
    let [filled, left] = [0, to - from]; // of the buffer; of the range
    while (left > 0) {
      if (filled === buffer.length) {
        if (filled > LONGEST_LINE) break;
        buffer = grown(buffer, 2 * buffer.length);
      }
      const count = file.readSync(buffer.subarray(filled, filled + left));
      if (count === null) break;
      [filled, left] = [filled + count, left - count];
      const end = buffer.subarray(0, filled).lastIndexOf(10) + 1;
      if (end === 0) continue;
      yield buffer.subarray(0, end);
      buffer.copyWithin(0, end, filled);
      filled -= end;
    }
    if (filled > 0) yield buffer.subarray(0, filled);
  } catch (error) {
    throw fileError("read", path, error);
  }
}

/**
 * Where a line of a block ends.
 *
 * @param bytes of the block.
 * @param from where the line begins.
 * @returns where its newline stands, or the end of the block.
 */
export function lineEnd(bytes: Uint8Array, from: number): number {
  const newline = bytes.indexOf(10, from);
  return newline < 0 ? bytes.length : newline;
}

/**
 * Throws a {@linkcode UserError} where a line is longer than {@linkcode LONGEST_LINE}.
 *
 * @param path the file.
 * @param line its number, from 1.
 * @param size its bytes, or how many of them are known.
 */
export function requireLength(path: string, line: number, size: number): void {
  if (size <= LONGEST_LINE) return;
  throw new UserError(
    `Cannot read "${path}" line ${line}: a line may have ${LONGEST_LINE} bytes, and this one has more`,
    "Split the conversation, or leave it out; every line must be one JSON object.",
  );
}

interface Source {
  chunks: AsyncIterable<Uint8Array>;
  /** How much has been read, from 0 to 1. */
  share: () => number;
}

function openSource(path: string, range?: ByteRange): Source {
  if (path === STANDARD) return { chunks: Deno.stdin.readable, share: () => 0 };
  let share = 0;
  async function* chunks() {
    try {
      using file = await Deno.open(path);
      const { from, to } = range ?? { from: 0, to: (await file.stat()).size };
      if (range !== undefined) await file.seek(from, Deno.SeekMode.Start); // a pipe knows no places
      let read = from;
      while (range === undefined || read < to) {
        const chunk = new Uint8Array(CHUNK); // a new one each time, because its lines may be kept
        const count = await file.read(chunk);
        if (count === null) return;
        const own = range === undefined ? count : Math.min(count, to - read);
        read += own;
        share = Math.min(1, (read - from) / (to - from));
        yield chunk.subarray(0, own);
      }
    } catch (error) {
      throw fileError("read", path, error);
    }
  }
  return { chunks: chunks(), share: () => share };
}

/** The same bytes, unzipped where they begin as gzip does. */
async function* unzipped(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const all = chunks[Symbol.asyncIterator]();
  const first = await all.next();
  if (first.done) return;
  const [a, b] = first.value;
  if (new TextDecoder().decode(first.value.subarray(0, 4)) === "PAR1") {
    throw new UserError(
      `Cannot read "${path}" as lines: it is a Parquet file`,
      "Give its path where Parquet is taken, not its bytes on standard input, or convert it to JSON Lines.",
    );
  }
  const whole = startingWith(first.value, all);
  if (a !== 0x1f || b !== 0x8b) return yield* whole;
  const unzip = createGunzip();
  const zipped = Readable.from(whole).on("error", (error) => unzip.destroy(error));
  try {
    yield* zipped.pipe(unzip);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(
      `Cannot read "${path}": it is no whole gzip file`,
      "Fetch or compress it again.",
      { cause },
    );
  }
}

async function* startingWith<T>(first: T, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.(); // closes the file where reading stops early
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
