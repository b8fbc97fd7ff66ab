/**
 * Several files of scores of the same rows: which rows stand in all of them, matched by id.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import type { ScoredColumns } from "./scored_columns.ts";

/** What {@linkcode alignFiles} found. */
export interface AlignedRows {
  /** For each file the indices of the rows that all have, in the order of the first file. */
  rows: Int32Array[];
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
export function alignFiles(files: readonly ScoredColumns[]): AlignedRows {
  const [{ ids }] = files;
  if (files.length === 1) return { rows: [allOf(ids.size)], warnings: [] };
  const found = files.map((file, f) =>
    new Int32Array(ids.size).map((_, row) => f === 0 ? row : file.ids.findOf(ids, row))
  );
  const common = found[0].filter((row) => found.every((rows) => rows[row] >= 0));
  if (common.length === 0) {
    throw new UserError(
      `Cannot combine ${
        files.map(({ path }) => `"${path}"`).join(" and ")
      }: no id stands in all of them`,
      "Give files that were scored on the same rows.",
    );
  }
  const rows = found.map((rows) => common.map((row) => rows[row]));
  for (let i = 0; i < common.length; i++) requireAgreement(files, rows.map((of) => of[i]));
  const isWhole = files.every((file) => file.ids.size === common.length);
  return { rows, warnings: isWhole ? [] : files.flatMap((_, f) => missingFrom(files, f)) };
}

function allOf(count: number): Int32Array {
  const rows = new Int32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

/** Throws where files disagree on one row, whose index in each is given. */
function requireAgreement(files: readonly ScoredColumns[], rows: readonly number[]): void {
  const says = (f: number) => {
    const { domain, malign } = files[f].labels[rows[f]];
    return `${domain}, malign ${malign}`;
  };
  const [first, ...labels] = files.map(({ labels }, f) => labels[rows[f]]);
  const odd = 1 +
    labels.findIndex(({ domain, malign }) => domain !== first.domain || malign !== first.malign);
  if (odd === 0) return;
  throw new UserError(
    `Cannot combine "${files[0].path}" and "${files[odd].path}": the row "${
      files[0].ids.text(rows[0])
    }" has another domain or label in each, got ${says(0)} and ${says(odd)}`,
    "Give files that were scored on the same rows.",
  );
}

/** How many ids are quoted of those that a file lacks. */
const QUOTED = 5;

/** A sentence on the ids of the other files that one lacks, if there are any. */
function missingFrom(files: readonly ScoredColumns[], f: number): string[] {
  let count = 0;
  const quoted: string[] = [];
  files.forEach(({ ids }, g) => {
    const counted = files.slice(0, g);
    for (let row = 0; row < ids.size; row++) {
      const isIn = (file: ScoredColumns) => file.ids.findOf(ids, row) >= 0;
      if (isIn(files[f]) || counted.some(isIn)) continue;
      if (count++ < QUOTED) quoted.push(`"${ids.text(row)}"`);
    }
  });
  if (count === 0) return [];
  const rows = count === 1 ? "1 row is" : `${count} rows are`;
  const more = count > QUOTED ? ` and ${count - QUOTED} more` : "";
  return [`${rows} left out, not in "${files[f].path}": ${quoted.join(", ")}${more}.`];
}
