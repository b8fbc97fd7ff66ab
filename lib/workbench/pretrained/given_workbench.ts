/**
 * A workbench whose guard and language model come from outside, as the published ones. What experiments ask of both is read in one
 * forward pass where they have the same decoder, else in one of each.
 *
 * @module
 */
import { openCache } from "../../core/cache.ts";
import type { Suite } from "../../conversation/suite.ts";
import type { SignalRequest } from "../../signals/signal_graph.ts";
import { encodedOnce, encodeWhole } from "../encoded.ts";
import type { GivenModels } from "./given_models.ts";
import { passesOver } from "../passes.ts";
import { covers, pick } from "../requests.ts";
import type { RunOptions, Workbench } from "../workbench.ts";

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
  const encoded = encodedOnce(
    suite,
    contextLength,
    options,
    (rows) => encodeWhole(rows, tokenizer, contextLength),
  );
  const passes = passesOver({ suite, cache, encoded, device, options });

  /** What experiments ask of the guard. */
  const ofGuard: SignalRequest = {
    guard: true,
    hidden: [{ layer: guard.model.config.layers, pooling: "last" }],
  };
  /** What they ask of the language model, and that only of rows that are not trained on. */
  const surprise: SignalRequest = { nll: true, tokens: true };

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
    safeLanguageModel: () => Promise.resolve(languageModel),
    guard: () => Promise.resolve(guard),
    // taken out of a pass that serves other experiments too where that is possible
    async signals(model, split, request) {
      const own = model.key === guard.key ? ofGuard : surprise;
      const both = shared !== undefined && split !== "train";
      const wide = both ? { ...ofGuard, ...surprise } : own;
      if (!covers(wide, request)) return await passes.signals(model, split, request);
      return pick(await passes.signals(both ? shared : model, split, wide), wide, request);
    },
  };
}
