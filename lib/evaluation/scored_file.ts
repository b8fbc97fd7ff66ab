/**
 * Files of scored rows, `results.jsonl` as MOOD's release writes it: the columns of a suite's row, `score`, and any
 * others, which are carried along.
 *
 * @module
 */
import type { JsonLine } from "../conversation/jsonl.ts";
import { readJsonl } from "../conversation/jsonl.ts";
import { parseRow, type Row } from "../conversation/row.ts";
import { UserError } from "../core/errors.ts";

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
}

/**
 * Marks rows whose score was negated when they were written. The release writes no such mark, and
 * flips its own output back if told to predict safety again.
 */
export const FLIPPED = "flipped";

/**
 * Reads and checks a file.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @param predictSafe whether its scores rise with safety; they are negated then.
 * @returns its rows; throws a {@linkcode UserError} with the line of the first bad one.
 */
export function readScoredFile(path: string, predictSafe = false): ScoredFile {
  const lineOf = new Map<string, number>();
  const rows = readJsonl(path).map(({ line, value }) => {
    const row = parseScoredRow(path, { line, value }, predictSafe);
    const earlier = lineOf.get(row.id);
    if (earlier !== undefined) {
      throw badLine(path, line, `the id "${row.id}" stands on line ${earlier} already`);
    }
    lineOf.set(row.id, line);
    return row;
  });
  return { path, rows };
}

function parseScoredRow(path: string, { line, value }: JsonLine, predictSafe: boolean): ScoredRow {
  const row = parseRow(path, { line, value: withNumericLabels(value) });
  const columns = value as Record<string, unknown>;
  const { score, [FLIPPED]: flipped } = columns;
  if (score === undefined) throw badLine(path, line, 'the column "score" is missing');
  if (typeof score !== "number" || !Number.isFinite(score)) {
    const found = typeof score === "number" ? String(score) : JSON.stringify(score);
    throw badLine(path, line, `"score" must be a finite number, got ${found}`);
  }
  if (predictSafe && flipped === true) {
    throw new UserError(
      `Cannot flip "${path}" line ${line}: its scores were flipped when they were written`,
      "Leave out --predict-safe.",
    );
  }
  return { ...row, score: predictSafe ? -score : score, columns };
}

/** Labels that a data frame wrote as booleans. */
function withNumericLabels(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const labels = Object.entries(value).filter(([name, label]) =>
    ["malign", "safe"].includes(name) && typeof label === "boolean"
  );
  return { ...value, ...Object.fromEntries(labels.map(([name, label]) => [name, Number(label)])) };
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
    throw new UserError(
      `Cannot combine ${paths[0]} and ${
        paths[odd + 1]
      }: the row "${id}" has another domain or label`,
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

function badLine(path: string, line: number, problem: string): UserError {
  return new UserError(
    `Cannot read "${path}" line ${line}: ${problem}`,
    "Score the rows again, or correct the file.",
  );
}
