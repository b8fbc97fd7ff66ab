/**
 * A workbench whose models are not trained here: checkpoints in Hugging Face layout with their own tokenizer, and LoRA adapters.
 * Where there is no guard among them, one is made: a head on the language model's hidden states, fitted to the training split
 * (see `lib/monitor/linear_head.ts`).
 *
 * What experiments ask of guard and language model is read in one forward pass where both have the same decoder, as with a
 * head, else in one of each.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { openCache } from "../core/cache.ts";
import { UserError } from "../core/errors.ts";
import { readText, writeFileAtomic } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import { once, onceFor } from "../core/once.ts";
import { startProgress } from "../core/progress.ts";
import { fitContext, splitTurns } from "../conversation/render.ts";
import type { Row } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import type { Suite } from "../conversation/suite.ts";
import { type Model, readCheckpoint } from "../model/checkpoint.ts";
import { countParameters, decoderParameters, type Parameter, SCORE } from "../model/parameters.ts";
import { fitLinearHead, headLogits, type LinearHead } from "../monitor/linear_head.ts";
import { readSignals, type SignalRequest, type Signals } from "../monitor/signals.ts";
import { readSignalsFile, writeSignals } from "../monitor/signals_file.ts";
import { resolveDevice } from "../runtime/device.ts";
import type { Device } from "../runtime/session.ts";
import { type GivenTokenizer, loadGivenTokenizer } from "../tokenizer/given.ts";
import { type GivenSource, locateGiven, type Origin } from "./given_sources.ts";
import type { Encoded, RunOptions, TrainedModel, Workbench } from "./workbench.ts";

/** Raised whenever the same models would score differently than before. */
const GIVEN_VERSION = 1;

/** Which models from outside, each a folder or a repository, and how they are run. */
export interface GivenOptions {
  /** The language model, whose tokenizer all use. */
  model: string;
  /** A sequence classifier. */
  guard?: string;
  /** LoRA adapter of the guard, else of the model, which makes a guard of it. */
  guardAdapter?: string;
  /** LoRA adapter of the language model. */
  lmAdapter?: string;
  /** Where no guard is given: on which layer's hidden states the head stands. Default the last. */
  layer?: number;
  /** What calculates, as typed. */
  device: string;
  /** In which element type, as typed. */
  dtype: string;
  /** Most tokens in a batch. */
  tokenBudget?: number;
}

/** What an artifact says of models from outside. */
export interface GivenRecipe {
  /** The guard's dimensions. */
  size: Model["config"];
  /** All that their signals depend on, besides suite and arithmetic. */
  given: {
    languageModel: { model: Origin; adapter?: Origin };
    guard: { model: Origin; adapter?: Origin } | { head: "logistic regression"; layer: number };
    device: Device;
  };
}

/** A hidden state that a head stands on. */
export interface HeadState {
  /** From 0, the embeddings. */
  layer: number;
  /** Of a conversation's tokens, the last one's. */
  pooling: "last";
}

/** Models from outside, opened but not read. */
export interface GivenModels {
  /** What an artifact says of them. */
  readonly recipe: GivenRecipe;
  /** The tokenizer of all. */
  readonly tokenizer: GivenTokenizer;
  /** For perplexity. */
  readonly languageModel: TrainedModel;
  /** The guard, or what its head stands on. */
  readonly guard: TrainedModel;
  /** Where the guard is such a head. */
  readonly head?: HeadState;
  /** One model for the signals of both, where their decoders are the same. */
  readonly shared?: TrainedModel;
}

/**
 * Opens models from outside.
 *
 * @param given which.
 * @param options cache, and whom to tell.
 * @returns the models; throws a {@linkcode UserError} where one cannot be had or read, where they do not fit together, or where
 * the device is not there.
 */
