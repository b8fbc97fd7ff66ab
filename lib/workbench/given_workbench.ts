/**
 * A workbench whose models are not trained here. Where there is no guard among them, one is made: a head on the language model's
 * hidden states, fitted to the training split (see `lib/detector/linear_head.ts`).
 *
 * What experiments ask of guard and language model is read in one forward pass where both have the same decoder, as with a
 * head, else in one of each.
 *
 * @module
 */
import { join } from "node:path";
import { openCache } from "../core/cache.ts";
import { readText, writeFileAtomic } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import { once, onceFor } from "../core/once.ts";
import { startProgress } from "../core/progress.ts";
import type { Split } from "../conversation/scenes.ts";
import type { Suite } from "../conversation/suite.ts";
import type { Model } from "../model/checkpoint.ts";
import { countParameters } from "../model/parameters.ts";
import { fitLinearHead, headLogits, type LinearHead } from "../detector/linear_head.ts";
import type { SignalRequest } from "../signals/signal_graph.ts";
import { readSignals, type Signals } from "../signals/signals.ts";
import { cachedSignals } from "./cached_signals.ts";
import { encodedOnce, encodeWhole } from "./encoded.ts";
import type { GivenModels } from "./given_models.ts";
import type { RunOptions, TrainedModel, Workbench } from "./workbench.ts";

/**
 * A workbench with models from outside. A given guard has one seed.
 *
 * @param suite what to test on; its training split is for detectors and heads.
 * @param models opened models.
 * @param options threads, cache, token budget; `seeds` is 1.
 * @returns the workbench, nothing computed yet.
 */
export function givenWorkbench(suite: Suite, models: GivenModels, options: RunOptions): Workbench {
  const { provenance, tokenizer, languageModel, guard, head } = models;
  const { device } = provenance;
  const size = guard.model.config;
  const cache = openCache(options.cache, options.say);
  const rowsKey = onceFor((split: Split) => hashOf(suite[split]));
  const { contextLength } = languageModel.model.config;
  const encoded = encodedOnce(
    suite,
    contextLength,
    options,
    (rows) => encodeWhole(rows, tokenizer, contextLength),
  );

  /** One forward pass, from the cache where it was made before. */
  const passOver = ({ model, key }: TrainedModel, split: Split, request: SignalRequest) => {
    const tokens = { tokenizer: hashOf(provenance.languageModel.model), rows: rowsKey(split) };
    return cachedSignals(cache, { model: key, ...tokens, request, device }, async () => {
      const { sequences } = await encoded(split);
      using progress = startProgress(
        `scoring ${split} with ${provenance.languageModel.model.name}`,
      );
      return await readSignals(model, sequences, request, {
        threads: options.threads,
        device,
        progress,
        ...isLarge(model) && { weightsFolder: join(cache.root, "weights") },
        ...options.given?.tokenBudget && { tokenBudget: options.given.tokenBudget },
      });
    });
  };

  const last = { layer: size.layers, pooling: "last" } as const;
  /** What experiments ask of the guard. */
  const guardRequest: SignalRequest = {
    guard: head === undefined,
    hidden: head === undefined || head.layer === last.layer ? [last] : [last, head],
  };
  /** What they ask of the language model, and that only of rows that are not trained on. */
  const surprise: SignalRequest = { nll: true, tokens: true };

  const fittedHead = once(async (): Promise<LinearHead> => {
    const parts = { guard: guard.key, rows: rowsKey("train"), head, device };
    const folder = await cache.entry("head", parts, async (folder) => {
      const { hidden: [data] } = await read(guard, "train", { hidden: [head!] });
      const fitted = fitLinearHead({ data, width: size.hiddenSize }, suite.train);
      const text = JSON.stringify({ ...fitted, weights: [...fitted.weights] });
      writeFileAtomic(join(folder, "head.json"), text);
    });
    const kept = JSON.parse(readText(join(folder, "head.json")));
    return { ...kept, weights: Float64Array.from(kept.weights) };
  });

  /** Signals of one model, taken out of a pass that serves other experiments too where that is possible. */
  async function read(model: TrainedModel, split: Split, request: SignalRequest): Promise<Signals> {
    const own = model.key === guard.key ? guardRequest : surprise;
    const both = models.shared !== undefined && split !== "train";
    const wide = both ? { ...guardRequest, ...surprise } : own;
    if (!covers(wide, request)) return await passOver(model, split, request);
    return pick(await passOver(both ? models.shared! : model, split, wide), wide, request);
  }

  const signals: Workbench["signals"] = async (model, split, request) => {
    if (head === undefined || !request.guard) return await read(model, split, request);
    const hidden = [...request.hidden ?? [], head];
    const found = await read(model, split, { ...request, guard: false, hidden });
    const features = { data: found.hidden.at(-1)!, width: size.hiddenSize };
    const logits = headLogits(await fittedHead(), features);
    return { ...found, hidden: found.hidden.slice(0, -1), guard: logits };
  };

  return {
    suite,
    options,
    size,
    provenance: { models: provenance },
    device,
    cache,
    seeds: [0],
    tokenizer: () => Promise.resolve(tokenizer),
    encoded,
    safeLanguageModel: () => Promise.resolve(languageModel),
    guard: () => Promise.resolve(guard),
    signals,
  };
}

/** Whether weights, as float32, are better mapped than copied, though that is a little slower. */
function isLarge({ parameters }: Model): boolean {
  return 4 * countParameters(parameters.values()) > 2 ** 28;
}

/** Whether a request asks for nothing that another does not. */
function covers(wide: SignalRequest, { guard, nll, tokens, hidden = [] }: SignalRequest): boolean {
  return (wide.guard || !guard) && (wide.nll || !nll) && (wide.tokens || !tokens) &&
    hidden.every((state) => placeOf(state, wide) >= 0);
}

type State = NonNullable<SignalRequest["hidden"]>[number];

function placeOf({ layer, pooling }: State, { hidden = [] }: SignalRequest): number {
  return hidden.findIndex((state) => state.layer === layer && state.pooling === pooling);
}

/** What was asked for, out of what was read. */
function pick(found: Signals, wide: SignalRequest, request: SignalRequest): Signals {
  const { guard, nll, tokenNll, entropy } = found;
  return {
    hidden: (request.hidden ?? []).map((state) => found.hidden[placeOf(state, wide)]),
    ...request.guard && { guard: guard! },
    ...request.nll && { nll: nll! },
    ...request.tokens && { tokenNll: tokenNll!, entropy: entropy! },
  };
}
