/**
 * Paired differences between evaluated figures, with intervals from the resamples that these share.
 *
 * @module
 */
import { type Interval, intervalOfDraws, pairedDifference } from "../stats/bootstrap.ts";
import { ALARMS, type Evaluation, quantityKey, RECALL } from "./evaluation.ts";
import {
  type Between,
  type Contrasts,
  figureIn,
  type Measured,
  storeContrasts,
  type Within,
} from "./findings.ts";

/**
 * The share of rows flagged at the second target, whichever they are: recall where a group's rows are unsafe, false alarms where
 * they are safe. So that a domain can be compared with its benign twin.
 */
export const FLAGGED = "flagged@0.01";

/** A paired difference. */
export interface Difference extends Interval {
  /** Share of resamples in which the difference is above 0. */
  shareAbove: number;
}

/** A contrast that is to be measured, under a title of its own where it has one. */
export type Wanted<Metric extends string = string> =
  | Between<Metric> & { title?: string }
  | Within<Metric>;

/**
 * Measures contrasts.
 *
 * @param wanted which, each once.
 * @param differ how much larger the first figure is than the second; null where it cannot be measured.
 * @returns all of them, by name.
 */
export function measureContrasts<Metric extends string, Found extends Interval>(
  wanted: readonly Wanted<Metric>[],
  differ: (first: Measured<Metric>, second: Measured<Metric>) => Found | null,
): Contrasts<Found> {
  return storeContrasts(wanted.map((contrast) => {
    const { metric } = contrast;
    if ("subject" in contrast) {
      const { subject, first, second } = contrast;
      const [a, b] = [first, second].map((group) => ({ subject, group, metric }));
      return [contrast, differ(a, b)];
    }
    const { first, second, group, title } = contrast;
    const [a, b] = [first, second].map((subject) => ({ subject, group, metric }));
    return [title === undefined ? contrast : { title, group, metric }, differ(a, b)];
  }));
}

/**
 * How much larger one figure is than another, of the same or another monitor.
 *
 * @param evaluation of the monitors.
 * @param first the one.
 * @param second the other, which is subtracted.
 * @returns the difference, or null where either is null for want of a class; throws a `MissingFinding` where there is none.
 */
export function difference(
  { results, replicates }: Evaluation,
  first: Measured,
  second: Measured,
): Difference | null {
  if (figureIn(results, first) === null || figureIn(results, second) === null) return null;
  const [a, b] = [first, second].map((of) => replicates[of.subject].get(quantityKey(of))!);
  const draws = pairedDifference(a, b);
  const drawn = draws.subarray(1);
  const shareAbove = drawn.filter((value) => value > 0).length / drawn.length;
  return { ...intervalOfDraws(draws), shareAbove };
}

/**
 * Contrasts between monitors of one evaluation.
 *
 * @param evaluation of the monitors.
 * @param wanted which.
 * @returns them by name, null where a group lacks a class.
 */
export function contrastsOf(
  evaluation: Evaluation,
  wanted: readonly Wanted[],
): Contrasts<Difference> {
  const actual = (of: Measured): Measured => {
    if (of.metric !== FLAGGED) return of;
    const { metrics } = evaluation.results[of.subject][of.group];
    return { ...of, metric: RECALL in metrics ? RECALL : ALARMS };
  };
  return measureContrasts(
    wanted,
    (first, second) => difference(evaluation, actual(first), actual(second)),
  );
}

/**
 * Contrasts of recall between pairs of monitors on some groups.
 *
 * @param evaluation of the monitors.
 * @param pairs of monitors: the one, and the one that is subtracted.
 * @param groups `id`, `overall`, `oodMean` or domains; those that the suite does not have are left out.
 * @returns them by name, null where a group lacks a class.
 */
export function recallContrasts(
  evaluation: Evaluation,
  pairs: readonly (readonly [string, string])[],
  groups: readonly string[],
): Contrasts<Difference> {
  const wanted = pairs.flatMap(([first, second]) =>
    groups.filter((group) => group in evaluation.results[first])
      .map((group) => ({ first, second, group, metric: RECALL }))
  );
  return contrastsOf(evaluation, wanted);
}
