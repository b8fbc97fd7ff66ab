/**
 * What training and forward passes take, counted before they are made. Operations are counted exactly; memory is rough.
 *
 * @module
 */
import { type Head, modelParameters } from "../../model/checkpoint.ts";
import type { DecoderConfig } from "../../model/config.ts";
import { forwardFlops } from "../../model/flops.ts";
import { type LoraOptions, loraParameters } from "../../model/lora.ts";
import { countParameters } from "../../model/parameters.ts";
import { TOKEN_BUDGET } from "../../runtime/batches.ts";
import type { SignalRequest } from "../../signals/signal_graph.ts";
import type { Course } from "../recipe.ts";
import { type Cost, NOTHING, partOf, sumOf } from "./work.ts";

/** Of the runtime with its libraries, the suite and its tokens, bytes. */
const PROCESS = 4e8;

/** Bytes of a float32. */
const VALUE = 4;

/** Work that takes time and no model. */
export function secondsOnly(seconds: number): Cost {
  return { ...NOTHING, seconds, memory: PROCESS };
}

/** What a pass is made with. */
export interface PassCostOptions {
  /** The decoder. */
  config: DecoderConfig;
  /** What is read. */
  request: SignalRequest;
  /** Of the conversations, in tokens. */
  lengths: readonly number[];
  /** How many parameters the model has. */
  size: number;
  /** The first block that is run. Default 0. */
  first?: number;
  /** Most tokens in a batch. */
  tokenBudget?: number;
}

/**
 * Of a forward pass.
 *
 * @returns what it takes, all shards together.
 */
export function passCost(
  { config, request, lengths, size, first = 0, tokenBudget = TOKEN_BUDGET }: PassCostOptions,
): Cost {
  const tokens = sum(lengths);
  const head = request.nll || request.tokens ? "language-model" : "guard";
  const run = { ...config, layers: config.layers - first };
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const atOnce = Math.max(tokenBudget, longest);
  return {
    tokens,
    flops: lengths.reduce((all, length) => all + length * forwardFlops(run, head, length), 0),
    values: tokens * valuesOf(run, head, tokens / Math.max(1, lengths.length)),
    weights: VALUE * size,
    // weights are held once more while a graph is made of them; two layers' values are alive at a time
    memory: PROCESS + 1.15 * VALUE * size +
      2 * VALUE * atOnce * valuesOf({ ...config, layers: 1 }, "guard", longest),
    seconds: 0,
  };
}

/** What a model is trained with. */
export interface TrainingCostOptions {
  /** The decoder. */
  config: DecoderConfig;
  /** What stands on it. */
  head: Head;
  /** How long, and on which part of the texts. */
  course: Course;
  /** Of the conversations, in tokens. */
  lengths: readonly number[];
  /** What is adapted, where training is low-rank and the blocks below were run before. Default: all is trained. */
  lora?: LoraOptions | undefined;
}

/** What an excerpt keeps of a text in the mean is more than `keep`: markers and one sentence always stay. */
const SPARED = 0.05;

/**
 * Of training.
 *
 * @returns what it takes; excerpts are drawn at random, and counted in the mean.
 */
export function trainingCost(
  { config, head, course, lengths, lora }: TrainingCostOptions,
): Cost {
  const { schedule: { epochs, tokensPerStep, tokensAtOnce = tokensPerStep }, excerpts } = course;
  const { keep, alone } = excerpts ?? { keep: 1, alone: 0 };
  // a text's last turn alone is taken for half of it
  const kept = Math.min(1, keep + (excerpts ? SPARED : 0)) * (1 - alone / 2);
  const tokens = epochs * kept * sum(lengths);
  const mean = kept * sum(lengths) / lengths.length;
  const run = { ...config, layers: config.layers - (lora?.firstBlock ?? 0) };
  const all = countParameters(modelParameters(config, head));
  const trained = lora ? countParameters(loraParameters(config, lora)) : all;
  const steps = tokens / tokensPerStep;
  return {
    tokens,
    flops: 3 * tokens * forwardFlops(run, head, mean),
    // forwards, backwards by both factors; and the optimiser, which reads and writes every weight's state
    values: 3 * tokens * valuesOf(run, head, mean) + 12 * steps * trained,
    weights: VALUE * all,
    // weights, gradients and both moments, twice over; and what the backward pass needs of all layers
    memory: PROCESS + VALUE * (lora ? 1.15 * all : 0) + VALUE * 8 * trained +
      VALUE * tokensAtOnce * 2 * valuesOf(run, head, mean),
    seconds: 0,
  };
}

/**
 * Of training on texts of which nothing was run before: the blocks below those that are adapted are run at every step, forwards.
 *
 * @returns what it takes.
 */
export function ownTrainingCost(options: TrainingCostOptions): Cost {
  const training = trainingCost(options);
  const { config, head, lengths, lora, course: { schedule: { epochs } } } = options;
  if (lora === undefined) return training;
  const size = countParameters(modelParameters(config, head));
  const lower = { ...config, layers: lora.firstBlock };
  const below = passCost({ config: lower, request: {}, lengths, size });
  return { ...sumOf([training, partOf(below, epochs)]), tokens: training.tokens };
}

/** In how many texts a step's tokens are thought of. */
const TEXTS = 16;

/**
 * Of training for some steps, whatever the texts are.
 *
 * @returns what it takes.
 */
export function stepsCost(
  { steps, tokensPerStep, ...model }:
    & { steps: number; tokensPerStep: number }
    & Pick<TrainingCostOptions, "config" | "head" | "lora">,
): Cost {
  const lengths = Array.from({ length: TEXTS * steps }, () => tokensPerStep / TEXTS);
  const schedule = { epochs: 1, tokensPerStep, learningRate: 0, warmup: 0 };
  return ownTrainingCost({ ...model, course: { schedule, masking: 0 }, lengths });
}

/** Values of one token that operations hand on, about: norms, projections, rotations, gates; attention over T tokens. */
function valuesOf(
  { hiddenSize: C, intermediateSize: F, layers, heads, vocabSize }: DecoderConfig,
  head: Head,
  T: number,
): number {
  return layers * (16 * C + 4 * F + 4 * heads * T) +
    (head === "language-model" ? 4 * vocabSize : 0);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);
