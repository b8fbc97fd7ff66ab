/**
 * The parts of a monitor, made of a pretrained model: a head on its frozen states, or low-rank updates of some of its blocks with a
 * head; its language model after low-rank training on the safe training rows; and a Mahalanobis detector on the state that
 * the guard judges by. The state is chosen on the calibration rows, unless its layer is given.
 *
 * A head is convex and needs no seed: unlike in `deno task reproduce`, whose seeds draw scenes, it is fitted to all training rows.
 *
 * @module
 */
import type { Suite } from "../conversation/suite.ts";
import { UsageError } from "../core/errors.ts";
import { roundNumbers } from "../core/json.ts";
import { once } from "../core/once.ts";
import type { Features } from "../detector/detector.ts";
import { fitLinearHead, type LinearHead } from "../detector/linear_head.ts";
import { recordedCovariance, sayCovariance } from "../workbench/beforehand.ts";
import { fitToSafeRows } from "../workbench/mahalanobis_scores.ts";
import { type GivenModels, openGivenModels } from "../workbench/pretrained/given_models.ts";
import type { GivenOptions } from "../workbench/pretrained/given_options.ts";
import { featuresOf, vectorsOf } from "../workbench/pretrained/head_state.ts";
import { tunedWorkbench } from "../workbench/pretrained/tuned_workbench.ts";
import type { HeadState, TunedRecipe } from "../workbench/pretrained/tuned_recipe.ts";
import { calibrationCost, monitorNeeds } from "../workbench/planned/needs.ts";
import { guardSignals } from "../workbench/scores.ts";
import type { RunOptions, TrainingWorkbench } from "../workbench/workbench.ts";
import { describeBase } from "./base.ts";
import type { MadeParts, PartsMaker } from "./fit.ts";
import type { MonitorGuard } from "./parts.ts";
import { tunedFiles } from "./stored_parts.ts";

/**
 * A way to make parts.
 *
 * @param suite whose rows.
 * @param options threads, cache, and which model.
 * @param seed of a guard with low-rank updates.
 * @returns the maker; nothing is opened yet. Throws a {@linkcode UsageError} where a head is given a seed.
 */
export function tunedMaker(
  suite: Suite,
  options: RunOptions & { given: GivenOptions },
  seed: number | undefined,
): PartsMaker {
  const { threads, cache, say, given } = options;
  const kind = given.monitors ?? "head";
  if (kind === "head" && seed !== undefined) {
    throw new UsageError(
      "Cannot use --seed with a head: it is fitted to all training rows, and nothing is drawn",
      "Leave it out, or make the guard with --monitors lora.",
    );
  }
  const open = once(async () => {
    const models = await openGivenModels(given, options);
    return { models, bench: tunedWorkbench(suite, models, options) };
  });
  return {
    suite,
    threads,
    cache,
    say,
    needs: async () => monitorNeeds((await open()).bench, seed ?? 0),
    cost: async () => calibrationCost((await open()).bench, seed ?? 0),
    async make() {
      const { models, bench } = await open();
      return await tunedParts(bench, models, given, seed ?? 0);
    },
  };
}

async function tunedParts(
  bench: TrainingWorkbench,
  { tokenizer }: GivenModels,
  given: GivenOptions,
  seed: number,
): Promise<MadeParts> {
  const { options: { say, cache } } = bench;
  const base = await describeBase(given.model, { cache, say });
  const { state, monitors, candidates, ...courses } = await recipeOf(bench);
  const { guard, stored, features } = monitors === "head"
    ? await headOn(bench, state)
    : await tunedGuard(bench, seed);
  const languageModel = await bench.safeLanguageModel();
  const { width } = features;
  sayCovariance({ ...bench, width });
  const mahalanobis = await fitToSafeRows(bench, features);
  return {
    parts: { guard, languageModel: languageModel.model, tokenizer, mahalanobis },
    files: tunedFiles(
      { guard: stored, languageModel: languageModel.folder, mahalanobis },
      base.reference,
    ),
    tuning: { monitors, state: guard.state, base },
    settings: roundNumbers({
      ...monitors === "lora" && { seed },
      candidates,
      ...courses,
      ...recordedCovariance({ ...bench, width }),
    }),
  };
}

async function recipeOf(bench: TrainingWorkbench): Promise<TunedRecipe> {
  const provenance = await bench.provenance(true);
  if ("models" in provenance && provenance.models.tuned) return provenance.models.tuned;
  throw new Error("internal: a workbench on a pretrained model has a recipe");
}

/** A guard, what of it goes into the folder, and the state that it judges by on the training rows. */
interface MadeGuard {
  guard: MonitorGuard;
  stored: LinearHead | string;
  features: Features;
}

/** A head on the frozen model. */
async function headOn(bench: TrainingWorkbench, state: HeadState): Promise<MadeGuard> {
  const base = await bench.languageModel();
  const signals = await bench.signals(base, "train", { hidden: vectorsOf(state) });
  const features = featuresOf(signals, bench.width);
  const head = fitLinearHead(features, bench.suite.train);
  return { guard: { model: base.model, state, head }, stored: head, features };
}

/** The blocks up to the state, tuned, with a head on the last token. */
async function tunedGuard(bench: TrainingWorkbench, seed: number): Promise<MadeGuard> {
  const { model, ...rest } = await bench.guard(seed);
  const state: HeadState = { layer: model.config.layers, poolings: ["last"] };
  const signals = await guardSignals(bench, { model, ...rest }, "train");
  const features = featuresOf(signals, bench.width);
  return { guard: { model, state }, stored: rest.folder, features };
}
