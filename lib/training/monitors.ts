/**
 * Training the two kinds of monitor: a language model on conversations, and a guard from a language model.
 *
 * @module
 */
import type { Progress } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { type Model, modelParameters } from "../model/checkpoint.ts";
import type { DecoderConfig } from "../model/config.ts";
import { initialParameters, type Parameters, parametersOf } from "../model/parameters.ts";
import { type Batch, causalMask, lastPositions, padded } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import type { AdamwOptions } from "./adamw.ts";
import { excerpt, type ExcerptOptions, type TokenPiece } from "./excerpts.ts";
import { type Schedule, train, type Trained } from "./loop.ts";
import { guardLoss, languageModelLoss } from "./objectives.ts";

/** AdamW's settings in all our training. */
export const optimiser: AdamwOptions = {
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};

/** What stands in place of a masked token: the padding token, which occurs in no conversation. */
const MASK = 0;

/** Hides some tokens of a sequence. */
export type Mask = (sequence: Int32Array) => Int32Array;

/** What both kinds of training need. */
export interface MonitorTraining {
  /** Epochs count passes over `sequences`. */
  schedule: Schedule;
  /**
   * Share of the tokens that a step hides from the model, from 0 to 1. A small set of conversations is soon known by heart;
   * with gaps in it, it is not.
   */
  masking: number;
  /** How conversations are cut to excerpts, new ones in every epoch; whole without it. */
  excerpts?: ExcerptOptions & { pieces: readonly (readonly TokenPiece[])[] };
  /** Token ids of the training conversations, special tokens included. */
  sequences: readonly Int32Array[];
  /** Names the random streams, the seed included. */
  name: string;
  /** Threads that a step uses. The weights do not depend on it. */
  threads: number;
  /** Folder for the state of an unfinished run. */
  scratch: string;
  /** Told the share of steps that is done, from 0 to 1. */
  progress: Progress;
}

/**
 * Trains a language model.
 *
 * @param config the decoder.
 * @param options data and schedule.
 * @param start weights of a language model to go on from; without them it starts from nothing.
 * @returns the model, and the loss of every step in nats a token.
 */
