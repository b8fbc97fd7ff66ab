/**
 * What every monitor says of every conversation, so that others can work out what no experiment of ours did.
 *
 * @module
 */
import type { Row } from "../conversation/row.ts";
import { DETECTORS_SHARE, splitBudget } from "../detector/budget.ts";
import { fuseSeeds, surprisalsOf } from "../workbench/calibrated.ts";
import { detectorScores } from "../workbench/detector_scores.ts";
import { fuse, FUSED, PARTS, type ScoredRows } from "../workbench/fused.ts";
import { baselineScores, guardScores } from "../workbench/scores.ts";
import type { Workbench } from "../workbench/workbench.ts";

/** The splits that are scored; models were trained on the third. */
export const SCORED_SPLITS = ["test", "calibration"] as const;

/** One of them. */
export type ScoredSplit = typeof SCORED_SPLITS[number];

/** By split, its rows and what each monitor says of them. */
export type AllScores = Record<ScoredSplit, ScoredRows>;

/** The fusion of p-values, as `calibrated_fusion` names it. */
const SMALLEST = "smallest p";

/**
 * Scores by the guard, the two trivial monitors, every detector, and two fusions of the guard with perplexity and Mahalanobis distance:
 * the paper's, with its weight chosen on the test rows as there, and the smallest p-value among safe calibration rows.
 *
 * @param bench the workbench; what is not in its cache is made.
 * @returns scores of the same monitors in both splits; a monitor that does not depend on the guard has one list for all seeds.
 */
export async function allScores(bench: Workbench): Promise<AllScores> {
  const [test, calibration] = [await aloneOn(bench, "test"), await aloneOn(bench, "calibration")];
  const weights = splitBudget(PARTS.length - 1, DETECTORS_SHARE);
  const withFusions = (scored: ScoredRows): ScoredRows => ({
    rows: scored.rows,
    scores: {
      ...scored.scores,
      [FUSED]: fuse(PARTS, test, scored).scores,
      [SMALLEST]: fuseSeeds("smallest", surprisalsOf(PARTS, calibration, scored), weights),
    },
  });
  return { test: withFusions(test), calibration: withFusions(calibration) };
}

async function aloneOn(bench: Workbench, split: ScoredSplit): Promise<ScoredRows> {
  const scores = {
    guard: await guardScores(bench, split),
    ...await baselineScores(bench, split),
    ...await detectorScores(bench, split),
  };
  return { rows: bench.suite[split], scores };
}

/** A row of the table: a conversation under one seed. */
export interface SeededRow {
  /** The conversation. */
  row: Row;
  /** Where it stands. */
  split: ScoredSplit;
  /** Of the guard, from 0. */
  seed: number;
  /** One for each monitor, in their order. */
  scores: number[];
}

/**
 * The scores as a table: every conversation once for each seed.
 *
 * @param all scores of both splits.
 * @param seeds how many.
 * @returns the names of the monitors, and rows by split, then seed, then in the suite's order.
 */
export function seededRows(
  all: AllScores,
  seeds: number,
): { monitors: string[]; rows: SeededRow[] } {
  const monitors = Object.keys(all.test.scores);
  const rows = SCORED_SPLITS.flatMap((split) =>
    Array.from({ length: seeds }, (_, seed) => {
      const lists = monitors.map((name) => listOf(all[split].scores[name], seed));
      return all[split].rows.map((row, i) => ({
        ...{ row, split, seed },
        scores: lists.map((list) => list[i]),
      }));
    }).flat()
  );
  return { monitors, rows };
}

/** A monitor with one list says the same whatever the guard's seed. */
function listOf(lists: readonly Float64Array[], seed: number): Float64Array {
  return lists.length === 1 ? lists[0] : lists[seed];
}
