/**
 * Training the two kinds of monitor: a language model on conversations, and a guard from a language model.
 *
 * @module
 */
import type { Progress } from "../core/progress.ts";
import { type Model, modelParameters } from "../model/checkpoint.ts";
import type { DecoderConfig } from "../model/config.ts";
import { initialParameters, parametersOf } from "../model/parameters.ts";
import { type Batch, causalMask, lastPositions, padded } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import type { AdamwOptions } from "./adamw.ts";
import { type Schedule, train, type Trained } from "./loop.ts";
import { guardLoss, languageModelLoss } from "./objectives.ts";

/** AdamW's settings in all our training. */
const optimiser: AdamwOptions = {
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};

/** What both kinds of training need. */
export interface MonitorTraining {
  schedule: Schedule;
  /** Token ids of the training conversations, special tokens included. */
  sequences: readonly Int32Array[];
  /** Names the random streams, the seed included. */
  name: string;
  threads: number;
  /** Folder for the state of an unfinished run. */
  scratch: string;
  progress: Progress;
}

/**
 * Trains a language model from nothing.
 *
 * @param config the decoder.
 * @param options data and schedule.
 * @returns the model, and the loss of every step in nats a token.
 */
export async function trainLanguageModel(
  config: DecoderConfig,
  options: MonitorTraining,
): Promise<{ model: Model } & Trained> {
  const specs = modelParameters(config, "language-model");
  const trained = await train({
    ...options,
    specs,
    objective: languageModelLoss(config),
    optimiser,
    parameters: initialParameters(specs, config.layers, `${options.name}/weights`),
    lengths: options.sequences.map((s) => s.length),
    feed: (batch) => languageModelFeed(batch, options.sequences),
  });
  return { model: { config, head: "language-model", parameters: trained.parameters }, ...trained };
}

/**
 * Fine-tunes a guard: all weights of a language model and a fresh classification head.
 *
 * @param base the language model.
 * @param labels 1 = unsafe, for every sequence.
 * @param options data and schedule.
 * @returns the guard, and the loss of every step in nats a conversation.
 */
export async function trainGuard(
  base: Model,
  labels: readonly (0 | 1)[],
  options: MonitorTraining,
): Promise<{ model: Model } & Trained> {
  const { config } = base;
  const specs = modelParameters(config, "guard");
  const head = initialParameters(specs.slice(-1), config.layers, `${options.name}/weights`);
  const trained = await train({
    ...options,
    specs,
    objective: guardLoss(config),
    optimiser,
    parameters: parametersOf([...base.parameters.values(), ...head.values()]),
    lengths: options.sequences.map((s) => s.length),
    feed: (batch) => guardFeed(batch, options.sequences, labels),
  });
  return { model: { config, head: "guard", parameters: trained.parameters }, ...trained };
}

function languageModelFeed(batch: Batch, sequences: readonly Int32Array[]): Record<string, Value> {
  const { members, length } = batch;
  const { distinct, indices } = distinctTokens(batch, sequences);
  const targetWeights = new Float32Array(members.length * length);
  const targets = members.reduce((sum, m) => sum + sequences[m].length - 1, 0);
  members.forEach((m, b) =>
    targetWeights.fill(1 / targets, b * length, b * length + sequences[m].length - 1)
  );
  return {
    distinct,
    tokens: padded(batch, (m) => indices.get(m)!, 0),
    targets: padded(batch, (m) => indices.get(m)!.subarray(1), 0),
    targetWeights: { data: targetWeights, dims: [members.length, length, 1] },
    mask: causalMask(length),
  };
}

function guardFeed(
  batch: Batch,
  sequences: readonly Int32Array[],
  labels: readonly (0 | 1)[],
): Record<string, Value> {
  const { members, length } = batch;
  const { distinct, indices } = distinctTokens(batch, sequences);
  const oneHot = Float32Array.from(
    members.flatMap((m) => labels[m] ? [0, 1] : [1, 0]),
    (x) => x / members.length,
  );
  return {
    distinct,
    tokens: padded(batch, (m) => indices.get(m)!, 0),
    last: lastPositions(batch, (m) => sequences[m].length),
    labels: { data: oneHot, dims: [members.length, 2] },
    mask: causalMask(length),
  };
}

/** The tokens of a batch, each once, and every member's tokens as indices into them. */
function distinctTokens(
  { members }: Batch,
  sequences: readonly Int32Array[],
): { distinct: Value<BigInt64Array>; indices: Map<number, Int32Array> } {
  const places = new Map<number, number>();
  const indices = new Map(members.map((m) => [
    m,
    sequences[m].map((token) => {
      const known = places.get(token);
      if (known !== undefined) return known;
      places.set(token, places.size);
      return places.size - 1;
    }),
  ]));
  const data = BigInt64Array.from(places.keys(), BigInt);
  return { distinct: { data, dims: [data.length] }, indices };
}
