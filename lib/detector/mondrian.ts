/**
 * Calibration within groups of rows that can be told before they are scored, such as lengths: each row is held against calibration rows
 * of its own group alone, and the share flagged is guaranteed in every group instead of over all of them. Vovk's Mondrian
 * conformal predictor ("Algorithmic learning in a random world", 2005, section 4.5). It costs resolution: no p-value is
 * below 1 / (n + 1) for the n calibration rows of the group.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { quantileSorted, sortFinite } from "../stats/quantile.ts";
import { countBelow } from "../stats/rank.ts";
import { type Calibration, fitCalibration } from "./calibration.ts";

/** Calibrations by the name of the group, as plain JSON holds them. */
export type Mondrian = Record<string, Calibration>;

/**
 * Calibrates a monitor in every group.
 *
 * @param safe its scores of safe rows, shape (n), at least one.
 * @param groups the group of each row, shape (n).
 * @returns a calibration for each group that occurs.
 */
export function fitMondrian(safe: ArrayLike<number>, groups: readonly string[]): Mondrian {
  if (safe.length !== groups.length) {
    throw new RangeError(
      `Cannot calibrate by group: each of ${safe.length} rows must have one, got ${groups.length}`,
    );
  }
  const rowsOf = Map.groupBy(groups.keys(), (row) => groups[row]);
  return Object.fromEntries(
    rowsOf.entries().map(([group, rows]) => [group, fitCalibration(rows.map((row) => safe[row]))]),
  );
}

/**
 * Holds each row against its own group.
 *
 * @param mondrian of the monitor.
 * @param of what is made of scores: `conformalP` or `surprisal`.
 * @param scores shape (rows).
 * @param groups of the rows, shape (rows).
 * @returns one number a row, shape (rows); throws a {@linkcode UserError} where a group was not calibrated.
 */
export function withinGroups(
  mondrian: Mondrian,
  of: (calibration: Calibration, scores: ArrayLike<number>) => Float64Array,
  scores: ArrayLike<number>,
  groups: readonly string[],
): Float64Array {
  return Float64Array.from(groups, (group, row) => {
    if (!Object.hasOwn(mondrian, group)) {
      throw new UserError(
        `Cannot calibrate a score: its group must be one of ${
          Object.keys(mondrian).join(", ")
        }, got "${group}"`,
        "Calibrate on safe rows of that group too, or on all rows together.",
      );
    }
    return of(mondrian[group], [scores[row]])[0];
  });
}

/**
 * Where to cut values so that equally many lie in each bin.
 *
 * @param values of calibration rows, such as their lengths; at least one, finite.
 * @param bins how many.
 * @returns the cuts, ascending, bins − 1 of them.
 */
export function binCuts(values: ArrayLike<number>, bins: number): number[] {
  const sorted = sortFinite(values);
  return Array.from({ length: bins - 1 }, (_, i) => quantileSorted(sorted, (i + 1) / bins));
}

/**
 * The bin of each value.
 *
 * @param cuts from {@linkcode binCuts}.
 * @param values of any rows.
 * @returns names of bins, `0` for values up to the first cut, `1` for those up to the second.
 */
export function binsOf(cuts: readonly number[], values: ArrayLike<number>): string[] {
  return Array.from(values, (value) => String(countBelow(cuts, value)));
}
