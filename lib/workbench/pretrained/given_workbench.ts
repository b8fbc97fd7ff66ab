/**
 * A workbench whose guard and language model come from outside, as the published ones. What experiments ask of both is read in one
 * forward pass where they have the same decoder, else in one of each.
 *
 * @module
 */
import { openCache } from "../../core/cache.ts";
import type { Row } from "../../conversation/row.ts";
import type { Split } from "../../conversation/scenes.ts";
import type { Suite } from "../../conversation/suite.ts";
import type { SignalRequest } from "../../signals/signal_graph.ts";
import { encodedOnce, encodeWhole } from "../encoded.ts";
import type { GivenModels } from "./given_models.ts";
import { passesOver, passModel } from "../passes.ts";
import { passCost } from "../planned/costs.ts";
import { presentModel, workOfPass } from "../planned/work.ts";
import { covers, pick } from "../requests.ts";
import type { RunOptions, TrainedModel, Workbench } from "../workbench.ts";

/**
 * A workbench with models from outside. A given guard has one seed.
 *
 * @param suite what to test on; its training split is for detectors.
 * @param models opened models, a guard among them.
 * @param options threads, cache, token budget; `seeds` is 1.
 * @returns the workbench, nothing computed yet.
 */
export function givenWorkbench(suite: Suite, models: GivenModels, options: RunOptions): Workbench {
  const { origins, device, tokenizer, languageModel, shared } = models;
  const guard = models.guard!;
  const cache = openCache(options.cache, options.say);
  const { contextLength } = languageModel.model.config;
  const encode = (rows: readonly Row[]) =>
    Promise.resolve(encodeWhole(rows, tokenizer, contextLength));
  const encoded = encodedOnce(suite, contextLength, options, encode);
  const passes = passesOver({ suite, cache, encoded, device, options });

  /** What experiments ask of the guard. */
  const ofGuard: SignalRequest = {
    guard: true,
    hidden: [{ layer: guard.model.config.layers, pooling: "last" }],
  };
  /** What they ask of the language model, and that only of rows that are not trained on. */
  const surprise: SignalRequest = { nll: true, tokens: true };

  /** The pass that a request is answered from: one that serves other experiments too, where that is possible. */
  const passFor = (model: TrainedModel, split: Split, request: SignalRequest) => {
    const own = model.key === guard.key ? ofGuard : surprise;
    const both = shared !== undefined && split !== "train";
    const wide = both ? { ...ofGuard, ...surprise } : own;
    return covers(wide, request)
      ? { of: both ? shared : model, wide }
      : { of: model, wide: request };
  };

  return {
    suite,
    options,
    provenance: () => Promise.resolve({ models: { ...origins, guard: origins.guard!, device } }),
    width: guard.model.config.hiddenSize,
    device,
    cache,
    seeds: [0],
    tokenizer: () => Promise.resolve(tokenizer),
    encoded,
    encode,
    safeLanguageModel: () => Promise.resolve(languageModel),
    guard: () => Promise.resolve(guard),
    planned: {
      safeLanguageModel: () => Promise.resolve(presentModel("language model", languageModel)),
      guard: () => Promise.resolve(presentModel("guard", guard)),
      async pass(planned, split, request) {
        const asked = request(planned.config.layers);
        const { of, wide } = passFor(await planned.open(), split, asked);
        const named = passModel(of);
        const pass = await passes.planned(named, split, wide);
        const cost = passCost({
          ...named,
          ...pass,
          request: wide,
          ...options.given?.tokenBudget && { tokenBudget: options.given.tokenBudget },
        });
        const name = of === shared ? "guard and language model" : planned.name;
        return workOfPass(presentModel(name, of), split, pass, cost);
      },
    },
    async signals(model, split, request) {
      const { of, wide } = passFor(model, split, request);
      return pick(await passes.signals(of, split, wide), wide, request);
    },
  };
}
