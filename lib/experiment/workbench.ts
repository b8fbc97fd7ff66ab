/**
 * What experiments work with: a suite, the tokenizer and models trained on it, and the signals that the models give.
 * Everything is made when it is first asked for and kept in the cache, keyed by all that it depends on.
 *
 * @module
 */
import { join } from "node:path";
import { type Cache, openCache } from "../core/cache.ts";
import { hashOf } from "../core/json.ts";
import { startProgress } from "../core/progress.ts";
import { fitContext, splitTurns } from "../conversation/render.ts";
import type { Row } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import { loadSuite, type Suite } from "../conversation/suite.ts";
import { type Model, readCheckpoint, writeCheckpoint } from "../model/checkpoint.ts";
import { writeSafetensors } from "../model/safetensors.ts";
import { readSignals, type SignalRequest, type Signals } from "../monitor/signals.ts";
import { readSignalsFile, writeSignals } from "../monitor/signals_file.ts";
import { loadTokenizer, type Tokenizer, writeTokenizer } from "../tokenizer/tokenizer.ts";
import { trainBpe } from "../tokenizer/train.ts";
import type { Trained } from "../training/loop.ts";
import { type MonitorTraining, trainGuard, trainLanguageModel } from "../training/monitors.ts";
import { type Course, FULL, QUICK, type Recipe } from "./recipe.ts";

/** Raised whenever the same settings would train or score differently than before. */
const CACHE_VERSION = 1;

/** What a run is started with. */
export interface RunOptions {
  /** `mini` or a folder. */
  suite: string;
  /** Smaller models, shorter training. */
  quick: boolean;
  /** How many guards to train, each from its own seed. */
  seeds: number;
  /** Threads; results do not depend on it. */
  threads: number;
  /** Folder of the cache. */
  cache: string;
  /** Told what a user should know: damaged cache entries, truncated conversations. */
  say: (message: string) => void;
}

/** A model with the key by which what it gives is cached. */
export interface TrainedModel {
  readonly model: Model;
  readonly key: string;
}

/** Conversations as token ids. */
export interface Encoded {
  /** Token ids of every row, the beginning-of-sequence token first. */
  readonly sequences: readonly Int32Array[];
  /** How many rows were too long and lost turns at the front. */
  readonly truncated: number;
}

/** A suite with the means to train and run monitors on it. */
export interface Workbench {
  readonly suite: Suite;
  readonly options: RunOptions;
  readonly recipe: Recipe;
  /** 0, 1, …: the seeds that were asked for. */
  readonly seeds: readonly number[];
  /** For what an experiment makes beside models and signals. */
  readonly cache: Cache;
  /** @returns the tokenizer trained on the training split. */
  tokenizer(): Promise<Tokenizer>;
  /** @returns a split's conversations as token ids. */
  encoded(split: Split): Promise<Encoded>;
  /** @returns the language model trained from nothing on the training split. */
  languageModel(): Promise<TrainedModel>;
  /** @returns the guard of a seed, fine-tuned from the language model on the training split. */
  guard(seed: number): Promise<TrainedModel>;
  /**
   * Trains a model of another kind, or finds it trained already.
   *
   * @param label names its random streams and its progress.
   * @param parts all that it depends on.
   * @param course schedule and masking, handed to `build`.
   * @param build trains it; it is handed the training split.
   * @returns the model.
   */
  trained(
    label: string,
    parts: unknown,
    course: Course,
    build: (training: MonitorTraining) => Promise<{ model: Model } & Trained>,
  ): Promise<TrainedModel>;
  /** @returns what a model's forward pass over a split gives. */
  signals(model: TrainedModel, split: Split, request: SignalRequest): Promise<Signals>;
}

/**
 * Opens a workbench.
 *
 * @param options suite, extent, threads, cache.
 * @returns the workbench; nothing is trained yet.
 */
