/**
 * What experiments work with: a suite, the tokenizer and models trained on it (or given), and the signals that the models give.
 * Everything is made when it is first asked for and kept in the cache, keyed by all that it depends on.
 *
 * @module
 */
import type { Cache } from "../core/cache.ts";
import type { Row } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import type { Selection, Suite } from "../conversation/suite.ts";
import type { CovarianceKind } from "../detector/covariance_choice.ts";
import type { Model } from "../model/checkpoint.ts";
import type { SignalRequest } from "../signals/signal_graph.ts";
import type { Signals } from "../signals/signals.ts";
import type { Device } from "../runtime/session.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Trained } from "../training/loop.ts";
import type { MonitorTraining } from "../training/monitors.ts";
import type { Encoded } from "./encoded.ts";
import type { GivenOptions, GivenProvenance } from "./pretrained/given_options.ts";
import type { Planned } from "./planned/work.ts";
import type { Course, Recipe, Size } from "./recipe.ts";

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
  /** How the covariance of hidden states is estimated. Default: as the number of safe training rows allows. */
  covariance?: CovarianceKind;
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
  /** The key of the model whose hidden states are its own, where that is another: a head leaves them as they are. */
  readonly statesKey?: string;
  /** The model whose lower blocks are its own, too, and the request of the pass that keeps what they give. */
  readonly below?: { readonly model: TrainedModel; readonly request: SignalRequest };
}

/** A suite with the means to train and run monitors on it. */
export interface Workbench {
  /** What is trained, calibrated and tested on. */
  readonly suite: Suite;
  /** As given to {@linkcode openWorkbench}. */
  readonly options: RunOptions;
  /**
   * What an artifact says of where the models come from: how they are trained here, or which were given.
   *
   * @param monitors whether guards and the safe language model are among them; what these are made of may be chosen by a pass over
   * training and calibration rows.
   */
  provenance(monitors: boolean): Promise<{ recipe: Recipe } | { models: GivenProvenance }>;
  /** Features of the guards' hidden states. */
  readonly width: number;
  /** What calculates. */
  readonly device: Device;
  /** 0, 1, …: the seeds that were asked for. */
  readonly seeds: readonly number[];
  /** What is behind the models and signals that it hands out, before any of it is made. */
  readonly planned: Planned;
  /** For what an experiment makes beside models and signals. */
  readonly cache: Cache;
  /** The tokenizer trained on the training split. */
  tokenizer(): Promise<Tokenizer>;
  /** A split's conversations as token ids, row by row; `options.say` is told how many were cut. */
  encoded(split: Split): Promise<Encoded>;
  /** Any conversations as token ids, cut as those of a split are. */
  encode(rows: readonly Row[]): Promise<Encoded>;
  /** The language model that measures perplexity: of the safe training rows, where it is trained here. */
  safeLanguageModel(): Promise<TrainedModel>;
  /** The guard of one of the workbench's seeds. */
  guard(seed: number): Promise<TrainedModel>;
  /** What a model's forward pass over a split gives, row by row. */
  signals(model: TrainedModel, split: Split, request: SignalRequest): Promise<Signals>;
}

/** A workbench that trains its guards, and other models when asked to. Its guards may have any seed, 0, 1, … */
export interface TrainingWorkbench extends Workbench {
  /** How its guards are trained, for others that are to be trained alike. */
  readonly course: Course;
  /** The language model that all training starts from. */
  languageModel(): Promise<TrainedModel>;
  /**
   * Trains a model of another kind, or finds it trained already.
   *
   * @param base the model that it begins as.
   * @param label names its random streams and its progress.
   * @param parts all that it depends on.
   * @param course schedule and masking, handed to `build`.
   * @param build trains it; it is handed the training split.
   * @returns the model.
   */
  trained(
    base: TrainedModel,
    label: string,
    parts: unknown,
    course: Course,
    build: (training: MonitorTraining) => Promise<{ model: Model } & Trained>,
  ): Promise<TrainedModel>;
}

/** A workbench whose models are trained from nothing, and so may be of any size. */
export interface SizedWorkbench extends TrainingWorkbench {
  /** In full or quick, as the options say; of another size where {@linkcode SizedWorkbench.resized} made it. */
  readonly recipe: Recipe;
  /**
   * The same suite with models of another size.
   *
   * @param size of a decoder.
   * @returns a workbench whose guard and language models have that size.
   */
  resized(size: Size): SizedWorkbench;
}

/** A workbench whose models are made of a pretrained one, beside which others of other sizes can be had. */
export interface PretrainedWorkbench extends TrainingWorkbench {
  /**
   * The same suite with other models: those that were named, or the lowest blocks of its own.
   *
   * @param fractions how many times fewer blocks than its own, where none were named.
   * @returns a workbench for each.
   */
  smaller(fractions: readonly number[]): Promise<TrainingWorkbench[]>;
}

/**
 * A workbench whose only guard is that of the first seed.
 *
 * @param bench any workbench.
 * @returns the same in all else.
 */
export function withFirstSeed<B extends Workbench>(bench: B): B {
  return { ...bench, seeds: bench.seeds.slice(0, 1), options: { ...bench.options, seeds: 1 } };
}

/**
 * Whether the models of a workbench are made of a pretrained one.
 *
 * @param bench any workbench.
 * @returns false where they are trained from nothing, or are used as they are.
 */
export function isPretrained(bench: Workbench): bench is PretrainedWorkbench {
  return "smaller" in bench;
}

/**
 * Whether the models of a workbench may be of any size.
 *
 * @param bench any workbench.
 * @returns false where they come from outside, or begin as a model that does.
 */
export function hasSizes(bench: Workbench): bench is SizedWorkbench {
  return "resized" in bench;
}

/**
 * Whether a workbench trains its models here.
 *
 * @param bench any workbench.
 * @returns false where its models come from outside.
 */
export function trainsHere(bench: Workbench): bench is TrainingWorkbench {
  return "trained" in bench;
}
