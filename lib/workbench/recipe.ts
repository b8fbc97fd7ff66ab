/**
 * How the monitors of the experiments are built: sizes and schedules, in full and for a quick look.
 *
 * @module
 */
import type { DecoderConfig } from "../model/config.ts";
import type { LoraOptions } from "../model/lora.ts";
import type { ExcerptOptions } from "../training/excerpts.ts";
import type { Schedule } from "../training/loop.ts";

/** A decoder's dimensions, the vocabulary aside. */
export type Size = Omit<DecoderConfig, "vocabSize">;

/** All choices that a trained monitor depends on, besides data and seed. */
export interface Recipe {
  /** Tokens in the vocabulary, special ones included. */
  vocabSize: number;
  /** Of the guard and of both language models. */
  size: Size;
  /** From nothing, on all training rows. */
  languageModel: Course;
  /** From that, on the safe training rows. */
  safeLanguageModel: Course;
  /** From the language model, on all training rows. */
  guard: Course;
}

/** A course of training. */
export interface Course {
  /** What of a pretrained model is adapted. Default: its last blocks. */
  lora?: LoraOptions;
  /** Epochs count passes over the rows that this course trains on. */
  schedule: Schedule;
  /** Share of the tokens hidden at every step. */
  masking: number;
  /** How conversations are cut to excerpts, new ones in every epoch; whole without it. */
  excerpts?: ExcerptOptions;
}

/**
 * The recipe of the published results: 1.06 M parameters. Lengths of training, masking and excerpts were chosen by the AUROC of guards
 * on the calibration split and on a third of the training scenes that was left out for it; the test split had no say.
 */
export const FULL: Recipe = {
  vocabSize: 2048,
  size: { hiddenSize: 128, intermediateSize: 352, layers: 4, heads: 2, contextLength: 512 },
  languageModel: {
    schedule: { epochs: 0.5, tokensPerStep: 2048, learningRate: 3e-3, warmup: 0.05 },
    masking: 0.3,
  },
  safeLanguageModel: {
    schedule: { epochs: 0.25, tokensPerStep: 2048, learningRate: 1e-3, warmup: 0.05 },
    masking: 0.3,
  },
  guard: {
    schedule: { epochs: 0.75, tokensPerStep: 2048, learningRate: 1e-3, warmup: 0.1 },
    masking: 0.15,
    excerpts: { keep: 0.7, alone: 0.3 },
  },
};

/** The same code on a smaller model for a shorter time, to see that everything runs: its numbers mean little. */
export const QUICK: Recipe = {
  vocabSize: 1024,
  size: { hiddenSize: 64, intermediateSize: 176, layers: 2, heads: 1, contextLength: 512 },
  languageModel: {
    schedule: { epochs: 0.3, tokensPerStep: 2048, learningRate: 4e-3, warmup: 0.05 },
    masking: 0.3,
  },
  safeLanguageModel: {
    schedule: { epochs: 0.1, tokensPerStep: 2048, learningRate: 2e-3, warmup: 0.05 },
    masking: 0.3,
  },
  guard: {
    schedule: { epochs: 0.3, tokensPerStep: 2048, learningRate: 2e-3, warmup: 0.1 },
    masking: 0.15,
    excerpts: { keep: 0.7, alone: 0.3 },
  },
};
