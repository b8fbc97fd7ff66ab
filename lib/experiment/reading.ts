/**
 * Words for numbers, for the sentences that say what an experiment found.
 *
 * @module
 */
import { RECALL } from "../evaluation/evaluation.ts";
import { figureIn } from "../evaluation/findings.ts";
import { percentCell } from "../report/table.ts";
import type { Interval } from "../stats/bootstrap.ts";
import type { Results } from "./recall_table.ts";

/**
 * A share in words.
 *
 * @param share from 0 to 1 with its interval; null where it could not be measured.
 * @returns such as `19.8% [12.0, 28.1]`.
 */
export function percentOf(share: Interval | null): string {
  return share ? percentCell(share).replace(/^\S+/, "$&%") : "an unknown share";
}

/**
 * A difference in words: higher or lower only where its whole interval is on that side of 0.
 *
 * @param difference of shares, from -1 to 1; null where it could not be measured.
 * @returns such as `clearly lower (-3.0 points [-6.1, -0.3])`, to be put behind "is".
 */
export function comparison(difference: Interval | null): string {
  if (!difference) return "not comparable";
  const { low, high } = difference;
  const word = low > 0 ? "clearly higher" : high < 0 ? "clearly lower" : "not clearly different";
  return `${word} (${percentCell(difference).replace(/^\S+/, "$& points")})`;
}

/**
 * A monitor's recall at 1% FPR.
 *
 * @param results of monitors.
 * @param monitor its name.
 * @param group `id`, a domain, `overall` or `oodMean`.
 * @returns the share, null where the group lacks a class; throws a `MissingFinding` where there is no such monitor or group.
 */
export function recallOf(results: Results, monitor: string, group: string): Interval | null {
  return figureIn(results, { subject: monitor, group, metric: RECALL });
}

/**
 * The monitor of the highest recall.
 *
 * @param results of monitors.
 * @param monitors from which it is taken, at least one.
 * @param group on which.
 * @returns its name; the first of those that are equal.
 */
export function bestOf(results: Results, monitors: readonly string[], group: string): string {
  const recall = (monitor: string) => recallOf(results, monitor, group)?.estimate ?? -1;
  return monitors.reduce((best, monitor) => recall(monitor) > recall(best) ? monitor : best);
}

/**
 * How many differences are clear.
 *
 * @param differences with their intervals; null where one could not be measured.
 * @returns how many lie wholly above 0, and wholly below.
 */
export function countClear(
  differences: readonly (Interval | null)[],
): { higher: number; lower: number } {
  const known = differences.filter((difference) => difference !== null);
  return {
    higher: known.filter(({ low }) => low > 0).length,
    lower: known.filter(({ high }) => high < 0).length,
  };
}
