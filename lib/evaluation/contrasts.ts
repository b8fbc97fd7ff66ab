/**
 * Paired differences between monitors, under the names by which claims refer to them.
 *
 * @module
 */
import { type Difference, difference } from "./difference.ts";
import { type Evaluation, RECALL } from "./evaluation.ts";

/** Differences by name, such as `guard+perplexity − guard: overall recall@0.01`. */
export type Contrasts = Record<string, Difference>;

/**
 * Differences of recall between pairs of monitors on some groups.
 *
 * @param evaluation of the monitors.
 * @param pairs of monitors: the one, and the one that is subtracted.
 * @param groups `id`, `overall`, `oodMean` or domains; those that the suite does not have are left out.
 * @returns the differences by name.
 */
export function recallContrasts(
  evaluation: Evaluation,
  pairs: readonly (readonly [string, string])[],
  groups: readonly string[],
): Contrasts {
  const entries = pairs.flatMap(([first, second]) =>
    groups.filter((group) => group in evaluation.results[first]).flatMap((group) => {
      const measured = (monitor: string) => ({ monitor, group, metric: RECALL });
      const found = difference(evaluation, measured(first), measured(second));
      return found ? [[`${first} − ${second}: ${group} ${RECALL}`, found] as const] : [];
    })
  );
  return Object.fromEntries(entries);
}

/**
 * How far a monitor's recall falls from one group to another.
 *
 * @param evaluation of the monitor.
 * @param monitor its name.
 * @param first a group.
 * @param second another, whose recall is subtracted.
 * @returns the difference by name; nothing where a group lacks a class.
 */
export function recallDrop(
  evaluation: Evaluation,
  monitor: string,
  first: string,
  second: string,
): Contrasts {
  const [a, b] = [first, second].map((group) => ({ monitor, group, metric: RECALL }));
  const found = difference(evaluation, a, b);
  return found ? { [`${monitor}: ${first} − ${second} ${RECALL}`]: found } : {};
}
