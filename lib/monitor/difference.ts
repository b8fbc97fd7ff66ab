/**
 * The difference of two monitors on the same rows, with an interval from the resamples that they share.
 *
 * @module
 */
import { type Interval, percentileInterval } from "../stats/bootstrap.ts";
import { type Evaluation, quantityKey } from "./evaluation.ts";
import type { Quantity } from "./ranked_scores.ts";

/** A paired difference. */
export interface Difference extends Interval {
  /** Share of resamples in which the difference is above 0. */
  shareAbove: number;
}

/**
 * How much more one monitor has of a quantity than another.
 *
 * @param evaluation of both.
 * @param monitor the first.
 * @param baseline the second, which is subtracted.
 * @param quantity group and metric, as in the evaluation's results.
 * @returns the difference, or null where the quantity is null for want of a class.
 */
export function difference(
  { results, replicates }: Evaluation,
  monitor: string,
  baseline: string,
  quantity: Quantity,
): Difference | null {
  const valuesOf = (name: string) => {
    if (results[name]?.[quantity.group]?.metrics[quantity.metric] === undefined) {
      const { group, metric } = quantity;
      throw new RangeError(`Cannot compare: "${name}" has no "${metric}" on "${group}"`);
    }
    return replicates[name].get(quantityKey(quantity));
  };
  const [first, second] = [valuesOf(monitor), valuesOf(baseline)];
  if (first === undefined || second === undefined) return null;
  const [estimate, ...drawn] = first.map((value, r) => value - second[r]);
  const shareAbove = drawn.filter((value) => value > 0).length / drawn.length;
  return { ...percentileInterval(estimate, drawn), shareAbove };
}
