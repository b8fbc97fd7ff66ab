/**
 * Models from outside as they are asked for, and as an artifact names them.
 *
 * @module
 */
import type { Device } from "../runtime/session.ts";
import type { Origin } from "./given_sources.ts";

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

/** What an artifact says of models from outside: all that their signals depend on, besides suite and arithmetic. */
export interface GivenProvenance {
  /** The language model, and the adapter merged into it. */
  languageModel: { model: Origin; adapter?: Origin };
  /** The guard, the same; or the head that stands for it, and on which layer. */
  guard: { model: Origin; adapter?: Origin } | { head: "logistic regression"; layer: number };
  /** What calculates, and how exactly. */
  device: Device;
}
