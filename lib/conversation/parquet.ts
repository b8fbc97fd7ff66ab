/**
 * Parquet files, row group by row group, as the hub stores datasets.
 *
 * @module
 */
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { UserError } from "../core/errors.ts";
import { fileError } from "../core/files.ts";

/** One row of a file and where it stood. */
export interface ParquetRow {
  /** Row number, from 1. */
  row: number;
  /** Its columns; integers and truth values as numbers, as JSON would hold labels. */
  value: Record<string, unknown>;
}

/**
 * Reads a file in pieces; one row group is in memory at a time.
 *
 * @param path a `.parquet` file of any of the usual compressions.
 * @returns its rows in order, at least one; throws a {@linkcode UserError} where the file is empty, cut or no Parquet.
 */
export async function* readParquet(path: string): AsyncGenerator<ParquetRow> {
  using source = openBuffer(path);
  const metadata = await decoding(path, "", parquetMetadataAsync(source.file));
  if (Number(metadata.num_rows) === 0) {
    throw new UserError(`Cannot read "${path}": the file is empty`, "Check how it was made.");
  }
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const rows = await readGroup(path, source.file, metadata, rowStart, rowEnd);
    for (const [i, value] of rows.entries()) {
      yield { row: rowStart + i + 1, value: withNumbers(value) };
    }
    rowStart = rowEnd;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function readGroup(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  rowStart: number,
  rowEnd: number,
): Promise<Record<string, unknown>[]> {
  const rows = parquetReadObjects({
    file,
    metadata,
    rowStart,
    rowEnd,
    compressors,
    // its own decoder would put a replacement character where a byte is wrong
    parsers: { stringFromBytes: (bytes) => bytes && utf8.decode(bytes) },
  });
  return decoding(path, ` rows ${rowStart + 1} to ${rowEnd}`, rows);
}

/** What the library throws of a file that it cannot make sense of, as an error with a remedy. */
async function decoding<T>(path: string, where: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      `Cannot read "${path}"${where}: it is no whole Parquet file of text in UTF-8 (${why})`,
      "Fetch or write it again.",
      { cause },
    );
  }
}

/** A file of which slices are read. */
function openBuffer(path: string): { file: AsyncBuffer } & Disposable {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    throw fileError("read", path, error);
  }
  const byteLength = file.statSync().size;
  const slice = (start: number, end = byteLength): ArrayBuffer => {
    const bytes = new Uint8Array(Math.max(0, Math.min(end, byteLength) - start));
    file.seekSync(start, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) at += file.readSync(bytes.subarray(at)) ?? bytes.length;
    return bytes.buffer;
  };
  return { file: { byteLength, slice }, [Symbol.dispose]: () => file.close() };
}

/** 64-bit integers are read as bigint, which JSON does not know; a label may be a truth value. */
function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  const convert = (value: unknown) =>
    typeof value === "bigint" || typeof value === "boolean" ? Number(value) : value;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, convert(value)]));
}
