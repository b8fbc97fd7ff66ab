/**
 * One monitor's scores, sorted once, from which AUROC, recall and false-alarm rates of any resample are
 * read in one pass. A resample says how often each unit (row or scene) was drawn; C[k] is how often the k
 * lowest safe scores were drawn together, so
 *
 *     AUROC = Σᵤ wᵤ ( C[#{safe < u}] + C[#{safe ≤ u}] ) / (2 · total safe · total unsafe)
 *
 * and the order statistics behind the threshold are binary searches in C.
 *
 * @module
 */
import { interpolate, requireFinite } from "../stats/quantile.ts";
import { countBelow, countUpTo } from "../stats/rank.ts";
import { thresholdAt } from "../stats/tpr_at_fpr.ts";
import { type Grouping, scoresOf } from "./groups.ts";

/** Rows in ascending order of their scores, all of shape (rows). */
export interface Ranking {
  /** The scores. */
  scores: Float64Array;
  /** The unit that each belongs to. */
  units: Int32Array;
  /** How many safe ID scores are smaller; empty for safe rows. */
  below: Int32Array;
  /** How many safe ID scores are smaller or equal; empty for safe rows. */
  upTo: Int32Array;
}

/** One monitor's scores under one seed, ready to be resampled. */
export interface RankedScores {
  /** The safe ID rows. */
  safe: Ranking;
  /** The groups that have both classes. */
  groups: Ranking[];
  /** Safe rows of each domain outside ID. */
  shifts: Ranking[];
  /** Target false-positive rates. */
  targets: readonly number[];
  /** Fixed thresholds, one for each target; without them each resample sets its own. */
  thresholds?: number[];
}

/** What a measured value is of. */
export interface Quantity {
  /** `id`, a domain, or a mean over groups. */
  group: string;
  /** `auroc`, `recall@0.01` or `fpr@0.01`. */
  metric: string;
}

/**
 * The names of the metrics.
 *
 * @param targets target false-positive rates.
 * @returns what tells safe from unsafe, and what counts safe rows that are flagged.
 */
export function metricNames(
  targets: readonly number[],
): { detection: string[]; alarms: string[] } {
  return {
    detection: ["auroc", ...targets.map((f) => `recall@${f}`)],
    alarms: targets.map((f) => `fpr@${f}`),
  };
}

/**
 * Names the values that {@linkcode measure} writes, in its order. The false-positive rate reached stands
 * under `id` alone: every group shares the safe rows and so the threshold. Nothing is measured without safe ID rows.
 *
 * @param grouping who is compared with whom.
 * @param targets target false-positive rates.
 * @returns group and metric of each value.
 */
export function quantitiesOf(grouping: Grouping, targets: readonly number[]): Quantity[] {
  if (grouping.safe.length === 0) return [];
  const { detection, alarms } = metricNames(targets);
  return [
    ...groupsWithBothClasses(grouping).flatMap(({ name }) =>
      detection.map((metric) => ({ group: name, metric }))
    ),
    ...["id", ...grouping.shifts.map(({ name }) => name)].flatMap((group) =>
      alarms.map((metric) => ({ group, metric }))
    ),
  ];
}

function groupsWithBothClasses({ groups }: Grouping): Grouping["groups"] {
  return groups.filter(({ rows }) => rows.length > 0);
}

/** Settings of {@linkcode rankScores}. */
export interface RankOptions {
  /** Target false-positive rates. */
  targets: readonly number[];
  /** Safe scores of other rows to take the thresholds from. */
  calibration?: Float64Array | undefined;
}

/**
 * Sorts scores within the safe rows and every group.
 *
 * @param scores finite scores that rise with danger, shape (rows).
 * @param grouping who is compared with whom.
 * @param unitOfRow the unit of each row, shape (rows).
 * @param options target rates and where thresholds come from.
 * @returns the scores, sorted.
 */
export function rankScores(
  scores: Float64Array,
  grouping: Grouping,
  unitOfRow: Int32Array,
  { targets, calibration }: RankOptions,
): RankedScores {
  if (scores.length !== unitOfRow.length) {
    throw new RangeError(
      `Cannot rank scores: each of ${unitOfRow.length} rows must have one, got ${scores.length}`,
    );
  }
  requireFinite(scores);
  const isOneUnit = unitOfRow.every((unit) => unit === 0); // whose place nobody has to look for
  const rank = (rows: Int32Array, against: Float64Array = new Float64Array()): Ranking => {
    const sorted = scoresOf(scores, rows).sort();
    return {
      scores: sorted,
      units: isOneUnit ? new Int32Array(rows.length) : inOrderOf(sorted, rows, scores, unitOfRow),
      ...ranksAmong(against, against.length > 0 ? sorted : against),
    };
  };
  const safe = rank(grouping.safe);
  return {
    safe,
    groups: groupsWithBothClasses(grouping).map(({ rows }) => rank(rows, safe.scores)),
    shifts: grouping.shifts.map(({ rows }) => rank(rows)),
    targets,
    ...calibration && { thresholds: targets.map((f) => thresholdAt(calibration, f)) },
  };
}

