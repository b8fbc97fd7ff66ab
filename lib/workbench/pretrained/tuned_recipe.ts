/**
 * How monitors are made of a pretrained model: what is written down before any of them is measured.
 *
 * @module
 */
import { ALL_PROJECTIONS } from "../../model/config.ts";
import type { LoraOptions } from "../../model/lora.ts";
import type { Pooling } from "../../signals/signal_graph.ts";
import type { Course } from "../recipe.ts";

/** What a guard may be: a head on frozen states, or low-rank updates with a head. */
export const MONITOR_KINDS = ["head", "lora"] as const;

/** One of them. */
export type MonitorKind = typeof MONITOR_KINDS[number];

/** How well a kind of guard does. */
export interface MeasuredKind {
  /** The kind. */
  monitors: MonitorKind;
  /** Of the first seed's guard, on the calibration split: unsafe rows against safe ones. */
  auroc: number;
}

/** The hidden state that a guard's head stands on. */
export interface HeadState {
  /** From 0, the embeddings. */
  layer: number;
  /** How the states of a conversation's tokens become one or two vectors. */
  poolings: readonly Pooling[];
}

/** A candidate for it. */
export interface MeasuredState extends HeadState {
  /** Of a head with a fixed penalty, on the calibration split: unsafe rows against safe ones. */
  auroc: number;
}

/** What an artifact says of monitors that were made of a pretrained model. */
export interface TunedRecipe {
  /** What the guards are. */
  monitors: MonitorKind;
  /** From which that was chosen on the calibration split; not where it was given. */
  kinds?: MeasuredKind[];
  /** What their heads stand on. */
  state: HeadState;
  /** From which that was chosen on the calibration split; none where it was given. */
  candidates: MeasuredState[];
  /** How guards with low-rank updates are trained. */
  guard?: Course & { lora: LoraOptions };
  /** How the language model of the safe rows is trained; not where it was given. */
  safeLanguageModel?: Course & { lora: LoraOptions };
}

/** Blocks that get updates, counted from the top. */
const ADAPTED_BLOCKS = 4;

/** Epochs, rates and sizes that do not depend on the model; the same for every model and suite. */
export const TUNING: Record<"guard" | "safeLanguageModel", Course> = {
  guard: {
    schedule: {
      epochs: 1,
      tokensPerStep: 2048,
      tokensAtOnce: 1024,
      learningRate: 3e-4,
      warmup: 0.1,
    },
    masking: 0,
  },
  safeLanguageModel: {
    schedule: {
      epochs: 0.5,
      tokensPerStep: 2048,
      tokensAtOnce: 1024,
      learningRate: 5e-4,
      warmup: 0.1,
    },
    masking: 0,
  },
};

/**
 * What is adapted of a decoder: all matrices of its last blocks, rank 16.
 *
 * @param layers how many blocks it has.
 * @returns for low-rank training.
 */
export function loraOf(layers: number): LoraOptions {
  return {
    rank: 16,
    alpha: 32,
    projections: ALL_PROJECTIONS,
    firstBlock: Math.max(0, layers - ADAPTED_BLOCKS),
  };
}

/**
 * Layers at which states are looked at: all of a few, and of many the embeddings and every sixth of the way.
 *
 * @param layers how many blocks a decoder has.
 * @returns from 0, ascending.
 */
export function sampledLayers(layers: number): number[] {
  const steps = Math.min(6, layers);
  return Array.from({ length: steps + 1 }, (_, i) => Math.round(i * layers / steps));
}
