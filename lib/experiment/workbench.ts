/**
 * What experiments work with: a suite, the tokenizer and models trained on it, and the signals that the models give.
 * Everything is made when it is first asked for and kept in the cache, keyed by all that it depends on.
 *
 * @module
 */
import { join } from "node:path";
import { type Cache, openCache } from "../core/cache.ts";
import { UserError } from "../core/errors.ts";
import { hashOf } from "../core/json.ts";
import { once, onceFor } from "../core/once.ts";
import { startProgress } from "../core/progress.ts";
import { ID_DOMAINS } from "../conversation/domains.ts";
import type { Split } from "../conversation/scenes.ts";
import { selectTestRows } from "../conversation/selection.ts";
import { loadSuite, type Selection, type Suite } from "../conversation/suite.ts";
import { type Model, readCheckpoint, writeCheckpoint } from "../model/checkpoint.ts";
import { writeSafetensors } from "../model/safetensors.ts";
import { readSignals, type SignalRequest, type Signals } from "../monitor/signals.ts";
import { loadTokenizer, type Tokenizer, writeTokenizer } from "../tokenizer/tokenizer.ts";
import { trainBpe } from "../tokenizer/train.ts";
import type { Trained } from "../training/loop.ts";
import { type MonitorTraining, trainGuard, trainLanguageModel } from "../training/monitors.ts";
import { CPU, type Device } from "../runtime/session.ts";
import { cachedSignals } from "./cached_signals.ts";
import { type Encoded, encodedOnce, encodeRows } from "./encoded.ts";
import type { GivenOptions, GivenRecipe } from "./given_models.ts";
import { type Course, FULL, QUICK, type Recipe, type Size } from "./recipe.ts";

/** Raised whenever the same settings would train or score differently than before. */
const CACHE_VERSION = 1;

/** What a run is started with. */
export interface RunOptions {
  /** `mini`, `mood` or a folder. */
  suite: string;
  /** Commit or branch of `mood`. Default: that of the suite. */
  revision?: string;
  /** Which rows to test on. Default: all. */
  selection?: Selection;
  /** Folder with an asked judge's scores of the test rows. Default: none. */
  judgeScores?: string;
  /** Models from outside. Default: they are trained here. */
  given?: GivenOptions;
  /** Smaller models, shorter training. */
  quick: boolean;
  /** How many guards to train, each from its own seed; a guard from outside is one. */
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
  /** As its checkpoint holds it. */
  readonly model: Model;
  /** SHA-256 of all that it depends on. */
  readonly key: string;
  /** Where its checkpoint is, the tokenizer's files beside it. */
  readonly folder: string;
}

/** A suite with the means to train and run monitors on it. */
export interface Workbench {
  /** What is trained, calibrated and tested on. */
  readonly suite: Suite;
  /** As given to {@linkcode openWorkbench}. */
  readonly options: RunOptions;
  /**
   * In full or quick, as the options say; of another size where {@linkcode Workbench.resized} made it. With models from outside,
   * which these are.
   */
  readonly recipe: Recipe | GivenRecipe;
  /** What calculates. */
  readonly device: Device;
  /** 0, 1, …: the seeds that were asked for. */
  readonly seeds: readonly number[];
  /** For what an experiment makes beside models and signals. */
  readonly cache: Cache;
  /**
   * The same suite with models of another size.
   *
   * @param size of a decoder.
   * @returns a workbench whose guard and language models have that size; throws a `UserError` with models from outside.
   */
  resized(size: Size): Workbench;
  /** The tokenizer trained on the training split. */
  tokenizer(): Promise<Tokenizer>;
  /** A split's conversations as token ids, row by row; `options.say` is told how many were cut. */
  encoded(split: Split): Promise<Encoded>;
  /** The language model trained from nothing on the training split. */
  languageModel(): Promise<TrainedModel>;
  /** The same language model, trained on for a while on the safe training rows alone; it measures perplexity. */
  safeLanguageModel(): Promise<TrainedModel>;
  /** The guard of a seed, fine-tuned from the language model on the training split. */
  guard(seed: number): Promise<TrainedModel>;
  /**
   * Trains a model of another kind, or finds it trained already.
   *
   * @param label names its random streams and its progress.
   * @param parts all that it depends on.
   * @param course schedule and masking, handed to `build`.
   * @param build trains it; it is handed the training split.
   * @returns the model; throws a `UserError` with models from outside.
   */
  trained(
    label: string,
    parts: unknown,
    course: Course,
    build: (training: MonitorTraining) => Promise<{ model: Model } & Trained>,
  ): Promise<TrainedModel>;
  /** What a model's forward pass over a split gives, row by row. */
  signals(model: TrainedModel, split: Split, request: SignalRequest): Promise<Signals>;
}

