/**
 * The stratified bootstrap (Efron 1979): each resample draws, within every stratum, as many units
 * as the stratum has, with replacement. A unit is a row, or a cluster of rows that are not
 * independent of each other. A resample is the number of times that each unit was drawn, so that
 * everything computed from one resample is paired: all that is compared sees the same units, and
 * what has equally many seeds the same seeds. One loop, {@linkcode forEachDraw}, is behind every
 * interval of this project.
 *
 * A billion draws are usual here, so the generator, sfc32 (Doty-Humphrey;
 * http://pracrand.sourceforge.net), is written into the loop (`draw.ts`) and seeded from a named stream. A draw
 * is ⌊u · n / 2³²⌋, whose bias, below n / 2³², is far under the noise of any interval.
 *
 * @module
 */
import { type Stream, stream } from "../core/random.ts";
import { drawInto, type Draws } from "./draw.ts";
import { drawAhead } from "./draw_ahead.ts";
import { quantileSorted, sortFinite } from "./quantile.ts";

/** Units to draw from; numbers are consecutive within a stratum. */
export interface Units {
  /** For each row, the number of its unit, in [0, count). */
  unitOfRow: Int32Array;
  /** How many units there are. */
  count: number;
  /** Where each stratum begins, ascending; the last entry is `count`. */
  starts: number[];
}

/**
 * Groups rows into units and units into strata.
 *
 * @param strata for each row, the name or number of its stratum.
 * @param clusters for each row, the name of its cluster within the stratum, or undefined where the
 * row stands for itself.
 * @returns the units, strata in order of their first row.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { unitsOf } from "./bootstrap.ts";
 * const { unitOfRow, starts } = unitsOf(["id", "ood", "id", "id"], ["a", "a", "a", "b"]);
 * assert.deepEqual([...unitOfRow], [0, 2, 0, 1]); // rows 0 and 2 are one cluster
 * assert.deepEqual(starts, [0, 2, 3]); // id has units 0 and 1, ood has unit 2
 * ```
 */
export function unitsOf(
  strata: readonly (string | number)[],
  clusters: readonly (string | undefined)[] = [],
): Units {
  const known = new Map<string | number, Stratum>();
  const unitOfRow = new Int32Array(strata.length); // within the stratum, at first
  const stratumOfRow = strata.map((name, row) => {
    let stratum = known.get(name);
    if (stratum === undefined) {
      known.set(name, stratum = { size: 0, start: 0, clusters: new Map() });
    }
    const cluster = clusters[row];
    const unit = cluster === undefined ? undefined : stratum.clusters.get(cluster);
    unitOfRow[row] = unit ?? stratum.size++;
    if (cluster !== undefined) stratum.clusters.set(cluster, unitOfRow[row]);
    return stratum;
  });
  const starts = [0];
  for (const stratum of known.values()) {
    stratum.start = starts.at(-1)!;
    starts.push(stratum.start + stratum.size);
  }
  stratumOfRow.forEach(({ start }, row) => unitOfRow[row] += start);
  return { unitOfRow, count: starts.at(-1)!, starts };
}

/**
 * All rows as one unit, for where nothing is drawn.
 *
 * @param rows how many.
 * @returns the unit.
 */
export function oneUnit(rows: number): Units {
  return { unitOfRow: new Int32Array(rows), count: 1, starts: [0, 1] };
}

/** A stratum whose units are being counted. */
interface Stratum {
  /** How many units it has. */
  size: number;
  /** Its first unit; known when all are counted. */
  start: number;
  /** The units, within the stratum, of its clusters. */
  clusters: Map<string, number>;
}

/** Words that seed the generator. */
function stateOf(random: Stream): Int32Array {
  return Int32Array.from({ length: 4 }, () => random.int32());
}

/**
 * Prepares resamples of some units.
 *
 * @param units what is drawn.
 * @param random seeds the draws.
 * @returns a function that writes the next resample into `counts`, shape (units): how often each
 * unit was drawn.
 */
export function resampler(
  { starts }: Pick<Units, "starts">,
  random: Stream,
): (counts: Uint8Array) => void {
  const state = stateOf(random);
  return (counts) => drawInto(counts, starts, state);
}

/** An estimate with the interval that resampling gives it. */
export interface Interval {
  /** The value on the rows as they are. */
  estimate: number;
  /** Lower end of the 95% interval; NaN where nothing was resampled. */
  low: number;
  /** Upper end of the 95% interval; NaN where nothing was resampled. */
  high: number;
}

/**
 * The 95% percentile interval.
 *
 * @param estimate the value on the rows as they are.
 * @param replicates the values on the resamples, at least one, finite.
 * @returns the estimate, with the 2.5% and 97.5% quantiles of the replicates.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { percentileInterval } from "./bootstrap.ts";
 * const replicates = Array.from({ length: 41 }, (_, i) => i);
 * assert.deepEqual(percentileInterval(20, replicates), { estimate: 20, low: 1, high: 39 });
 * ```
 */
export function percentileInterval(estimate: number, replicates: ArrayLike<number>): Interval {
  const sorted = sortFinite(replicates);
  return {
    estimate,
    low: quantileSorted(sorted, 0.025),
    high: quantileSorted(sorted, 0.975),
  };
}

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

/** From so many on, some two seconds of them, a second thread draws. */
const MANY_DRAWS = 1e9;

/**
 * Begins to draw units, before what is measured of them is ready: many are drawn by a second thread.
 *
 * @param bootstrap what is drawn.
 * @returns the draws.
 */
export function beginDraws(
  { units, unitStream, resamples }: Pick<PairedBootstrap, "units" | "unitStream" | "resamples">,
): Draws {
  // few draws are done before a second thread would have begun
  const isLong = units.count * resamples > MANY_DRAWS && navigator.hardwareConcurrency > 1;
  return isLong
    ? drawAhead(units.starts, stateOf(stream(unitStream)))
    : { next: resampler(units, stream(unitStream)), [Symbol.dispose]() {} };
}

/**
 * Visits what was seen, then every resample.
 *
 * @param bootstrap what is drawn.
 * @param visit measures one draw, before the next is made.
 * @param draws of the units; begun now where they were not before.
 */
export function forEachDraw(
  bootstrap: PairedBootstrap,
  visit: (draw: Draw) => void,
  draws?: Draws,
): void {
  const { units, seeds = [], seedStream, resamples } = bootstrap;
  using own = draws === undefined ? beginDraws(bootstrap) : undefined;
  const { next: drawUnits } = (draws ?? own)!;
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
 * @returns the first of them with its percentile interval, whose ends are NaN where there are no resamples.
 */
export function intervalOfDraws(values: Float64Array): Interval {
  if (values.length === 1) return { estimate: values[0], low: NaN, high: NaN };
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
