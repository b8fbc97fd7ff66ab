/**
 * The skeleton of all that is trained here. A subject says what is learned: a loss, the texts of an epoch, and what the loss
 * wants to know of a batch besides its tokens. Everything else, batches, hidden tokens, schedule, optimiser and resuming, is the
 * same for language models, guards, raters and assistants.
 *
 * @module
 */
import { onceFor } from "../core/once.ts";
import type { Progress } from "../core/progress.ts";
import { applyAdapter } from "../model/adapter.ts";
import { type Model, modelParameters } from "../model/checkpoint.ts";
import { masks } from "../model/decoder.ts";
import {
  adaptedWeights,
  initialLora,
  type LoraOptions,
  loraParameters,
  trainedAdapter,
} from "../model/lora.ts";
import { constantWeights, parametersOf, SCORE } from "../model/parameters.ts";
import { type Batch, padded, paddedStates } from "../runtime/batches.ts";
import type { SessionOptions, Value } from "../runtime/session.ts";
import type { AdamwOptions } from "./adamw.ts";
import { type Schedule, train, type Trained, type TrainOptions } from "./loop.ts";
import type { Objective } from "./objectives.ts";
import { distinctTokens, type Mask, maskOf, rowsOf } from "./rows.ts";

/** AdamW's settings in all our training. */
const OPTIMISER: AdamwOptions = {
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};

/** How something is trained. */
export interface TrainingRun {
  /** Epochs count passes over the subject's sequences. */
  schedule: Schedule;
  /**
   * Share of the tokens that a step hides from the model, from 0 to 1. A small set of conversations is soon known by heart;
   * with gaps in it, it is not.
   */
  masking: number;
  /** Names the random streams, the seed included. */
  name: string;
  /** Threads, on which the weights do not depend; device; place of frozen weights. */
  session: SessionOptions;
  /** Trains low-rank updates, and a head where there is one, instead of all weights. */
  lora?: LoraOptions;
  /** What the blocks that are not adapted gave, where they were run before; then nothing can be masked. */
  below?: LowerStates;
  /** Folder for the state of an unfinished run; without it, an interrupted run starts over. */
  scratch?: string;
  /** Told the share of steps that is done, from 0 to 1. */
  progress: Progress;
  /** Told that a saved state was changed since, so that training starts over. */
  say?: (message: string) => void;
}

/** What the lower blocks of a model gave. */
export interface LowerStates {
  /** How many blocks that are. */
  layer: number;
  /** The states of the tokens of a subject's sequence, by its index, shape (T, C). */
  states(sequence: number): Float32Array;
}

/** What is learned. */
export interface Subject {
  /** The loss, whose inputs "distinct", "tokens" and "mask" are fed to it; see {@linkcode Subject.feed} for others. */
  readonly objective: Objective;
  /** Token ids of an epoch's texts, special tokens included. */
  sequences(epoch: number): readonly Int32Array[];
  /** Hides tokens of a text where not all of them may be hidden; rows that fill a batch up are no member. By default any but the first may. */
  hidden?(sequence: Int32Array, member: number | undefined, hide: Mask): Int32Array;
  /** Tokens that the loss looks up besides those of the texts. */
  readonly lookedUp?: Int32Array;
  /** The loss's other inputs for a batch. */
  feed(rows: FedRows): Record<string, Value>;
  /** How much a text weighs among those of its batch. Default 1. */
  weightOf?(sequence: Int32Array): number;
}

/** A batch as a subject sees it. */
export interface FedRows extends Batch {
  /** The members' token ids as they are, in order, then empty rows that fill the batch up; B in all. */
  readonly sequences: readonly Int32Array[];
  /** A sequence as places among the batch's distinct tokens. */
  readonly placesOf: (sequence: Int32Array) => Int32Array;
}

/** A trained model, and the loss of every step in nats. */
export type Tuned = { model: Model } & Trained;

/**
 * Trains a model: all its weights, or low-rank updates of some.
 *
 * @param start the model with its first weights.
 * @param subject what it learns.
 * @param run how.
 * @returns the model, updates merged into it; the loss of every step; and the weights that were trained. The same for the same
 * arguments, whether or not the run was interrupted.
 */
export async function tune(start: Model, subject: Subject, run: TrainingRun): Promise<Tuned> {
  const { config, head } = start;
  const { below } = run;
  if (below !== undefined && run.masking > 0) {
    throw new RangeError(
      `internal: masking is ${run.masking}, but the lower blocks saw all tokens`,
    );
  }
  const sequencesOf = onceFor((epoch: number) => subject.sequences(epoch)); // asked for at every step
  const trained = await train({
    ...run,
    ...whatIsTrained(start, run),
    objective: subject.objective,
    optimiser: OPTIMISER,
    lengths: (epoch) => sequencesOf(epoch).map(({ length }) => length),
    ...subject.weightOf && {
      weightOf: (member, epoch) => subject.weightOf!(sequencesOf(epoch)[member]),
    },
    feed: (batch, at) => {
      // products with constants add in one order, however wide they are
      const fill = run.lora === undefined ? config : { hiddenSize: 0, intermediateSize: 0 };
      const sequences = rowsOf(batch, fill, sequencesOf(at.epoch));
      const { distinct, placesOf } = distinctTokens(
        [...sequences, ...subject.lookedUp ? [subject.lookedUp] : []],
        config,
      );
      const hide = maskOf(run.name, run.masking, at);
      const shown = sequences.map((sequence, b) =>
        subject.hidden?.(sequence, batch.members[b], hide) ?? hide(sequence)
      );
      const states = (_: Int32Array, b: number) =>
        b < batch.members.length ? below!.states(batch.members[b]) : new Float32Array(0);
      return {
        ...below
          ? { below: paddedStates(sequences.map(states), batch.length, config.hiddenSize) }
          : { tokens: padded(shown.map(placesOf), batch.length, 0) },
        ...(below === undefined || head === "language-model") && { distinct },
        ...masks(config, batch.length, config.layers, below?.layer),
        ...subject.feed({ ...batch, sequences, placesOf }),
      };
    },
  });
  const parameters = run.lora === undefined
    ? trained.parameters
    : applyAdapter(start.parameters, trainedAdapter(trained.parameters, run.lora, run.name));
  return { model: { config, head, parameters }, ...trained };
}

/** All weights, or updates and the head, with the model's own as constants. */
function whatIsTrained(
  { config, head, parameters }: Model,
  { name, lora }: TrainingRun,
): Pick<TrainOptions, "specs" | "parameters" | "weights"> {
  if (lora === undefined) return { specs: modelParameters(config, head), parameters };
  const updates = loraParameters(config, lora);
  const score = parameters.get(SCORE);
  const first = [
    ...initialLora(updates, `${name}/weights`).values(),
    ...head === "guard" && score ? [score] : [],
  ];
  return {
    specs: first,
    parameters: parametersOf(first),
    weights: (trained) => adaptedWeights(constantWeights(parameters), trained, lora),
  };
}
