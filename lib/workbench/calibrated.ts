/**
 * Monitors whose scores are calibrated on the calibration split, and fused by their p-values.
 *
 * @module
 */
import { sceneOf } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import { type Calibration, fitCalibration, surprisal } from "../detector/calibration.ts";
import { type CalibratedFusion, fitCalibratedFusion } from "../detector/calibrated_fusion.ts";
import { fuseSurprisals, type PFusion } from "../detector/p_fusion.ts";
import { groupRows, scoresOf } from "../evaluation/groups.ts";
import { bySeed, type ScoredRows } from "./fused.ts";
import { featureScores, guardScores, perplexityScores } from "./scores.ts";
import type { Workbench } from "./workbench.ts";

/**
 * What is fused with the guard, all of it: no detector is left out for what it does on test rows. Maximum softmax probability is none
 * of them, since it is the guard's own score folded in the middle.
 */
export const DETECTORS: readonly string[] = [
  "perplexity",
  "perplexity, windows of 16",
  "mahalanobis",
  "relative mahalanobis",
  "nearest neighbours",
  "energy",
];

/**
 * Scores of the guard and of every detector that any workbench gives.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns the rows, and scores by monitor, {@linkcode DETECTORS} among them.
 */
export async function scoredMonitors(bench: Workbench, split: Split): Promise<ScoredRows> {
  const scores = {
    guard: await guardScores(bench, split),
    ...await perplexityScores(bench, split),
    ...await featureScores(bench, split),
  };
  return { rows: bench.suite[split], scores };
}

/**
 * Calibrates monitors on safe ID rows.
 *
 * @param names of the monitors.
 * @param calibration rows to calibrate on.
 * @returns for each seed, a calibration of each monitor.
 */
export function calibrationsOf(
  names: readonly string[],
  calibration: ScoredRows,
): Calibration[][] {
  return safeScores(names, calibration).map((monitors) => monitors.map((of) => fitCalibration(of)));
}

/**
 * Surprisals of monitors' scores.
 *
 * @param names of the monitors.
 * @param calibration whose safe ID rows they are held against.
 * @param scored what is scored.
 * @returns for each seed and monitor, shape (rows scored).
 */
export function surprisalsOf(
  names: readonly string[],
  calibration: ScoredRows,
  scored: ScoredRows,
): Float64Array[][] {
  const scores = bySeed(names, scored);
  return calibrationsOf(names, calibration).map((monitors, seed) =>
    monitors.map((of, m) => surprisal(of, scores[seed][m]))
  );
}

/**
 * Fuses seed by seed.
 *
 * @param how the rule.
 * @param surprisals for each seed and monitor, shape (rows).
 * @param weights of the monitors; equal by default.
 * @returns for each seed, shape (rows).
 */
export function fuseSeeds(
  how: PFusion,
  surprisals: readonly Float64Array[][],
  weights?: readonly number[],
): Float64Array[] {
  return surprisals.map((monitors) => fuseSurprisals(how, monitors, weights));
}

/**
 * Calibrates monitors and their fusion, on the two halves of the safe ID rows.
 *
 * @param names of the monitors.
 * @param calibration rows to calibrate on.
 * @param how the rule.
 * @param weights of the monitors.
 * @returns for each seed a fused monitor whose p-values are guaranteed.
 */
export function calibratedFusions(
  names: readonly string[],
  calibration: ScoredRows,
  how: PFusion,
  weights: readonly number[],
): CalibratedFusion[] {
  const scenes = safeScenes(calibration);
  return safeScores(names, calibration).map((safe) =>
    fitCalibratedFusion(safe, { how, weights, scenes })
  );
}

/**
 * The scenes of safe ID rows.
 *
 * @param calibration rows to calibrate on.
 * @returns for each safe ID row its scene, or its id where it has none.
 */
export function safeScenes({ rows }: Pick<ScoredRows, "rows">): string[] {
  return Array.from(groupRows(rows).safe, (i) => sceneOf(rows[i]));
}

/** For each seed and monitor, the scores of safe ID rows. */
function safeScores(names: readonly string[], calibration: ScoredRows): Float64Array[][] {
  const { safe } = groupRows(calibration.rows);
  return bySeed(names, calibration).map((monitors) => monitors.map((of) => scoresOf(of, safe)));
}
