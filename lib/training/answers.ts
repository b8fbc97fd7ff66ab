/**
 * Tuning a language model to answer: it reads a prompt and learns the answer that follows, and nothing of the prompt.
 *
 *     loss = mean over lessons of the mean over the answer's tokens of −ln p(token | what comes before)
 *
 * Every lesson has the same weight, so that the one letter of a multiple-choice answer is not lost among the words of long ones.
 *
 * @module
 */
import { type Model, modelParameters } from "../model/checkpoint.ts";
import type { DecoderConfig } from "../model/config.ts";
import { type Batch, causalMask, packByLength, padded } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import { train, type Trained } from "./loop.ts";
import {
  distinctTokens,
  type Mask,
  maskOf,
  type MonitorTraining,
  optimiser,
  rowsOf,
} from "./monitors.ts";
import { languageModelLoss } from "./objectives.ts";

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
 * @param options schedule, and the share of the prompts' tokens that is hidden; answers are always shown.
 * @returns the tuned model, and the loss of every step in nats a token.
 */
export async function trainAnswers(
  base: Model,
  lessons: readonly Lesson[],
  options: Omit<MonitorTraining, "sequences" | "excerpts">,
): Promise<{ model: Model } & Trained> {
  const { config, head, parameters } = base;
  const lengths = lessons.map(({ ids }) => ids.length);
  const trained = await train({
    ...options,
    specs: modelParameters(config, head),
    objective: languageModelLoss(config),
    optimiser,
    parameters,
    lengths: () => lengths,
    feed: (batch, step) => answerFeed(batch, config, lessons, maskOf(options, step)),
  });
  return { model: { config, head, parameters: trained.parameters }, ...trained };
}

function answerFeed(
  batch: Batch,
  config: DecoderConfig,
  lessons: readonly Lesson[],
  hide: Mask,
): Record<string, Value> {
  const { members, length } = batch;
  const rows = rowsOf(batch, config, lessons.map(({ ids }) => ids));
  const { distinct, placesOf } = distinctTokens(rows, config);
  const targetWeights = new Float32Array(rows.length * length);
  members.forEach((m, b) => {
    const { ids, answerFrom } = lessons[m];
    const weight = 1 / (members.length * (ids.length - answerFrom));
    targetWeights.fill(weight, b * length + answerFrom - 1, b * length + ids.length - 1);
  });
  const shown = rows.map((ids, b) => {
    const prompt = lessons[members[b]]?.answerFrom ?? 0;
    return Int32Array.of(...hide(ids.subarray(0, prompt)), ...ids.subarray(prompt));
  });
  return {
    distinct,
    tokens: padded(shown.map(placesOf), length, 0),
    targets: padded(rows.map((ids) => placesOf(ids.subarray(1))), length, 0),
    targetWeights: { data: targetWeights, dims: [rows.length, length, 1] },
    mask: causalMask(length),
  };
}
