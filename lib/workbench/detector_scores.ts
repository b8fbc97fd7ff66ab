/**
 * All detectors' scores by name, for experiments that compare them or fuse some of them.
 *
 * @module
 */
import type { Split } from "../conversation/scenes.ts";
import type { SeedScores } from "../evaluation/evaluation.ts";
import { frozenScores } from "./frozen_scores.ts";
import { likelihoodRatioScores, reportScores, turnScores } from "./language_model_scores.ts";
import { featureScores, perplexityScores } from "./scores.ts";
import { trainsHere, type Workbench } from "./workbench.ts";

/**
 * Every detector but the guard and the baselines.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns by detector, one list a seed, or one in all where it does not depend on the guard. Left out are: without models trained
 * here, those that need the model before tuning; without both classes in the calibration split, the one on frozen states; and where
 * the tokenizer cannot say where tokens stand, those on turns and reports.
 */
export async function detectorScores(bench: Workbench, split: Split): Promise<SeedScores> {
  return {
    ...await perplexityScores(bench, split),
    ...await turnScores(bench, split),
    ...await reportScores(bench, split),
    ...trainsHere(bench) && await likelihoodRatioScores(bench, split),
    ...await featureScores(bench, split),
    ...trainsHere(bench) && await frozenScores(bench, split),
  };
}
