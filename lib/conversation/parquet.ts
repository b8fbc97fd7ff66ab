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
  parquetSchema,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { UserError } from "../core/errors.ts";
import { fromBigInt, isObject } from "../core/exact_json.ts";
import { fileError } from "../core/files.ts";

/** Tells of a column of a Parquet file whether it is needed; nothing else of the file is decoded. */
export type ChooseColumn = (name: string, isData: boolean) => boolean;

/** One row of a file and where it stood. */
export interface ParquetRow {
  /** Row number, from 1. */
  row: number;
  /** Its columns as JSON would hold them, whole numbers of any size included; a column without a value is null. */
  value: Record<string, unknown>;
  /** Share of the file that has been read with its row group, from 0 to 1. */
  share: number;
}

/**
 * Reads a file in pieces; one row group is in memory at a time, and of it the chosen columns only: another may hold bytes or
 * broken text.
 *
 * @param path a `.parquet` file of any of the usual compressions.
 * @param choose which columns are read.
 * @returns its rows in order, perhaps none; throws a {@linkcode UserError} where the file is cut or no Parquet.
 */
export async function* readParquet(path: string, choose: ChooseColumn): AsyncGenerator<ParquetRow> {
  using source = openBuffer(path);
  const metadata = await decoding(path, "", parquetMetadataAsync(source.file));
  const columns = columnsOf(metadata).filter(({ name, isData }) => choose(name, isData))
    .map(({ name }) => name);
  const total = Number(metadata.num_rows);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    if (rowEnd === rowStart) continue;
    const rows = await readGroup(path, source.file, { metadata, columns, rowStart, rowEnd });
    for (const [i, value] of rows.entries()) {
      const row = rowStart + i + 1;
      yield { row, value: toJson(value) as Record<string, unknown>, share: row / total };
    }
    rowStart = rowEnd;
  }
}

/** The columns of a file, and whether each holds text, numbers or truth values, one a row. */
function columnsOf(metadata: FileMetaData): { name: string; isData: boolean }[] {
  return parquetSchema(metadata).children.map(({ element, children }) => {
    const { name, type, logical_type, converted_type, repetition_type } = element;
    const isBytes = type === "BYTE_ARRAY" || type === "FIXED_LEN_BYTE_ARRAY" || type === "INT96";
    const isText = ["UTF8", "ENUM", "JSON"].includes(converted_type ?? "") ||
      ["STRING", "ENUM", "JSON", "UUID"].includes(logical_type?.type ?? "");
    const isNested = children.length > 0 || repetition_type === "REPEATED";
    return { name, isData: !isNested && (!isBytes || isText) };
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function readGroup(
  path: string,
  file: AsyncBuffer,
  what: { metadata: FileMetaData; columns: string[]; rowStart: number; rowEnd: number },
): Promise<Record<string, unknown>[]> {
  const { columns, rowStart, rowEnd } = what;
  if (columns.length === 0) {
    return Promise.resolve(Array.from({ length: rowEnd - rowStart }, () => ({})));
  }
  const rows = parquetReadObjects({
    file,
    ...what,
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

/** 64-bit integers are read as bigint, which JSON does not know, and times as dates. */
function toJson(value: unknown): unknown {
  if (typeof value === "bigint") return fromBigInt(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, toJson(v)]));
}