export async function trainLanguageModel(
  config: DecoderConfig,
  options: MonitorTraining,
  start?: Parameters,
): Promise<{ model: Model } & Trained> {
  const specs = modelParameters(config, "language-model");
  const drawn = sequencesByEpoch(options);
  const trained = await train({
    ...options,
    specs,
    objective: languageModelLoss(config),
    optimiser,
    parameters: start ?? initialParameters(specs, config.layers, `${options.name}/weights`),
    lengths: (epoch) => drawn(epoch).map((s) => s.length),
    feed: (batch, step, epoch) =>
      languageModelFeed(batch, config, drawn(epoch), maskOf(options, step)),
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
  const drawn = sequencesByEpoch(options);
  const head = initialParameters(specs.slice(-1), config.layers, `${options.name}/weights`);
  const trained = await train({
    ...options,
    specs,
    objective: guardLoss(config),
    optimiser,
    parameters: parametersOf([...base.parameters.values(), ...head.values()]),
    lengths: (epoch) => drawn(epoch).map((s) => s.length),
    feed: (batch, step, epoch) =>
      guardFeed(batch, config, labels, drawn(epoch), maskOf(options, step)),
  });
  return { model: { config, head: "guard", parameters: trained.parameters }, ...trained };
}

/**
 * The sequences of an epoch: the conversations, or this time's excerpts of them.
 *
 * @param options data, and the run's name.
 * @returns looks them up by the number of the epoch; the latest are kept.
 */
export function sequencesByEpoch(
  { sequences, excerpts, name }: MonitorTraining,
): (epoch: number) => readonly Int32Array[] {
  if (excerpts === undefined) return () => sequences;
  let latest = { epoch: -1, drawn: sequences };
  return (epoch) => {
    if (epoch !== latest.epoch) {
      const random = stream(`${name}/excerpts/epoch-${epoch}`);
      const drawn = sequences.map((ids, i) =>
        excerpt({ ids, pieces: excerpts.pieces[i] }, random, excerpts)
      );
      latest = { epoch, drawn };
    }
    return latest.drawn;
  };
}

function languageModelFeed(
  batch: Batch,
  config: DecoderConfig,
  all: readonly Int32Array[],
  hide: Mask,
): Record<string, Value> {
  const { length } = batch;
  const sequences = rowsOf(batch, config, all);
  const { distinct, placesOf } = distinctTokens(sequences, config);
  const targets = sequences.map((s) => s.subarray(1));
  const count = targets.reduce((sum, s) => sum + s.length, 0);
  const targetWeights = new Float32Array(sequences.length * length);
  targets.forEach((s, b) => targetWeights.fill(1 / count, b * length, b * length + s.length));
  return {
    distinct,
    tokens: padded(sequences.map(hide).map(placesOf), length, 0),
    targets: padded(targets.map(placesOf), length, 0),
    targetWeights: { data: targetWeights, dims: [sequences.length, length, 1] },
    mask: causalMask(length),
  };
}

function guardFeed(
  batch: Batch,
  config: DecoderConfig,
  labels: readonly (0 | 1)[],
  all: readonly Int32Array[],
  hide: Mask,
): Record<string, Value> {
  const { members, length } = batch;
  const sequences = rowsOf(batch, config, all);
  const { distinct, placesOf } = distinctTokens(sequences, config);
  const oneHot = new Float32Array(sequences.length * 2);
  members.forEach((m, b) => oneHot[2 * b + labels[m]] = 1 / members.length);
  return {
    distinct,
    tokens: padded(sequences.map(hide).map(placesOf), length, 0),
    last: lastPositions(sequences, length),
    labels: { data: oneHot, dims: [sequences.length, 2] },
    mask: causalMask(length),
  };
}

/**
 * The sequences of a batch, and empty ones after them until there are at least as many tokens as a product of activations has
 * columns: wide products add in an order that depends on the number of threads (see `tallMatmul`).
 *
 * @param batch which sequences, and how long they are padded to.
 * @param config the decoder.
 * @param sequences all, to choose from.
 * @returns those of the batch, in its order, and the empty ones.
 */
export function rowsOf(
  { members, length }: Batch,
  { hiddenSize, intermediateSize }: DecoderConfig,
  sequences: readonly Int32Array[],
): Int32Array[] {
  const fewest = Math.ceil(Math.max(hiddenSize, intermediateSize) / length);
  const empty = Array.from(
    { length: Math.max(0, fewest - members.length) },
    () => new Int32Array(0),
  );
  return [...members.map((m) => sequences[m]), ...empty];
}

/**
 * Hides tokens of a sequence, never the first, by a random stream of the step's own.
 *
 * @param options the run's name, and which share to hide.
 * @param step the number of the step.
 * @returns hides tokens; every call goes on with the stream.
 */
export function maskOf(
  { name, masking }: Pick<MonitorTraining, "name" | "masking">,
  step: number,
): Mask {
  const random = stream(`${name}/masking/step-${step}`);
  return (sequence) =>
    sequence.map((token, t) => t > 0 && random.uniform() < masking ? MASK : token);
}

/**
 * The tokens of some sequences and the mask, each once, and how to write a sequence as places among them. There are at least as
 * many as the embeddings have columns, if need be by tokens that do not occur, again so that no product is wide.
 *
 * @param sequences token ids.
 * @param config the decoder.
 * @returns the tokens, int64, shape (U), and how to write a sequence.
 */
export function distinctTokens(
  sequences: readonly Int32Array[],
  { hiddenSize, vocabSize }: DecoderConfig,
): { distinct: Value<BigInt64Array>; placesOf: (sequence: Int32Array) => Int32Array } {
  const tokens = new Set([MASK, ...sequences.flatMap((s) => [...s])]);
  for (let id = 0; tokens.size < Math.min(hiddenSize, vocabSize); id++) tokens.add(id);
  const places = new Map([...tokens].map((token, place) => [token, place]));
  return {
    distinct: { data: BigInt64Array.from(tokens, BigInt), dims: [tokens.size] },
    placesOf: (sequence) => sequence.map((token) => places.get(token)!),
  };
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
