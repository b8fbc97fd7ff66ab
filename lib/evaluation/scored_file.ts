/**
 * Files of scored rows, `results.jsonl` as MOOD's release writes it: the columns of a suite's row, `score`, and any
 * others, which are carried along.
 *
 * @module
 */
import { replacedNote } from "../conversation/jsonl.ts";
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

/** The rows of one file. */
export interface ScoredFile {
  /** Where they came from. */
  path: string;
  /** In the order of the file, ids unique. */
  rows: ScoredRow[];
  /** What the user should know of it, a sentence each. */
  warnings: string[];
}

/**
 * Marks rows whose score was negated when they were written. The release writes no such mark, and
 * flips its own output back if told to predict safety again.
 */
export const FLIPPED = "flipped";

/**
 * Reads and checks a file.
 *
 * @param path a file of JSON Lines, gzipped or not, or of Parquet, whose columns of bytes and of nested data are left out.
 * @param predictSafe whether its scores rise with safety; they are negated then.
 * @returns its rows; throws a {@linkcode UserError} with the line of the first bad one.
 */
export async function readScoredFile(path: string, predictSafe = false): Promise<ScoredFile> {
  const rows: ScoredRow[] = [];
  const leftOut: string[] = [];
  const ids = new DistinctIds(path);
  let replaced = 0;
  const choose = (name: string, isData: boolean) => {
    if (!isData) leftOut.push(name);
    return isData;
  };
  for await (const record of readRecords(path, choose)) {
    const row = parseScoredRow(path, record, predictSafe);
    ids.add(row.id, record.place);
    replaced += record.replaced;
    rows.push(row);
  }
  ids.requireSome();
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
  return { path, rows, warnings };
}

function parseScoredRow(
  path: string,
  { place, value }: FileRecord,
  predictSafe: boolean,
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

/** Files reduced to the rows that all have. */
export interface AlignedFiles {
  /** For each file its rows, all in the order of the first. */
  files: ScoredRow[][];
  /** What was left out, a sentence each. */
  warnings: string[];
}

/**
 * Matches rows by id.
 *
 * @param files at least one.
 * @returns the rows whose id stands in every file; throws a {@linkcode UserError} where there are none, or where
 * files disagree on a row's domain or label.
 */
export function alignFiles(files: readonly ScoredFile[]): AlignedFiles {
  const byId = files.map(({ rows }) => new Map(rows.map((row) => [row.id, row])));
  const ids = [...new Set(byId.flatMap((file) => [...file.keys()]))];
  const common = ids.filter((id) => byId.every((file) => file.has(id)));
  const paths = files.map(({ path }) => `"${path}"`);
  if (common.length === 0) {
    throw new UserError(
      `Cannot combine ${paths.join(" and ")}: no id stands in all of them`,
      "Give files that were scored on the same rows.",
    );
  }
  for (const id of common) {
    const [first, ...others] = byId.map((file) => file.get(id)!);
    const odd = others.findIndex((row) =>
      row.domain !== first.domain || row.malign !== first.malign
    );
    if (odd < 0) continue;
    const says = ({ domain, malign }: ScoredRow) => `${domain}, malign ${malign}`;
    throw new UserError(
      `Cannot combine ${paths[0]} and ${
        paths[odd + 1]
      }: the row "${id}" has another domain or label in each, got ` +
        `${says(first)} and ${says(others[odd])}`,
      "Give files that were scored on the same rows.",
    );
  }
  const warnings = byId.flatMap((file, f) => {
    const missing = ids.filter((id) => !file.has(id));
    return missing.length === 0
      ? []
      : [`${count(missing.length, "row")} left out, not in ${paths[f]}: ${listed(missing)}.`];
  });
  return { files: byId.map((file) => common.map((id) => file.get(id)!)), warnings };
}

function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun} is` : `${n} ${noun}s are`;
}

/** The first few ids, and how many more there are. */
function listed(ids: readonly string[], most = 5): string {
  const shown = ids.slice(0, most).map((id) => `"${id}"`).join(", ");
  return ids.length > most ? `${shown} and ${ids.length - most} more` : shown;
}

function badLine(path: string, place: string, problem: string): UserError {
  return new UserError(
    `Cannot read "${path}" ${place}: ${problem}`,
    "Score the rows again, or correct the file.",
  );
}
