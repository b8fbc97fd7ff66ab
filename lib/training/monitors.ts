/**
 * Training the two kinds of monitor: a language model on conversations, and a guard from a language model.
 *
 * @module
 */
import { stream } from "../core/random.ts";
import { type Model, modelParameters } from "../model/checkpoint.ts";
import type { DecoderConfig } from "../model/config.ts";
import { initialParameters, type Parameters, parametersOf } from "../model/parameters.ts";
import { lastPositions, padded } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import { excerpt, type ExcerptOptions, type TokenPiece } from "./excerpts.ts";
import { guardLoss, languageModelLoss } from "./objectives.ts";
import { type FedRows, type TrainingRun, tune, type Tuned } from "./tuning.ts";

/** What both kinds of training need. */
export interface MonitorTraining extends TrainingRun {
  /** How conversations are cut to excerpts, new ones in every epoch; whole without it. */
  excerpts?: ExcerptOptions & { pieces: readonly (readonly TokenPiece[])[] };
  /** Token ids of the training conversations, special tokens included. */
  sequences: readonly Int32Array[];
}

/**
 * Trains a language model.
 *
 * @param config the decoder.
 * @param options data and schedule.
 * @param start weights of a language model to go on from; without them it starts from nothing.
 * @returns the model, and the loss of every step in nats a token.
 */
export function trainLanguageModel(
  config: DecoderConfig,
  options: MonitorTraining,
  start?: Parameters,
): Promise<Tuned> {
  const specs = modelParameters(config, "language-model");
  const parameters = start ??
    initialParameters(specs, config.layers, `${options.name}/weights`);
  const subject = {
    objective: languageModelLoss(config, options.below?.layer),
    sequences: sequencesByEpoch(options),
    feed: nextTokens,
    weightOf: ({ length }: Int32Array) => length - 1,
  };
  return tune({ config, head: "language-model", parameters }, subject, options);
}

/**
 * Fine-tunes a guard: all weights of a language model and a fresh classification head.
 *
 * @param base the language model.
 * @param labels 1 = unsafe, for every sequence.
 * @param options data and schedule.
 * @returns the guard, and the loss of every step in nats a conversation.
 */
export function trainGuard(
  { config, parameters }: Model,
  labels: readonly (0 | 1)[],
  options: MonitorTraining,
): Promise<Tuned> {
  const score = modelParameters(config, "guard").slice(-1);
  const head = initialParameters(score, config.layers, `${options.name}/weights`);
  const start = parametersOf([...parameters.values(), ...head.values()]);
  const subject = {
    objective: guardLoss(config, options.below?.layer),
    sequences: sequencesByEpoch(options),
    feed: (rows: FedRows) => lastTokenLabels(rows, labels),
  };
  return tune({ config, head: "guard", parameters: start }, subject, options);
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

/** Every token but the first is a target, and all weigh the same. */
function nextTokens({ sequences, length, placesOf }: FedRows): Record<string, Value> {
  const targets = sequences.map((s) => s.subarray(1));
  const count = targets.reduce((sum, s) => sum + s.length, 0);
  const targetWeights = new Float32Array(sequences.length * length);
  targets.forEach((s, b) => targetWeights.fill(1 / count, b * length, b * length + s.length));
  return {
    targets: padded(targets.map(placesOf), length, 0),
    targetWeights: { data: targetWeights, dims: [sequences.length, length, 1] },
  };
}

/** The label is asked for after the last token, and all conversations weigh the same. */
function lastTokenLabels(
  { sequences, members, length }: FedRows,
  labels: readonly (0 | 1)[],
): Record<string, Value> {
  const oneHot = new Float32Array(sequences.length * 2);
  members.forEach((m, b) => oneHot[2 * b + labels[m]] = 1 / members.length);
  return {
    last: lastPositions(sequences, length),
    labels: { data: oneHot, dims: [sequences.length, 2] },
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
  const { excerpts, below } = training;
  const kept = [...training.sequences.keys()].filter(keep);
  const chosen = <T>(all: readonly T[]) => kept.map((row) => all[row]);
  return {
    ...training,
    sequences: chosen(training.sequences),
    ...below && { below: { ...below, states: (sequence: number) => below.states(kept[sequence]) } },
    ...excerpts && { excerpts: { ...excerpts, pieces: chosen(excerpts.pieces) } },
  };
}
