/**
 * The values of all monitors on the rows as they are and on every resample of rows and seeds.
 *
 * @module
 */
import { stream } from "../core/random.ts";
import { resampler, type Units } from "../stats/bootstrap.ts";
import type { Grouping } from "./groups.ts";
import { measure, type Quantity, type RankedScores, workspaceFor } from "./ranked_scores.ts";

/** What is resampled, and how. */
export interface ReplicateOptions {
  /** Who is compared with whom. */
  grouping: Grouping;
  /** Rows or scenes, by stratum. */
  units: Units;
  /** What is measured. */
  quantities: readonly Quantity[];
  /** How many resamples. */
  resamples: number;
  /** Name of the random stream behind them. */
  streamName: string;
}

/**
 * Measures the rows as they are, then every resample. All monitors see the same rows drawn, and monitors
 * with equally many seeds the same seeds.
 *
 * @param monitors sorted scores of each monitor under each of its seeds.
 * @param options what is resampled, and how.
 * @returns for each monitor and quantity the mean over (drawn) seeds, shape (1 + resamples).
 */
export function replicate(
  monitors: readonly (readonly RankedScores[])[],
  { grouping, units, quantities, resamples, streamName }: ReplicateOptions,
): Float64Array[][] {
  const drawRows = resampler(units, stream(`${streamName}/rows`));
  const seedDraws = monitors.map(({ length }) => ({
    draw: resampler({ starts: [0, length] }, stream(`${streamName}/${length}-seeds`)),
    counts: new Uint8Array(length).fill(1),
  }));
  const tables = monitors.map(() => quantities.map(() => new Float64Array(1 + resamples)));
  if (quantities.length === 0) return tables;
  const work = workspaceFor(grouping);
  const rowCounts = new Uint8Array(units.count).fill(1);
  const values = new Float64Array(quantities.length);
  for (let r = 0; r <= resamples; r++) {
    if (r > 0) drawRows(rowCounts);
    monitors.forEach((seeds, m) => {
      const { draw, counts } = seedDraws[m];
      if (r > 0) draw(counts);
      seeds.forEach((ranked, s) => {
        if (counts[s] === 0) return;
        measure(ranked, rowCounts, work, values);
        tables[m].forEach((table, q) => table[r] += counts[s] * values[q] / seeds.length);
      });
    });
  }
  return tables;
}
