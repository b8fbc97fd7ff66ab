/**
 * Scores as files that other people's tools open: one table in Parquet, and for single monitors `results.jsonl` as `mood-bench` writes
 * and reads it.
 *
 * @module
 */
import { parquetWriteBuffer } from "hyparquet-writer";
import { join } from "node:path";
import { suggestName, UsageError } from "../core/errors.ts";
import { writeLinesAtomic } from "../core/files.ts";
import { canonicalJson } from "../core/json.ts";
import type { ScoredRows } from "../workbench/fused.ts";
import type { SeededRow } from "./row_scores.ts";

/** Names the entry of the table's metadata that says what the scores are of. */
export const ABOUT = "ood-monitors";

/**
 * Makes the table of all scores: `id`, `split`, `domain`, `malign`, `scene` (null where a row has none), `seed`, and a column a monitor.
 *
 * @param monitors names of the columns.
 * @param rows in the order of the table.
 * @param about kept in the metadata: suite, arithmetic and settings, as artifacts have them.
 * @returns a Parquet file; scores are whole doubles, so that ranks and thresholds come out as ours.
 */
export function scoresParquet(
  monitors: readonly string[],
  rows: readonly SeededRow[],
  about: object,
): Uint8Array {
  const column = <T>(
    name: string,
    type: "STRING" | "INT32" | "DOUBLE",
    of: (row: SeededRow) => T,
  ) => ({
    ...{ name, type, nullable: name === "scene" },
    data: rows.map(of),
  });
  const buffer = parquetWriteBuffer({
    columnData: [
      column("id", "STRING", ({ row }) => row.id),
      column("split", "STRING", ({ split }) => split),
      column("domain", "STRING", ({ row }) => row.domain),
      column("malign", "INT32", ({ row }) => row.malign),
      column("scene", "STRING", ({ row }) => row.scene ?? null),
      column("seed", "INT32", ({ seed }) => seed),
      ...monitors.map((name, m) => column(name, "DOUBLE", ({ scores }) => scores[m])),
    ],
    kvMetadata: [{ key: ABOUT, value: canonicalJson(about).trimEnd() }],
    createdBy: "ood-monitors", // not the library's version, which would move bytes
  });
  return new Uint8Array(buffer);
}

/**
 * Writes `results.jsonl` files of single monitors, one a seed: `<monitor>-seed-0.jsonl`, or `<monitor>.jsonl` where all seeds agree.
 *
 * @param folder where.
 * @param scored rows and scores by monitor.
 * @param chosen monitors, as {@linkcode fileNameOf} writes them.
 * @returns the files' paths; throws a {@linkcode UsageError} where there is no such monitor.
 */
export async function writeResultsFiles(
  folder: string,
  { rows, scores }: ScoredRows,
  chosen: readonly string[],
): Promise<string[]> {
  const byName = new Map(Object.keys(scores).map((name) => [fileNameOf(name), scores[name]]));
  const unknown = chosen.find((name) => !byName.has(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot write scores of "${unknown}": there is no such monitor`,
      suggestName(unknown, [...byName.keys()]),
    );
  }
  const written: string[] = [];
  for (const name of chosen) {
    const lists = byName.get(name)!;
    for (const [seed, list] of lists.entries()) {
      const path = join(folder, `${name}${lists.length === 1 ? "" : `-seed-${seed}`}.jsonl`);
      await writeLinesAtomic(path, resultsLines(rows, list));
      written.push(path);
    }
  }
  return written;
}

async function* resultsLines(rows: ScoredRows["rows"], scores: Float64Array) {
  for (const [i, row] of rows.entries()) yield JSON.stringify({ ...row, score: scores[i] });
}

/**
 * A monitor's name as a file may have it.
 *
 * @param monitor such as `perplexity, windows of 16`.
 * @returns such as `perplexity-windows-of-16`.
 */
export function fileNameOf(monitor: string): string {
  return monitor.replace(/[^\w+.]+/g, "-");
}