/**
 * Opens a workbench.
 *
 * @param options suite, rows to test on, extent, threads, cache.
 * @returns the workbench, nothing trained yet (but the tokenizer, where tokens are to be counted); throws a `UserError` where the
 * suite cannot be loaded, or its test rows are of one class.
 */
export async function openWorkbench(options: RunOptions): Promise<Workbench> {
  const suite = await loadSuite(options.suite, options);
  requireBothClasses(suite);
  const benchOf = await builder(options);
  const bench = benchOf(suite);
  const { selection = {} } = options;
  if (Object.keys(selection).length === 0) return bench;
  const tokenizer = selection.maxLength === undefined ? undefined : await bench.tokenizer();
  const chosen = selectTestRows(suite, selection, (text) => tokenizer!.encode(text).length);
  sayTooLong(chosen, options.say);
  requireBothClasses(chosen);
  return benchOf(chosen); // its tokenizer is the same: the training split is
}

/** Opens workbenches on suites. */
async function builder(options: RunOptions): Promise<(suite: Suite) => Workbench> {
  if (options.given === undefined) return (suite) => workbenchOf(suite, options);
  const { openGivenModels } = await import("./given_models.ts");
  const { givenWorkbench } = await import("./given_workbench.ts");
  const models = await openGivenModels(options.given, options);
  return (suite) => givenWorkbench(suite, models, options);
}

function sayTooLong({ selection }: Suite, say: RunOptions["say"]): void {
  if (selection?.tooLong === undefined) return;
  const { maxLength, tooLong: { test, calibration } } = selection;
  say(
    `${test} test and ${calibration} calibration conversations of more than ${maxLength} tokens are left out.`,
  );
}

/**
 * Opens a workbench on a suite that is there already, and that need not have rows to test on.
 *
 * @param suite what to train and calibrate on.
 * @param options extent, threads, cache; its `suite` is not looked at.
 * @returns the workbench, nothing trained yet.
 */
export function workbenchOf(suite: Suite, options: RunOptions): Workbench {
  const cache = openCache(options.cache, options.say);
  return assemble(suite, options.quick ? QUICK : FULL, cache, options);
}

/** Without safe ID rows there is no threshold, and without unsafe rows no recall. */
function requireBothClasses({ name, test }: Suite): void {
  const known: readonly string[] = ID_DOMAINS;
  const unsafe = test.filter(({ malign }) => malign === 1).length;
  const safe = test.filter(({ malign, domain }) => malign === 0 && known.includes(domain)).length;
  if (safe > 0 && unsafe > 0) return;
  throw new UserError(
    `Cannot use the suite "${name}": its test rows must hold safe rows of the ID domains and unsafe rows, got ${safe} and ${unsafe}`,
    `Add rows of both classes, or choose fewer away; the ID domains are ${ID_DOMAINS.join(", ")}.`,
  );
}

