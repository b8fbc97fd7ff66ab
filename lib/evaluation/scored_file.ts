/**
 * Files of scored rows, `results.jsonl` as MOOD's release writes it: the columns of a suite's row, `score`, and any
 * others, which are carried along.
 *
 * @module
 */
import { type FileRecord, readRecords } from "../conversation/records.ts";
import { DistinctIds, parseRow, type Row, show } from "../conversation/row.ts";
import { UserError } from "../core/errors.ts";
import { isRawNumber } from "../core/exact_json.ts";

/** A row with its score. */
export interface ScoredRow extends Row {
  /** Rises with danger. */
  score: number;
  /** Every column of the line as it was read. */
  columns: Record<string, unknown>;
}

/**
 * Marks rows whose score was negated when they were written. The release writes no such mark, and
 * flips its own output back if told to predict safety again.
 */
export const FLIPPED = "flipped";

/**
 * Reads and checks a file of a size that memory holds.
 *
 * @param path a file of JSON Lines, gzipped or not, or of Parquet, whose columns of bytes and of nested data are left out.
 * @returns its rows in its order, ids unique; throws a {@linkcode UserError} with the line of the first bad one.
 */
export async function readScoredFile(path: string): Promise<ScoredRow[]> {
  const rows: ScoredRow[] = [];
  const ids = new DistinctIds(path);
  for await (const record of readRecords(path, (_, isData) => isData)) {
    const row = parseScoredRow(path, record);
    ids.add(row.id, record.place);
    rows.push(row);
  }
  ids.requireSome();
  return rows;
}

/**
 * Checks one record of a file.
 *
 * @param path the file, for the error.
 * @param record what it holds, and where.
 * @param predictSafe whether scores rise with safety; they are negated then.
 * @returns the row; throws a {@linkcode UserError} where a column is missing or wrong.
 */
export function parseScoredRow(
  path: string,
  { place, value }: FileRecord,
  predictSafe = false,
): ScoredRow {
  const row = parseRow(path, place, value);
  const columns = value as Record<string, unknown>;
  const { score: given, [FLIPPED]: flipped } = columns;
  if (given === undefined) throw badLine(path, place, 'the column "score" is missing');
  const score = scoreOf(given);
  if (score === undefined) {
    const found = typeof given === "number" ? String(given) : show(given);
    throw badLine(path, place, `"score" must be a finite number, got ${found}`);
  }
  if (predictSafe && flipped === true) {
    throw new UserError(
      `Cannot flip "${path}" ${place}: its scores were flipped when they were written`,
      "Leave out --predict-safe.",
    );
  }
  return { ...row, score: predictSafe ? -score : score, columns };
}

/** A score may be written as text, as a table without types has it: "0.93". Undefined where it is no finite number. */
function scoreOf(given: unknown): number | undefined {
  const isText = typeof given === "string" &&
    /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(given);
  // a number too large for a whole number of its own is still a score
  const score = isRawNumber(given) ? Number(given.rawJSON) : isText ? Number(given) : given;
  return typeof score === "number" && Number.isFinite(score) ? score : undefined;
}

function badLine(path: string, place: string, problem: string): UserError {
  return new UserError(
    `Cannot read "${path}" ${place}: ${problem}`,
    "Score the rows again, or correct the file.",
  );
}
