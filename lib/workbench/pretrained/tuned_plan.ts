/**
 * The work behind monitors that are made of a pretrained model, before it is done. What guards are, and on which layer they stand,
 * is known only after the frozen model has read training and calibration rows: what is said of them before that is said of the top
 * layer, and that they are made is noted in the cache.
 *
 * @module
 */
import type { Cache } from "../../core/cache.ts";
import { hashOf } from "../../core/json.ts";
import { once, onceFor } from "../../core/once.ts";
import type { Split } from "../../conversation/scenes.ts";
import type { Suite } from "../../conversation/suite.ts";
import type { LoraOptions } from "../../model/lora.ts";
import type { SignalRequest } from "../../signals/signal_graph.ts";
import type { PassModel } from "../named_passes.ts";
import { type Passes, passModel } from "../passes.ts";
import { passCost, secondsOnly, trainingCost } from "../planned/costs.ts";
import {
  notedWork,
  type Planned,
  type PlannedModel,
  presentModel,
  type Work,
  workOfPass,
} from "../planned/work.ts";
import type { Course } from "../recipe.ts";
import { covers } from "../requests.ts";
import type { TrainedModel, Workbench } from "../workbench.ts";
import type { GivenOptions } from "./given_options.ts";
import { loraOf, TUNING } from "./tuned_recipe.ts";

/** What {@linkcode plannedTuning} plans. */
export interface TuningToPlan extends Pick<Workbench, "guard" | "signals"> {
  /** Whose rows. */
  suite: Suite;
  /** Where all is kept. */
  cache: Cache;
  /** The frozen model. */
  base: TrainedModel;
  /** What is read of it, for all experiments at once. */
  request: SignalRequest;
  /** Passes over the suite. */
  passes: Passes;
  /** What guards are to be, and the size of batches. */
  given: GivenOptions;
  /** SHA-256 of all that guards depend on, besides the seed. */
  key: string;
  /** The language model of the safe rows: tuned here, or given. */
  safeLanguageModel: {
    open: () => Promise<TrainedModel>;
    tuned?: { course: Course & { lora: LoraOptions }; parts: object };
    given?: TrainedModel;
  };
}

/** A logistic regression in plain arithmetic, seconds a row, feature and fit. */
const FITTING = 4e-7;

/** Candidates for the layer, and the folds that choose a head's penalty: so many fits. */
const FITS = 18 + 26;

/**
 * Plans.
 *
 * @param tuning what there is to be made.
 * @returns the work.
 */
export function plannedTuning(tuning: TuningToPlan): Planned {
  const { suite, cache, base, request: all, passes, given } = tuning;
  const { config } = base.model;
  const { layers, hiddenSize } = config;
  const frozen = presentModel("the model", base);
  const isHead = (given.monitors ?? "head") === "head";
  const budget = given.tokenBudget === undefined ? {} : { tokenBudget: given.tokenBudget };

  const passOf = async (
    model: PlannedModel,
    named: PassModel,
    split: Split,
    request: SignalRequest,
  ): Promise<Work> => {
    const pass = await passes.planned(named, split, request);
    return workOfPass(model, split, pass, passCost({ ...named, ...pass, ...budget, request }));
  };
  const basePass = onceFor((split: Split) => passOf(frozen, passModel(base), split, all));

  const tuningCost = async (
    head: PlannedModel["head"],
    course: Course & { lora: LoraOptions },
    rows: (row: number) => boolean,
  ) => {
    const { lengths } = await passes.planned(passModel(base), "train", all);
    return trainingCost({
      config,
      head,
      course,
      lengths: lengths.filter((_, i) => rows(i)),
      lora: course.lora,
    });
  };

  const guards = new Set<string>();
  const guard = onceFor(async (seed: number): Promise<PlannedModel> => {
    const key = hashOf({ guard: tuning.key, seed });
    guards.add(key);
    const course = { ...TUNING.guard, lora: loraOf(layers) };
    const open = () => tuning.guard(seed);
    const work = notedWork(cache, {
      name: `guard ${seed}`,
      key,
      after: [await basePass("train"), await basePass("calibration")],
      cost: isHead
        ? secondsOnly(FITS * suite.train.length * hiddenSize * FITTING)
        : await tuningCost("guard", course, () => true),
      make: open,
    });
    return { ...work, config, head: "guard", open };
  });

  const safeLanguageModel = once(async (): Promise<PlannedModel> => {
    const { open, tuned, given } = tuning.safeLanguageModel;
    if (tuned === undefined) return presentModel("language model", given!);
    const isSafe = (row: number) => suite.train[row].malign === 0;
    return {
      name: "safe language model",
      key: hashOf(tuned.parts),
      config,
      head: "language-model",
      after: [await basePass("train")],
      pieces: 1,
      cost: await tuningCost("language-model", tuned.course, isSafe),
      isDone: () => cache.find("adapter", tuned.parts) !== undefined,
      open,
      make: open,
    };
  });

  /** The pass of a guard that may be a tuned one. */
  const guardPass = async (
    model: PlannedModel,
    split: Split,
    request: SignalRequest,
    requestOf: (trained: TrainedModel) => SignalRequest,
  ): Promise<Work> => {
    const { cost } = await passOf(model, passModel(base), split, request);
    return notedWork(cache, {
      name: `${model.name} over ${split}`,
      key: hashOf({ guard: model.key, suite: suite.hash, split, request }),
      after: [model, await basePass(split)],
      cost,
      async make() {
        const trained = await model.open();
        await tuning.signals(trained, split, requestOf(trained));
      },
    });
  };

  return {
    safeLanguageModel,
    guard,
    languageModel: () => Promise.resolve(frozen),
    async pass(model, split, requestFor) {
      const request = requestFor(layers);
      const isGuard = guards.has(model.key);
      if (isGuard && !isHead) {
        const requestOf = ({ model: { config } }: TrainedModel) => requestFor(config.layers);
        return await guardPass(model, split, request, requestOf);
      }
      if (isGuard || model === frozen) {
        const { guard: _, ...ofBase } = request;
        return covers(all, ofBase)
          ? await basePass(split)
          : await passOf(frozen, passModel(base), split, ofBase);
      }
      const { tuned, given } = tuning.safeLanguageModel;
      if (tuned === undefined) return await passOf(model, passModel(given!), split, request);
      const named = { ...passModel(base), key: model.key };
      const work = await passOf(model, named, split, request);
      return { ...work, after: [model, await basePass(split)] };
    },
  };
}
