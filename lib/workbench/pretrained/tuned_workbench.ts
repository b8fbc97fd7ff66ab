/**
 * A workbench whose monitors are made of a pretrained model. Guards are heads on its frozen states, or low-rank updates of its
 * last blocks with a head (see `tuned_recipe.ts`); perplexity is measured by the model after low-rank training on the safe
 * training rows. What experiments ask of the frozen model is read in one forward pass over each split.
 *
 * @module
 */
import { openCache } from "../../core/cache.ts";
import { hashOf } from "../../core/json.ts";
import { once, onceFor } from "../../core/once.ts";
import type { Row } from "../../conversation/row.ts";
import type { Suite } from "../../conversation/suite.ts";
import { cutModel } from "../../model/cut.ts";
import type { Pooling, SignalRequest } from "../../signals/signal_graph.ts";
import { guardScoresOf } from "../../signals/signals.ts";
import { onlyRows, trainGuard, trainLanguageModel } from "../../training/monitors.ts";
import { encodedOnce, encodeWhole } from "../encoded.ts";
import { keptFinding } from "../kept_scores.ts";
import { passesOver } from "../passes.ts";
import { covers, pick } from "../requests.ts";
import type { PretrainedWorkbench, RunOptions, TrainedModel, Workbench } from "../workbench.ts";
import { type GivenModels, openGivenModels } from "./given_models.ts";
import type { GivenOptions } from "./given_options.ts";
import { chooseKind, chooseState, type ChosenKind } from "./head_choice.ts";
import { headGuards } from "./head_guards.ts";
import { featuresOf, vectorsOf } from "./head_state.ts";
import { adapterParts, lowRankTraining } from "./low_rank_training.ts";
import { plannedTuning } from "./tuned_plan.ts";
import { loraOf, sampledLayers, TUNING } from "./tuned_recipe.ts";

/** Raised whenever the same settings would train or fit otherwise than before. */
const TUNED_VERSION = 2;

const POOLINGS: readonly Pooling[] = ["last", "mean", "max"];

/**
 * Opens a workbench on a pretrained model.
 *
 * @param suite what to tune, calibrate and test on.
 * @param models the opened model.
 * @param options threads, cache, seeds.
 * @returns the workbench, nothing computed yet.
 */
