/**
 * Scored rows in columns: what is measured of a file, in some 80 bytes a row, whatever its conversations are. The rest of a row is
 * read again where it is to be written again.
 *
 * @module
 */
import { emptyFile, replacedNote } from "../conversation/jsonl.ts";
import { rangeOf, readLineBlocks } from "../conversation/log_lines.ts";
import {
  canBeCut,
  type FileRecord,
  isParquet,
  isRegularFile,
  readRecords,
} from "../conversation/records.ts";
import { badRow } from "../conversation/row.ts";
import type { UserError } from "../core/errors.ts";
import { fileSize } from "../core/files.ts";
import type { TextTable } from "../core/text_table.ts";
import { Columns } from "./columns.ts";
import type { EvaluatedRow } from "./evaluation.ts";
import { readBeside } from "./read_beside.ts";
import { parseScoredRow, type ScoredRow } from "./scored_file.ts";

/** Of files from this size on, a second thread reads the second half: of smaller ones it would have hardly begun. */
const LARGE = 2 ** 25;

/** The rows of one file, in its order. */
export interface ScoredColumns {
  /** Where they came from. */
  path: string;
  /** The ids; a row's index is the number of its id. */
  ids: TextTable;
  /** Domain, label and scene of each row; rows that agree in them share one object. */
  labels: EvaluatedRow[];
  /** Rise with danger, shape (rows). */
  scores: Float64Array;
  /** What the user should know of the file, a sentence each. */
  warnings: string[];
  /** Reads the rows again, each with all its columns; throws a `UserError` where the file has changed. */
  readAgain(): AsyncGenerator<ScoredRow>;
}

/** Settings of {@linkcode readScoredColumns}. */
export interface ScoredColumnsOptions {
  /** Whether the scores rise with safety; they are negated then. Defaults to false. */
  predictSafe?: boolean;
  /** Whether the rows will be read again: of what can be read only once, such as a pipe, they are kept. Defaults to false. */
  again?: boolean;
  /** From how many bytes on a second thread helps, on which nothing but time depends. Defaults to 32 MiB. */
  large?: number;
}

/**
 * Reads and checks a file.
 *
 * @param path a file of JSON Lines, gzipped or not, or of Parquet, whose columns of bytes and of nested data are left out.
 * @param options direction of the scores, and whether the file will be read again.
 * @returns its columns; throws a `UserError` with the line of the first bad row.
 */
export async function readScoredColumns(
  path: string,
  { predictSafe = false, again = false, large = LARGE }: ScoredColumnsOptions = {},
): Promise<ScoredColumns> {
  const kept: FileRecord[] | undefined = again && !isRegularFile(path) ? [] : undefined;
  const leftOut: string[] = [];
  const columns = new Columns(path, predictSafe);
  if (kept !== undefined || isParquet(path)) {
    const choose = (name: string, isData: boolean) => {
      if (!isData) leftOut.push(name);
      return isData;
    };
    for await (const record of readRecords(path, choose)) {
      columns.add(record);
      kept?.push(record);
    }
  } else if (canBeCut(path)) {
    await addPlainFile(columns, fileSize(path)! >= large);
  } else {
    let line = 1;
    for await (const { bytes } of readLineBlocks(path)) line = columns.addLines(bytes, line);
  }
  const { ids } = columns;
  const { labels: distinct, labelOf, scores, replaced } = columns.read();
  const labels = Array.from(labelOf, (place) => distinct[place]);
  if (ids.size === 0) throw emptyFile(path);
  const warnings = [
    ...leftOut.length > 0
      ? [
        `"${path}" has columns that are no text or numbers, which are not written again: ${
          leftOut.join(", ")
        }.`,
      ]
      : [],
    ...replaced > 0 ? [replacedNote(path, replaced)] : [],
  ];
  async function* readAgain() {
    let row = 0;
    for await (const record of kept ?? readRecords(path, (_, isData) => isData)) {
      const scored = parseScoredRow(path, record, predictSafe);
      const isSame = row < ids.size && scored.id === ids.text(row) && scored.score === scores[row];
      if (!isSame) throw changedFile(path, row);
      yield scored;
      row++;
    }
    if (row < ids.size) throw changedFile(path, row);
  }
  return { path, ids, labels, scores, warnings, readAgain };
}

/** Adds the rows of a plain file; of a large one another thread reads the second half meanwhile, if it can. */
async function addPlainFile(columns: Columns, isLarge: boolean): Promise<void> {
  const { path } = columns;
  if (!isLarge) return void columns.addRange(rangeOf(path, { i: 1, n: 1 }), 1);
  const second = rangeOf(path, { i: 2, n: 2 });
  const first = { from: 0, to: second.from }; // of one look at the file, which may grow
  using beside = readBeside(columns, second);
  const line = columns.addRange(first, 1);
  const rest = await beside.read;
  if (rest === null) columns.addRange(second, line); // where something is wrong, this says what
  else columns.addRead(rest, line - 1);
}

function changedFile(path: string, row: number): UserError {
  const problem = "the file was changed since its scores were read";
  return badRow(path, `row ${row + 1}`, problem, "Analyse it again when it is finished.");
}
