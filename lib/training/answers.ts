/**
 * Tuning a language model to answer: it reads a prompt and learns the answer that follows, and nothing of the prompt.
 *
 *     loss = mean over lessons of the mean over the answer's tokens of −ln p(token | what comes before)
 *
 * Every lesson has the same weight, so that the one letter of a multiple-choice answer is not lost among the words of long ones.
 *
 * @module
 */
import type { Model } from "../model/checkpoint.ts";
import { packByLength, padded } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import { languageModelLoss } from "./objectives.ts";
import type { Mask } from "./rows.ts";
import { type FedRows, type TrainingRun, tune, type Tuned } from "./tuning.ts";

/** A prompt and its answer. */
export interface Lesson {
  /** Token ids of both, the beginning-of-sequence token first and the end-of-sequence token last. */
  readonly ids: Int32Array;
  /** Index of the answer's first token. */
  readonly answerFrom: number;
}

/**
 * How many epochs make a number of steps, which is not to depend on how long the lessons are.
 *
 * @param steps of training.
 * @param lessons what is gone through in an epoch.
 * @param tokensPerStep most tokens in a batch, padding included.
 * @returns for a schedule; the half step keeps rounding from adding a step.
 */
export function epochsFor(
  steps: number,
  lessons: readonly Lesson[],
  tokensPerStep: number,
): number {
  const lengths = lessons.map(({ ids }) => ids.length);
  return (steps - 0.5) / packByLength(lengths, tokensPerStep, [...lengths.keys()]).length;
}

/**
 * Tunes a language model.
 *
 * @param base the language model.
 * @param lessons what it learns.
 * @param run schedule, and the share of the prompts' tokens that is hidden; answers are always shown.
 * @returns the tuned model, and the loss of every step in nats a token.
 */
export function trainAnswers(
  base: Model,
  lessons: readonly Lesson[],
  run: TrainingRun,
): Promise<Tuned> {
  const sequences = lessons.map(({ ids }) => ids);
  const subject = {
    objective: languageModelLoss(base.config),
    sequences: () => sequences,
    hidden: (ids: Int32Array, member: number | undefined, hide: Mask) => {
      const prompt = member === undefined ? 0 : lessons[member].answerFrom;
      return Int32Array.of(...hide(ids.subarray(0, prompt)), ...ids.subarray(prompt));
    },
    feed: (rows: FedRows) => answerTokens(rows, lessons),
  };
  return tune(base, subject, run);
}

/** The tokens of the answers are targets, and all lessons weigh the same. */
function answerTokens(
  { sequences, members, length, placesOf }: FedRows,
  lessons: readonly Lesson[],
): Record<string, Value> {
  const targetWeights = new Float32Array(sequences.length * length);
  members.forEach((m, b) => {
    const { ids, answerFrom } = lessons[m];
    const weight = 1 / (members.length * (ids.length - answerFrom));
    targetWeights.fill(weight, b * length + answerFrom - 1, b * length + ids.length - 1);
  });
  return {
    targets: padded(sequences.map((ids) => placesOf(ids.subarray(1))), length, 0),
    targetWeights: { data: targetWeights, dims: [sequences.length, length, 1] },
  };
}
