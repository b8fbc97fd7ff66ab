/**
 * Means over groups beside those that `evaluate` makes, such as the false alarms on all benign twins together.
 *
 * @module
 */
import { SHIFT_DOMAINS, TWINS } from "../conversation/domains.ts";
import { intervalOfDraws } from "../stats/bootstrap.ts";
import { ALARMS, type Evaluation, type GroupResult, quantityKey } from "./evaluation.ts";

/** The mean over the benign twins of failures. */
export const TWIN_MEAN = "twinMean";

/** The mean over the other benign shifts. */
export const SHIFT_MEAN = "shiftMean";

/** A mean that is wanted. */
export interface GroupMean {
  /** What it is to be called; the name of no group. */
  group: string;
  /** The groups that it is over, each counting the same. */
  of: readonly string[];
  /** What is averaged, such as `fpr@0.01`. */
  metric: string;
}

/**
 * Adds means over groups, with intervals from the resamples that these share.
 *
 * @param evaluation of monitors.
 * @param means which; null where it is over no groups.
 * @returns the evaluation with a group for each mean, which contrasts may name.
 */
export function withGroupMeans(
  { results, replicates }: Evaluation,
  means: readonly GroupMean[],
): Evaluation {
  const monitors = Object.keys(results);
  const added = (monitor: string) =>
    means.map((mean) => meanOf(mean, results[monitor], replicates[monitor]));
  const made = monitors.map((monitor) => [monitor, added(monitor)] as const);
  return {
    results: Object.fromEntries(made.map(([monitor, groups]) => [
      monitor,
      {
        ...results[monitor],
        ...Object.fromEntries(groups.map(({ group, result }) => [group, result])),
      },
    ])),
    replicates: Object.fromEntries(made.map(([monitor, groups]) => [
      monitor,
      new Map([...replicates[monitor], ...groups.flatMap(({ draws }) => draws)]),
    ])),
  };
}

function meanOf(
  { group, of, metric }: GroupMean,
  results: Record<string, GroupResult>,
  replicates: Map<string, Float64Array>,
) {
  const total = (count: (result: GroupResult) => number) =>
    of.reduce((sum, name) => sum + count(results[name]), 0);
  const counts = {
    nSafe: total(({ nSafe, nOwnSafe }) => nOwnSafe ?? nSafe),
    nUnsafe: total(({ nUnsafe }) => nUnsafe),
  };
  if (of.length === 0) {
    return { group, result: { ...counts, metrics: { [metric]: null } }, draws: [] };
  }
  const tables = of.map((name) => replicates.get(quantityKey({ group: name, metric }))!);
  const mean = tables[0].map((_, r) =>
    tables.reduce((sum, table) => sum + table[r], 0) / of.length
  );
  return {
    group,
    result: { ...counts, metrics: { [metric]: intervalOfDraws(mean) } },
    draws: [[quantityKey({ group, metric }), mean] as const],
  };
}

/**
 * Adds the means of false alarms, over benign twins and over other benign shifts, each over those that the suite has.
 *
 * @param evaluation of monitors.
 * @returns it with the groups {@linkcode TWIN_MEAN} and {@linkcode SHIFT_MEAN}.
 */
export function withAlarmMeans(evaluation: Evaluation): Evaluation {
  const [groups] = Object.values(evaluation.results);
  const has = (domain: string) => domain in groups;
  return withGroupMeans(evaluation, [
    { group: TWIN_MEAN, of: Object.values(TWINS).filter(has), metric: ALARMS },
    { group: SHIFT_MEAN, of: SHIFT_DOMAINS.filter(has), metric: ALARMS },
  ]);
}
