/**
 * Differences between evaluated quantities, with an interval from the resamples that they share.
 *
 * @module
 */
import { type Interval, percentileInterval } from "../stats/bootstrap.ts";
import { type Evaluation, quantityKey } from "./evaluation.ts";
import type { Quantity } from "./ranked_scores.ts";

/** A quantity of one monitor, such as the recall of the guard on `id`. */
export interface Measured extends Quantity {
  /** The monitor's name. */
  monitor: string;
}

/** A paired difference. */
export interface Difference extends Interval {
  /** Share of resamples in which the difference is above 0. */
  shareAbove: number;
}

/**
 * How much larger one quantity is than another, of the same or another monitor.
 *
 * @param evaluation of the monitors.
 * @param first the one.
 * @param second the other, which is subtracted.
 * @returns the difference, or null where either is null for want of a class.
 */
export function difference(
  { results, replicates }: Evaluation,
  first: Measured,
  second: Measured,
): Difference | null {
  const valuesOf = (measured: Measured) => {
    const { monitor, group, metric } = measured;
    if (results[monitor]?.[group]?.metrics[metric] === undefined) {
      throw new RangeError(`Cannot compare: "${monitor}" has no "${metric}" on "${group}"`);
    }
    return replicates[monitor].get(quantityKey(measured));
  };
  const [a, b] = [first, second].map(valuesOf);
  if (a === undefined || b === undefined) return null;
  const [estimate, ...drawn] = a.map((value, r) => value - b[r]);
  const shareAbove = drawn.filter((value) => value > 0).length / drawn.length;
  return { ...percentileInterval(estimate, drawn), shareAbove };
}
