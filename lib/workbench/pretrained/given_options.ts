/**
 * Models from outside as they are asked for, and as an artifact names them.
 *
 * @module
 */
import type { Device } from "../../runtime/session.ts";
import type { MonitorKind, TunedRecipe } from "./tuned_recipe.ts";
import type { Origin } from "./given_sources.ts";

/** Which models from outside, each a folder or a repository, and how they are run. */
export interface GivenOptions {
  /** The language model, whose tokenizer all use. */
  model: string;
  /** A sequence classifier. */
  guard?: string;
  /** LoRA adapter of the guard, else of the model, which makes a guard of it. */
  guardAdapter?: string;
  /** The name of the guard's label that means unsafe, where names do not tell. */
  unsafeLabel?: string;
  /** LoRA adapter of the language model. */
  lmAdapter?: string;
  /** Where no guard is given: what is made of the model; `auto` for what does best on the calibration split. Default `head`. */
  monitors?: MonitorKind | "auto";
  /** And on which layer's states it stands. Default: the best on the calibration split. */
  layer?: number;
  /** Other models to compare sizes with. Default: the lowest blocks of this one. */
  models?: readonly string[];
  /** What calculates, as typed. */
  device: string;
  /** In which element type, as typed. */
  dtype: string;
  /** Most tokens in a batch. */
  tokenBudget?: number;
}

/** A model from outside, and the adapter that is merged into it. */
export interface Origins {
  /** A checkpoint. */
  model: Origin;
  /** A LoRA adapter. */
  adapter?: Origin;
  /** The label of a guard that means unsafe, where a person said so. */
  unsafeLabel?: string;
}

/** What an artifact says of models from outside: all that their signals depend on, besides suite and arithmetic. */
export interface GivenProvenance {
  /** The language model. */
  languageModel: Origins;
  /** The guard, where it is given. */
  guard?: Origins;
  /** How monitors are tuned on it, where no guard is given. */
  tuned?: TunedRecipe;
  /** Models of other sizes, where some were named. */
  others?: Origin[];
  /** What calculates, and how exactly. */
  device: Device;
}