export function openWorkbench(options: RunOptions): Workbench {
  const suite = loadSuite(options.suite);
  const recipe = options.quick ? QUICK : FULL;
  const cache = openCache(options.cache, options.say);
  const hashes = {
    train: hashOf(suite.train),
    calibration: hashOf(suite.calibration),
    test: hashOf(suite.test),
  };
  const data = { version: CACHE_VERSION, train: hashes.train, vocabSize: recipe.vocabSize };

  const tokenizerFolder = once(() =>
    cache.entry("tokenizer", data, (folder) => {
      const texts = suite.train.map(({ conversation }) => conversation);
      writeTokenizer(folder, trainBpe(texts, recipe.vocabSize));
    })
  );
  const tokenizer = once(async () => loadTokenizer(await tokenizerFolder()));
  const encoded = onceFor(async (split: Split) => {
    const result = encodeRows(suite[split], await tokenizer(), recipe.size.contextLength);
    if (result.truncated > 0) {
      options.say(
        `${result.truncated} of ${suite[split].length} ${split} conversations are longer than ` +
          `${recipe.size.contextLength} tokens; turns at their front are left out.`,
      );
    }
    return result;
  });

  const trained: Workbench["trained"] = async (label, parts, course, build) => {
    const folder = await cache.entry("model", parts, async (folder, scratch) => {
      const { sequences } = await encoded("train");
      const { threads } = options;
      const progress = startProgress(`training ${label}`, 1);
      const { model, losses } = await build({
        ...course,
        sequences,
        name: label,
        threads,
        scratch,
        progress,
      });
      progress.finish();
      const tokens = await tokenizer();
      writeCheckpoint(folder, model, tokens);
      writeSafetensors(join(folder, "losses.safetensors"), [{
        name: "losses",
        shape: [losses.length],
        data: losses,
      }]);
      for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
        Deno.copyFileSync(join(await tokenizerFolder(), name), join(folder, name));
      }
    });
    return { model: readCheckpoint(folder), key: hashOf(parts) };
  };

  const languageModel = once(async () => {
    const { vocabSize } = await tokenizer();
    const parts = {
      ...data,
      kind: "language model",
      size: recipe.size,
      course: recipe.languageModel,
    };
    const build = (training: MonitorTraining) =>
      trainLanguageModel({ vocabSize, ...recipe.size }, training);
    return trained("language model", parts, recipe.languageModel, build);
  });
  const guard = onceFor(async (seed: number) => {
    const base = await languageModel();
    const parts = { kind: "guard", base: base.key, seed, course: recipe.guard };
    const labels = suite.train.map(({ malign }) => malign);
    return trained(
      `guard ${seed}`,
      parts,
      recipe.guard,
      (training) => trainGuard(base.model, labels, training),
    );
  });
  const signals = async (
    { model, key }: TrainedModel,
    split: Split,
    request: SignalRequest,
  ): Promise<Signals> => {
    const parts = { model: key, rows: hashes[split], request };
    const folder = await cache.entry("signals", parts, async (folder) => {
      const { sequences } = await encoded(split);
      const progress = startProgress(`scoring ${split} with ${model.head}`, 1);
      const result = await readSignals(model, sequences, request, {
        threads: options.threads,
        progress,
      });
      progress.finish();
      writeSignals(join(folder, "signals.safetensors"), result);
    });
    return readSignalsFile(join(folder, "signals.safetensors"));
  };
  const seeds = Array.from({ length: options.seeds }, (_, seed) => seed);
  return {
    suite,
    options,
    recipe,
    seeds,
    cache,
    tokenizer,
    encoded,
    languageModel,
    guard,
    trained,
    signals,
  };
}

function encodeRows(rows: readonly Row[], tokenizer: Tokenizer, contextLength: number): Encoded {
  let truncated = 0;
  const sequences = rows.map(({ conversation }) => {
    const encoding = tokenizer.encodeWithOffsets(conversation);
    const fitted = fitContext(encoding, splitTurns(conversation), tokenizer.bosId, contextLength);
    if (fitted.dropped > 0) truncated++;
    return fitted.ids;
  });
  return { sequences, truncated };
}

/** A function that does its work at the first call and gives the same result ever after. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

/** As {@linkcode once}, for every argument. */
function onceFor<K, T>(make: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const made = new Map<K, Promise<T>>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const making = make(key);
    made.set(key, making);
    return making;
  };
}