export async function openGivenModels(
  given: GivenOptions,
  { cache, say }: Pick<RunOptions, "cache" | "say">,
): Promise<GivenModels> {
  const device = await resolveDevice(given, say);
  const locate = (kind: "checkpoint" | "adapter", name: string | undefined) =>
    name === undefined ? undefined : locateGiven(kind, name, { cache, say });
  const base = await locateGiven("checkpoint", given.model, { cache, say });
  const lmAdapter = await locate("adapter", given.lmAdapter);
  const languageModel = opened(base, lmAdapter);
  if (languageModel.model.head !== "language-model") throw notA("language model", base, lmAdapter);
  const guardAdapter = await locate("adapter", given.guardAdapter);
  const guardBase = await locate("checkpoint", given.guard) ?? base;
  const hasHead = given.guard === undefined && guardAdapter === undefined;
  const guard = opened(guardBase, guardAdapter);
  if (!hasHead && guard.model.head !== "guard") throw notA("guard", guardBase, guardAdapter);
  requireOneVocabulary(languageModel.model, guard.model);
  const layer = given.layer ?? guard.model.config.layers;
  if (layer > guard.model.config.layers) {
    throw new UserError(
      `Cannot use --layer ${layer}: the model must have such a layer, got ${guard.model.config.layers} layers`,
      "Give a number from 0 (the embeddings) to that of the layers.",
    );
  }
  const shared = sharedModel(guard, languageModel);
  return {
    recipe: {
      size: guard.model.config,
      given: {
        languageModel: originsOf(base, lmAdapter),
        guard: hasHead
          ? { head: "logistic regression", layer }
          : originsOf(guardBase, guardAdapter),
        device,
      },
    },
    tokenizer: loadGivenTokenizer(base.folder),
    languageModel,
    guard,
    ...hasHead && { head: { layer, pooling: "last" } },
    ...shared && { shared },
  };
}

function originsOf(base: GivenSource, adapter: GivenSource | undefined) {
  return { model: base.origin, ...adapter && { adapter: adapter.origin } };
}

function opened(base: GivenSource, adapter: GivenSource | undefined): TrainedModel {
  return {
    model: readCheckpoint(base.folder, adapter?.folder),
    key: hashOf({ version: GIVEN_VERSION, ...originsOf(base, adapter) }),
    folder: base.folder,
  };
}

function notA(what: string, base: GivenSource, adapter: GivenSource | undefined): UserError {
  return new UserError(
    `Cannot use "${(adapter ?? base).origin.name}" as ${what}: ${
      what === "guard" ? "it must have a score head" : "it must not be a sequence classifier"
    }`,
    what === "guard"
      ? "Give a sequence classifier or an adapter of one, or leave it out: a head is then fitted."
      : "Give a sequence classifier with --guard.",
  );
}

function requireOneVocabulary(languageModel: Model, guard: Model): void {
  const [a, b] = [languageModel.config.vocabSize, guard.config.vocabSize];
  if (a === b) return;
  throw new UserError(
    `Cannot use guard and language model together: they must share a tokenizer, got vocabularies of ${b} and ${a} tokens`,
    "Choose both of one family.",
  );
}

/** Guard and language model in one, where the decoders are the same. */
function sharedModel(guard: TrainedModel, languageModel: TrainedModel): TrainedModel | undefined {
  const [a, b] = [guard.model, languageModel.model];
  if (guard.key === languageModel.key) return languageModel;
  if (hashOf(plain(a.config)) !== hashOf(plain(b.config))) return undefined;
  // the last blocks first: there an adapter shows soonest
  const specs = decoderParameters(a.config).reverse();
  const same = specs.every(({ name }) =>
    sameValues(a.parameters.get(name)!, b.parameters.get(name)!)
  );
  if (!same) return undefined;
  const score = a.parameters.get(SCORE);
  return {
    model: {
      ...b,
      parameters: new Map([...b.parameters, ...score ? [[SCORE, score]] as const : []]),
    },
    key: hashOf([guard.key, languageModel.key]),
    folder: languageModel.folder,
  };
}

/** A configuration without the options that are left out. */
function plain(config: Model["config"]): unknown {
  return JSON.parse(JSON.stringify(config));
}

function sameValues(a: Parameter, b: Parameter): boolean {
  const others = blocksOf(b)[Symbol.iterator]();
  for (const block of blocksOf(a)) {
    const other = others.next().value!;
    if (!bytesOf(block).equals(bytesOf(other))) return false;
  }
  return true;
}