export function tunedWorkbench(
  suite: Suite,
  models: GivenModels,
  options: RunOptions & { given: GivenOptions },
): PretrainedWorkbench {
  const { given } = options;
  const { base: frozen, tokenizer, origins, device } = models;
  const { layers, hiddenSize: width, contextLength } = frozen.model.config;
  const cache = openCache(options.cache, options.say);
  const encode = (rows: readonly Row[]) =>
    Promise.resolve(encodeWhole(rows, tokenizer, contextLength));
  const encoded = encodedOnce(suite, contextLength, options, encode);
  const over = { suite, cache, encoded, device, options };
  const passes = passesOver(over);

  /** The frozen model's pass: its pooled states, and those of all tokens that blocks are tuned on. */
  const adapted = loraOf(layers);
  const all: SignalRequest = {
    hidden: sampledLayers(layers).flatMap((layer) =>
      POOLINGS.map((pooling) => ({ layer, pooling }))
    ),
    ...adapted.firstBlock > 0 && { states: adapted.firstBlock },
  };
  const base: TrainedModel = { ...frozen, ...keptBelow(frozen, all) };
  const ofBase: Workbench["signals"] = async (_, split, request) => {
    if (!covers(all, request)) return await passes.signals(base, split, request);
    return pick(await passes.signals(base, split, all), all, request);
  };

  const choiceParts = once(() => ({
    kind: "state of guards",
    version: TUNED_VERSION,
    base: base.key,
    train: hashOf(suite.train),
    calibration: hashOf(suite.calibration),
    ...given.layer !== undefined && { layer: given.layer },
    device,
  }));
  // every process of a run would choose again
  const choice = once(() =>
    keptFinding(
      { cache },
      choiceParts(),
      () =>
        chooseState(suite, layers, given.layer, async (split, state) => {
          return featuresOf(await ofBase(base, split, { hidden: vectorsOf(state) }), width);
        }),
    )
  );
  const stateOf = async () => (await choice()).state;
  const heads = headGuards(base, over, TUNED_VERSION, stateOf, ofBase);
  const train = lowRankTraining(over, passes, TUNED_VERSION);

  const surprised = {
    label: "safe language model",
    course: { ...TUNING.safeLanguageModel, lora: adapted },
  };
  const safeLanguageModel = once(() => {
    if (origins.languageModel.adapter !== undefined) return Promise.resolve(models.languageModel);
    return train(base, "language-model", surprised, (training, { config, parameters }) => {
      const safe = onlyRows(training, (row) => suite.train[row].malign === 0);
      return trainLanguageModel(config, safe, parameters);
    });
  });

  const labels = suite.train.map(({ malign }) => malign);
  const tunedGuard = onceFor(async (seed: number) => {
    const { layer } = await stateOf();
    const lora = loraOf(layer);
    const cut = {
      ...frozen,
      model: cutModel(frozen.model, layer),
      ...keptBelow(frozen, { states: lora.firstBlock }),
    };
    const parts = { label: `guard ${seed}`, course: { ...TUNING.guard, lora } };
    return train(cut, "guard", parts, (training, from) => trainGuard(from, labels, training));
  });

  const guards = { head: heads.guard, lora: tunedGuard };
  const signals: Workbench["signals"] = (model, split, request) =>
    heads.signals(model, split, request) ??
      (model.key === base.key ? ofBase : passes.signals)(model, split, request);

  const otherModels = once(() =>
    Promise.all(
      given.models!.map((model) => openGivenModels({ ...withoutOthers(given), model }, options)),
    )
  );

  const kind = once(async (): Promise<ChosenKind> => {
    const { monitors = "head" } = given;
    if (monitors !== "auto") return { monitors };
    return await chooseKind(suite.calibration, guards, async (guard) => {
      return guardScoresOf((await signals(guard, "calibration", { guard: true })).guard!);
    });
  });

  const guard = async (seed: number) => await guards[(await kind()).monitors](seed);
  const planned = plannedTuning({
    suite,
    cache,
    base,
    request: all,
    passes,
    given,
    signals,
    guard,
    key: hashOf({ ...choiceParts(), monitors: given.monitors ?? "head" }),
    safeLanguageModel: {
      open: safeLanguageModel,
      ...origins.languageModel.adapter === undefined
        ? { tuned: { ...surprised, parts: adapterParts(TUNED_VERSION, base, suite, surprised) } }
        : { given: models.languageModel },
    },
  });

  return {
    suite,
    options,
    planned,
    async provenance(monitors) {
      const { languageModel } = origins;
      if (!monitors) return { models: { languageModel, device } };
      const { state, candidates } = await choice();
      const { monitors: made, kinds } = await kind();
      const tuned = {
        monitors: made,
        ...kinds && { kinds },
        state,
        candidates,
        ...made === "lora" && { guard: { ...TUNING.guard, lora: loraOf(state.layer) } },
        ...languageModel.adapter === undefined && {
          safeLanguageModel: { ...TUNING.safeLanguageModel, lora: adapted },
        },
      };
      const others = given.models &&
        (await otherModels()).map((of) => of.origins.languageModel.model);
      return {
        models: { languageModel, tuned, ...others && { others }, device },
      };
    },
    width,
    device,
    cache,
    seeds: Array.from({ length: options.seeds }, (_, seed) => seed),
    course: TUNING.guard,
    tokenizer: () => Promise.resolve(tokenizer),
    encoded,
    encode,
    languageModel: () => Promise.resolve(base),
    safeLanguageModel,
    guard,
    trained: ({ model, key, folder }, label, parts, course, build) => {
      const all = { label, parts: parts as object, course: { lora: adapted, ...course } };
      // other texts than the suite's: nothing of them was worked out before
      return train({ model, key, folder }, "language-model", all, build);
    },
    signals,
    async smaller(fractions) {
      const alone = { ...options, given: withoutOthers(given) };
      const all = given.models
        ? await otherModels()
        : fractions.map((fraction) => cutTo(models, Math.max(1, Math.round(layers / fraction))));
      return all.map((of) => tunedWorkbench(suite, of, alone));
    },
  };
}

/** What of the options concerns other models, too. */
function withoutOthers(
  { layer: _, lmAdapter: __, models: ___, ...given }: GivenOptions,
): GivenOptions {
  return given;
}

/** The lowest blocks of a model as a model of their own. */
function cutTo(models: GivenModels, layers: number): GivenModels {
  const { base } = models;
  const cut = {
    model: cutModel(base.model, layers),
    key: hashOf({ cut: base.key, layers }),
    folder: base.folder,
  };
  return {
    ...models,
    origins: { languageModel: { model: models.origins.languageModel.model } },
    base: cut,
    languageModel: cut,
  };
}

/** What a model has in common with the frozen one, where its lowest blocks are. */
function keptBelow(model: TrainedModel, request: SignalRequest): Pick<TrainedModel, "below"> {
  return request.states ? { below: { model, request } } : {};
}
