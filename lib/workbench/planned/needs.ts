/**
 * What experiments need to have been made before they begin: models, and their passes over splits. An experiment that says too
 * little is as right, and slower: what is missing is made when it is asked for.
 *
 * @module
 */
import type { Row } from "../../conversation/row.ts";
import type { Split } from "../../conversation/scenes.ts";
import { hashOf } from "../../core/json.ts";
import { hasReport } from "../../detector/report_support.ts";
import { ofFrozen } from "../frozen_scores.ts";
import { reportScores } from "../language_model_scores.ts";
import { MEAN_SURPRISE, ofGuard, SURPRISE } from "../scores.ts";
import type { Workbench } from "../workbench.ts";
import {
  type Cost,
  notedWork,
  partOf,
  type PlannedModel,
  type RequestFor,
  sumOf,
  type Work,
} from "./work.ts";

/**
 * For the scores of guards, and for detectors on their states.
 *
 * @param bench the workbench.
 * @param splits which rows; detectors need `train` too.
 * @param options which guards, and what of them. Default: the workbench's, and what guards' scores are made of.
 * @returns the guards and their passes.
 */
export async function guardsOver(
  bench: Workbench,
  splits: readonly Split[],
  { seeds = bench.seeds, request = ofGuard }: {
    seeds?: readonly number[];
    request?: RequestFor;
  } = {},
): Promise<Work[]> {
  const guards = await Promise.all(seeds.map(bench.planned.guard));
  const passes = guards.map(async (guard) => [
    guard,
    ...await Promise.all(splits.map((split) => bench.planned.pass(guard, split, request))),
  ]);
  return (await Promise.all(passes)).flat();
}

/**
 * For perplexity.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns the language model of the safe rows and its pass.
 */
export async function surpriseOver(bench: Workbench, split: Split): Promise<Work[]> {
  const model = await bench.planned.safeLanguageModel();
  return [model, await bench.planned.pass(model, split, () => SURPRISE)];
}

/**
 * For guard, perplexity and Mahalanobis distance together.
 *
 * @param bench the workbench.
 * @param splits which rows.
 * @returns the models and their passes.
 */
export async function partsOver(bench: Workbench, ...splits: Split[]): Promise<Work[]> {
  const surprise = await Promise.all(splits.map((split) => surpriseOver(bench, split)));
  return [
    ...await guardsOver(bench, [...new Set<Split>(["train", ...splits])]),
    ...surprise.flat(),
  ];
}

/**
 * For report support.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns the scores themselves: the conversations that are read for them depend on what functions said.
 */
export async function reportsOver(bench: Workbench, split: Split): Promise<Work> {
  const { planned, suite, device, cache } = bench;
  const model = await planned.safeLanguageModel();
  const pass = await planned.pass(model, split, () => SURPRISE);
  const size = (rows: readonly Row[]) =>
    rows.reduce((sum, { conversation }) => sum + conversation.length, 0);
  const again = suite[split].filter(({ conversation }) => hasReport(conversation));
  return notedWork(cache, {
    name: `reports of ${split} read again`,
    key: hashOf({ kind: "reports", model: model.key, suite: suite.hash, split, device }),
    after: [model, pass],
    cost: partOf(pass.cost, size(again) / Math.max(1, size(suite[split]))),
    make: () => reportScores(bench, split),
  });
}

/**
 * For a monitor that is fitted to the training rows.
 *
 * @param bench the workbench.
 * @param seed of its guard.
 * @returns its models, and the guard's pass over the rows that Mahalanobis distance is fitted to.
 */
export async function monitorNeeds(bench: Workbench, seed: number): Promise<Work[]> {
  return [
    ...await guardsOver(bench, ["train"], { seeds: [seed] }),
    await bench.planned.safeLanguageModel(),
  ];
}

/**
 * What it takes to score the calibration rows with such a monitor.
 *
 * @param bench the workbench.
 * @param seed of its guard.
 * @returns as if guard and language model had nothing in common, which at the most doubles it.
 */
export async function calibrationCost({ planned }: Workbench, seed: number): Promise<Cost> {
  const model = await planned.safeLanguageModel();
  const { cost: ofModel } = await planned.pass(model, "calibration", () => SURPRISE);
  const { cost: ofGuards } = await planned.pass(
    await planned.guard(seed),
    "calibration",
    ofGuard,
  );
  // both are open at the same time
  return { ...sumOf([ofGuards, ofModel]), weights: ofGuards.weights + ofModel.weights };
}

/**
 * For all detectors.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns the models and their passes, those of the language model that training starts from among them.
 */
export async function detectorsOver(bench: Workbench, split: Split): Promise<Work[]> {
  const { planned } = bench;
  const parts = [...await partsOver(bench, split), await reportsOver(bench, split)];
  if (planned.languageModel === undefined) return parts;
  const model = await planned.languageModel();
  const hasBoth = new Set(bench.suite.calibration.map(({ malign }) => malign)).size === 2;
  const frozen: Split[] = hasBoth ? ["train", "calibration", split] : [];
  return [
    ...parts,
    model,
    await planned.pass(model, split, () => MEAN_SURPRISE),
    ...await Promise.all(frozen.map((split) => planned.pass(model, split, ofFrozen))),
  ];
}

/**
 * For models that an experiment trains itself.
 *
 * @param bench the workbench.
 * @returns the language model that they begin as; none where models come from outside.
 */
export async function languageModelOf(bench: Workbench): Promise<PlannedModel[]> {
  const { languageModel } = bench.planned;
  return languageModel === undefined ? [] : [await languageModel()];
}
