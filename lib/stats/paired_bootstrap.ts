/**
 * The one loop over resamples behind every interval here. A resample draws units (rows, scenes or questions) within
 * their strata, and seeds of whatever is compared. All that is compared sees the same units, and what has equally many
 * seeds the same seeds, so that differences are paired.
 *
 * @module
 */
import { stream } from "../core/random.ts";
import { type Interval, percentileInterval, resampler, type Units } from "./bootstrap.ts";

/** What is drawn, and from which random streams. */
export interface PairedBootstrap {
  /** Units by stratum. */
  units: Pick<Units, "starts" | "count">;
  /** Name of the random stream that draws units. */
  unitStream: string;
  /** For each thing compared, how many seeds it has. Defaults to none, whose seeds are not drawn. */
  seeds?: readonly number[];
  /** Name of the random streams that draw seeds: `<name>/<n>-seeds` for things with n. Needed where there are seeds. */
  seedStream?: string;
  /** How many resamples, beside what was seen. */
  resamples: number;
}

/** How often each unit and each seed was drawn; written anew for the next resample. */
export interface Draw {
  /** 0 for what was seen, in which every count is 1; then 1, 2, … for the resamples. */
  index: number;
  /** Of each unit, shape (units). */
  units: Uint8Array;
  /** For each thing compared, of each of its seeds. */
  seeds: readonly Uint8Array[];
}

/**
 * Visits what was seen, then every resample.
 *
 * @param bootstrap what is drawn.
 * @param visit measures one draw, before the next is made.
 */
export function forEachDraw(
  { units, unitStream, seeds = [], seedStream, resamples }: PairedBootstrap,
  visit: (draw: Draw) => void,
): void {
  const drawUnits = resampler(units, stream(unitStream));
  const drawSeeds = seeds.map((n) =>
    resampler({ starts: [0, n] }, stream(`${seedStream}/${n}-seeds`))
  );
  const counts = new Uint8Array(units.count).fill(1);
  const seedCounts = seeds.map((n) => new Uint8Array(n).fill(1));
  for (let index = 0; index <= resamples; index++) {
    if (index > 0) {
      drawUnits(counts);
      drawSeeds.forEach((draw, i) => draw(seedCounts[i]));
    }
    visit({ index, units: counts, seeds: seedCounts });
  }
}

/**
 * The 95% interval of a value that was measured on every draw.
 *
 * @param values as they were seen, then on each resample, shape (1 + resamples).
 * @returns the first of them with its percentile interval.
 */
export function intervalOfDraws(values: Float64Array): Interval {
  return percentileInterval(values[0], values.subarray(1));
}

/**
 * A paired difference.
 *
 * @param first values on every draw, shape (1 + resamples).
 * @param second values on the same draws, which are subtracted.
 * @returns the differences, draw by draw.
 */
export function pairedDifference(first: Float64Array, second: Float64Array): Float64Array {
  return first.map((value, r) => value - second[r]);
}