/**
 * The units of rows in the order of their scores: numbers alone are sorted, without a call for each comparison, and then each row
 * looks up its place. Rows of one score may come in any order; nothing depends on it.
 */
function inOrderOf(
  sorted: Float64Array,
  rows: Int32Array,
  scores: Float64Array,
  unitOfRow: Int32Array,
): Int32Array {
  const units = new Int32Array(rows.length);
  const placed = new Int32Array(rows.length); // for each first of equal scores, how many stand there
  for (let i = 0; i < rows.length; i++) {
    const first = countBelow(sorted, scores[rows[i]]);
    units[first + placed[first]++] = unitOfRow[rows[i]];
  }
  return units;
}

/** For each of the sorted values, how many of the sorted others are smaller, and how many not larger. */
function ranksAmong(
  others: Float64Array,
  values: Float64Array,
): Pick<Ranking, "below" | "upTo"> {
  const [below, upTo] = [new Int32Array(values.length), new Int32Array(values.length)];
  for (let k = 0, smaller = 0, notLarger = 0; k < values.length; k++) {
    while (smaller < others.length && others[smaller] < values[k]) smaller++;
    while (notLarger < others.length && others[notLarger] <= values[k]) notLarger++;
    below[k] = smaller;
    upTo[k] = notLarger;
  }
  return { below, upTo };
}

/**
 * Makes room for {@linkcode measure}.
 *
 * @param grouping who is compared with whom.
 * @returns running totals of the safe ID rows, kept between calls, shape (safe rows + 1).
 */
export function workspaceFor({ safe }: Grouping): Float64Array {
  return new Float64Array(safe.length + 1);
}

/**
 * Measures one resample.
 *
 * @param ranked sorted scores.
 * @param counts how often each unit was drawn, shape (units).
 * @param work overwritten.
 * @param out receives the values that {@linkcode quantitiesOf} names.
 */
export function measure(
  { safe, groups, shifts, targets, thresholds }: RankedScores,
  counts: Uint8Array,
  work: Float64Array,
  out: Float64Array,
): void {
  const nSafe = addUp(safe, counts, work);
  const cuts = thresholds ?? targets.map((f) => drawnQuantile(safe.scores, work, 1 - f));
  let at = 0;
  const writeShares = (totals: readonly number[], all: number) => {
    for (const total of totals) out[at++] = (all - total) / all;
  };
  for (const group of groups) {
    const { upTo, all, pairs } = tally(group, counts, work, cuts);
    out[at++] = pairs / (2 * nSafe * all);
    writeShares(upTo, all);
  }
  writeShares(cuts.map((cut) => work[countUpTo(safe.scores, cut)]), nSafe);
  for (const shift of shifts) {
    const { upTo, all } = tally(shift, counts, work, cuts);
    writeShares(upTo, all);
  }
}

/**
 * Writes running totals of how often the rows of a ranking were drawn, with a 0 before them. The total is a 32-bit integer, whose
 * addition a processor does in a quarter of the time of a float's, and each next one waits for it; what is kept of it is float64,
 * because integers would be converted on each use.
 *
 * @returns how often all rows were drawn.
 */
function addUp({ units }: Ranking, counts: Uint8Array, totals: Float64Array): number {
  let total = 0;
  for (let k = 0; k < units.length; k++) {
    total = (total + counts[units[k]]) | 0;
    totals[k + 1] = total;
  }
  return total;
}

/**
 * Counts how often the rows of a ranking were drawn: all, and those up to each cut. No running totals are written, which would
 * take longer than all else.
 *
 * @returns these, and twice the number of drawn pairs in order with safe rows, ties half; 0 pairs for safe rows.
 */
function tally(
  { scores, units, below, upTo: notAbove }: Ranking,
  counts: Uint8Array,
  safe: Float64Array,
  cuts: readonly number[],
): { upTo: number[]; all: number; pairs: number } {
  const ends = cuts.map((cut) => countUpTo(scores, cut));
  const upTo = cuts.map(() => 0);
  const stops = [...ends, units.length].sort((a, b) => a - b);
  let [k, total, pairs] = [0, 0, 0];
  for (const stop of stops) {
    if (below.length === 0) {
      for (; k < stop; k++) total = (total + counts[units[k]]) | 0;
    } else {
      for (; k < stop; k++) {
        const times = counts[units[k]];
        total = (total + times) | 0;
        pairs += times * (safe[below[k]] + safe[notAbove[k]]);
      }
    }
    for (let c = 0; c < ends.length; c++) if (ends[c] === stop) upTo[c] = total;
  }
  return { upTo, all: total, pairs };
}

/** The quantile of the drawn scores: `scores[k]` stands there `totals[k + 1] − totals[k]` times. */
function drawnQuantile(scores: Float64Array, totals: Float64Array, p: number): number {
  const last = totals[scores.length] - 1;
  const rank = Math.floor(last * p);
  const at = (j: number) => scores[countUpTo(totals, j) - 1];
  return interpolate(at(rank), at(Math.min(rank + 1, last)), last * p - rank);
}