const blocksOf = (parameter: Parameter): Iterable<Float32Array> =>
  parameter.blocks?.() ?? [parameter.data];
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/**
 * A workbench with models from outside. A given guard has one seed, and whatever trains is refused.
 *
 * @param suite what to test on; its training split is for detectors and heads.
 * @param models opened models.
 * @param options threads, cache, token budget; `seeds` is 1.
 * @returns the workbench, nothing computed yet.
 */
export function givenWorkbench(suite: Suite, models: GivenModels, options: RunOptions): Workbench {
  const { recipe, tokenizer, languageModel, guard, head } = models;
  const { device } = recipe.given;
  const cache = openCache(options.cache, options.say);
  const rowsKey = onceFor((split: Split) => hashOf(suite[split]));
  const encoded = onceFor((split: Split) => {
    const { contextLength } = languageModel.model.config;
    const result = encodeWhole(suite[split], tokenizer, contextLength);
    if (result.truncated > 0) {
      options.say(
        `${result.truncated} of ${suite[split].length} ${split} conversations are longer than ` +
          `${contextLength} tokens; turns at their front are left out.`,
      );
    }
    return Promise.resolve(result);
  });

  /** One forward pass, from the cache where it was made before. */
  const passOver = async ({ model, key }: TrainedModel, split: Split, request: SignalRequest) => {
    const tokens = { tokenizer: hashOf(recipe.given.languageModel.model), rows: rowsKey(split) };
    const parts = { model: key, ...tokens, request, device };
    const folder = await cache.entry("signals", parts, async (folder) => {
      const { sequences } = await encoded(split);
      using progress = startProgress(
        `scoring ${split} with ${recipe.given.languageModel.model.name}`,
      );
      const result = await readSignals(model, sequences, request, {
        threads: options.threads,
        device,
        progress,
        ...isLarge(model) && { weightsFolder: join(cache.root, "weights") },
        ...options.given?.tokenBudget && { tokenBudget: options.given.tokenBudget },
      });
      writeSignals(join(folder, "signals.safetensors"), result);
    });
    return readSignalsFile(join(folder, "signals.safetensors"));
  };

  const last = { layer: recipe.size.layers, pooling: "last" } as const;
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
      const fitted = fitLinearHead({ data, width: recipe.size.hiddenSize }, suite.train);
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
    const features = { data: found.hidden.at(-1)!, width: recipe.size.hiddenSize };
    const logits = headLogits(await fittedHead(), features);
    return { ...found, hidden: found.hidden.slice(0, -1), guard: logits };
  };

  return {
    suite,
    options,
    recipe,
    device,
    cache,
    seeds: [0],
    resized: () => refuseTraining("models of another size"),
    tokenizer: () => Promise.resolve(tokenizer),
    encoded,
    languageModel: () => Promise.resolve(languageModel),
    safeLanguageModel: () => Promise.resolve(languageModel),
    guard: (seed) => seed === 0 ? Promise.resolve(guard) : refuseTraining("guards of other seeds"),
    trained: (label) => refuseTraining(`"${label}"`),
    signals,
  };
}

/** Whether weights, as float32, are better mapped than copied, though that is a little slower. */
function isLarge({ parameters }: Model): boolean {
  return 4 * countParameters(parameters.values()) > 2 ** 30;
}

function refuseTraining(what: string): never {
  throw new UserError(
    `Cannot train ${what}: the models of this run come from outside`,
    "Leave --model out, or choose other experiments with --only.",
  );
}

/** As the checkpoint's own tokenisation is, cut to the context. Only texts that are too long need the places of tokens. */
function encodeWhole(
  rows: readonly Row[],
  tokenizer: GivenTokenizer,
  contextLength: number,
): Encoded {
  const { frontId } = tokenizer;
  const fitted = rows.map(({ conversation }) => {
    const ids = tokenizer.encode(conversation);
    const fits = ids.length + (frontId === undefined ? 0 : 1) <= contextLength;
    const encoding = fits
      ? { ids, starts: new Int32Array(ids.length) }
      : tokenizer.encodeWithOffsets(conversation);
    return fitContext(encoding, splitTurns(conversation), frontId, contextLength);
  });
  return {
    sequences: fitted.map(({ ids }) => ids),
    pieces: rows.map(() => []),
    truncated: fitted.filter(({ dropped }) => dropped > 0).length,
  };
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
