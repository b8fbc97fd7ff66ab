/**
 * The skeleton of all that is trained here. A subject says what is learned: a loss, the texts of an epoch, and what the loss
 * wants to know of a batch besides its tokens. Everything else, batches, hidden tokens, schedule, optimiser and resuming, is the
 * same for language models, guards, raters and assistants.
 *
 * @module
 */
import type { Progress } from "../core/progress.ts";
import { type Model, modelParameters } from "../model/checkpoint.ts";
import { type Batch, causalMask, padded } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import type { AdamwOptions } from "./adamw.ts";
import { type Schedule, train, type Trained } from "./loop.ts";
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
  /** Threads that a step uses. The weights do not depend on it. */
  threads: number;
  /** Folder for the state of an unfinished run. */
  scratch: string;
  /** Told the share of steps that is done, from 0 to 1. */
  progress: Progress;
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
}

/** A batch as a subject sees it. */
export interface FedRows extends Batch {
  /** The members' token ids as they are, in order, then empty rows that fill the batch up; B in all. */
  readonly sequences: readonly Int32Array[];
  /** A sequence as places among the batch's distinct tokens. */
  readonly placesOf: (sequence: Int32Array) => Int32Array;
}

/** A trained model, and the loss of every step in nats. */
export type TrainedModelWeights = { model: Model } & Trained;

/**
 * Trains all weights of a model.
 *
 * @param start the model with its first weights.
 * @param subject what it learns.
 * @param run how.
 * @returns the model, and the loss of every step; the same for the same arguments, whether or not the run was interrupted.
 */
export async function tune(
  { config, head, parameters }: Model,
  subject: Subject,
  run: TrainingRun,
): Promise<TrainedModelWeights> {
  const trained = await train({
    ...run,
    specs: modelParameters(config, head),
    objective: subject.objective,
    optimiser: OPTIMISER,
    parameters,
    lengths: (epoch) => subject.sequences(epoch).map(({ length }) => length),
    feed: (batch, step, epoch) => {
      const sequences = rowsOf(batch, config, subject.sequences(epoch));
      const { distinct, placesOf } = distinctTokens(
        [...sequences, ...subject.lookedUp ? [subject.lookedUp] : []],
        config,
      );
      const hide = maskOf(run.name, run.masking, step);
      const shown = sequences.map((sequence, b) =>
        subject.hidden?.(sequence, batch.members[b], hide) ?? hide(sequence)
      );
      return {
        distinct,
        tokens: padded(shown.map(placesOf), batch.length, 0),
        mask: causalMask(batch.length),
        ...subject.feed({ ...batch, sequences, placesOf }),
      };
    },
  });
  return { model: { config, head, parameters: trained.parameters }, ...trained };
}