/** A workbench whose suite and cache are there. */
function assemble(suite: Suite, recipe: Recipe, cache: Cache, options: RunOptions): Workbench {
  const { threads } = options;
  const hashOfSplit = onceFor((split: Split) => hashOf(suite[split]));
  const data = once(() => ({
    version: CACHE_VERSION,
    train: hashOfSplit("train"),
    vocabSize: recipe.vocabSize,
  }));

  const tokenizerFolder = once(() =>
    cache.entry("tokenizer", data(), (folder) => {
      const texts = suite.train.map(({ conversation }) => conversation);
      writeTokenizer(folder, trainBpe(texts, recipe.vocabSize));
    })
  );
  const tokenizer = once(async () => loadTokenizer(await tokenizerFolder()));
  const { contextLength } = recipe.size;
  const encoded = encodedOnce(
    suite,
    contextLength,
    options,
    async (rows) => encodeRows(rows, await tokenizer(), contextLength),
  );

  const trained: Workbench["trained"] = async (label, parts, course, build) => {
    const folder = await cache.entry("model", parts, async (folder, scratch) => {
      const { sequences, pieces } = await encoded("train");
      const { schedule, masking, excerpts } = course;
      using progress = startProgress(`training ${label}`);
      const { model, losses } = await build({
        schedule,
        masking,
        ...excerpts && { excerpts: { pieces, ...excerpts } },
        sequences,
        name: label,
        threads,
        scratch,
        progress,
      });
      writeCheckpoint(folder, model, await tokenizer());
      const history = { name: "losses", shape: [losses.length], data: losses };
      writeSafetensors(join(folder, "losses.safetensors"), [history]);
      for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
        Deno.copyFileSync(join(await tokenizerFolder(), name), join(folder, name));
      }
    });
    return { model: readCheckpoint(folder), key: hashOf(parts), folder };
  };

  const languageModel = once(async () => {
    const config = { vocabSize: (await tokenizer()).vocabSize, ...recipe.size };
    const course = recipe.languageModel;
    const parts = { ...data(), kind: "language model", size: recipe.size, course };
    const build = (training: MonitorTraining) => trainLanguageModel(config, training);
    return trained("language model", parts, course, build);
  });
  const safeLanguageModel = once(async () => {
    const { model, key } = await languageModel();
    const course = recipe.safeLanguageModel;
    const parts = { kind: "safe language model", base: key, course };
    const isSafe = (row: number) => suite.train[row].malign === 0;
    return trained("safe language model", parts, course, (training) => {
      return trainLanguageModel(model.config, onlyRows(training, isSafe), model.parameters);
    });
  });
  const guard = onceFor(async (seed: number) => {
    const { model, key } = await languageModel();
    const course = recipe.guard;
    const parts = { kind: "guard", base: key, seed, course };
    const labels = suite.train.map(({ malign }) => malign);
    return trained(
      `guard ${seed}`,
      parts,
      course,
      (training) => trainGuard(model, labels, training),
    );
  });

  const signals: Workbench["signals"] = ({ model, key }, split, request) => {
    const parts = { model: key, rows: hashOfSplit(split), request };
    return cachedSignals(cache, parts, async () => {
      const { sequences } = await encoded(split);
      using progress = startProgress(`scoring ${split} with ${model.head}`);
      return await readSignals(model, sequences, request, { threads, progress });
    });
  };

  return {
    suite,
    options,
    recipe,
    device: CPU,
    cache,
    seeds: Array.from({ length: options.seeds }, (_, seed) => seed),
    resized: (size) => assemble(suite, { ...recipe, size }, cache, options),
    tokenizer,
    encoded,
    languageModel,
    safeLanguageModel,
    guard,
    trained,
    signals,
  };
}

/**
 * The recipe of a workbench that trains.
 *
 * @param bench the workbench.
 * @returns its recipe; throws a `UserError` with models from outside.
 */
export function trainingRecipe({ recipe }: Workbench): Recipe {
  if (!("given" in recipe)) return recipe;
  return refuseTraining("models");
}

/**
 * Throws a {@linkcode UserError}, for the models of a run come from outside.
 *
 * @param what should be trained.
 */
export function refuseTraining(what: string): never {
  throw new UserError(
    `Cannot train ${what}: the models of this run come from outside`,
    "Leave --model out, or choose other experiments with --only.",
  );
}

/**
 * Training on some rows only.
 *
 * @param training on all rows of a split.
 * @param keep whether to train on a row, by its index.
 * @returns the same for those rows, in their order.
 */
export function onlyRows(
  training: MonitorTraining,
  keep: (row: number) => boolean,
): MonitorTraining {
  const { excerpts } = training;
  const chosen = <T>(all: readonly T[]) => all.filter((_, row) => keep(row));
  return {
    ...training,
    sequences: chosen(training.sequences),
    ...excerpts && { excerpts: { ...excerpts, pieces: chosen(excerpts.pieces) } },
  };
}
