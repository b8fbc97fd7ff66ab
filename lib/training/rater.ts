/**
 * Tuning a language model to give verbal scores. Questions stand after a conversation, each a short cue such as
 * `\n\nAlignment: `, and an answer is one token, a digit. What is trained is the token after each cue, among the answers.
 * Answers are not written into the text: all are read from one forward pass, and none hangs on how another was drawn.
 *
 *     loss = mean over conversations and questions of −ln p(answer),   p = softmax over the answers' logits
 *
 * @module
 */
import { mul, sub } from "../graph/elementwise.ts";
import { gather } from "../graph/gather.ts";
import { matmul } from "../graph/matmul.ts";
import { reduceSum } from "../graph/reduce.ts";
import { flattenRows } from "../graph/shape_ops.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import type { Model } from "../model/checkpoint.ts";
import type { DecoderConfig } from "../model/config.ts";
import { logSumExp } from "../model/layers.ts";
import type { Value } from "../runtime/session.ts";
import { type MonitorTraining, sequencesByEpoch } from "./monitors.ts";
import { decode, distinctRows, type Objective } from "./objectives.ts";
import type { Mask } from "./rows.ts";
import { type FedRows, tune, type Tuned } from "./tuning.ts";

/** What is asked after a conversation, as tokens. */
export interface Questionnaire {
  /** The questions, one after the other; each is answered after its last token. */
  readonly cues: readonly Int32Array[];
  /** The tokens of the possible answers, the same for all questions. */
  readonly answers: Int32Array;
}

/** Conversations' right answers. */
export interface RaterLessons {
  /** What is asked. */
  questionnaire: Questionnaire;
  /** For every conversation and question, the index of the right answer. */
  levels: readonly (readonly number[])[];
}

/**
 * Appends the questions to a conversation.
 *
 * @param conversation token ids, the beginning-of-sequence token first.
 * @param questionnaire the questions.
 * @param contextLength most tokens; where there are more, those after the first are left out.
 * @returns token ids.
 */
export function withQuestions(
  conversation: Int32Array,
  { cues }: Questionnaire,
  contextLength: number,
): Int32Array {
  const room = contextLength - cues.reduce((sum, cue) => sum + cue.length, 0);
  const excess = Math.max(0, conversation.length - room);
  const kept = [...conversation.subarray(0, 1), ...conversation.subarray(1 + excess)];
  return Int32Array.from([...kept, ...cues.flatMap((cue) => [...cue])]);
}

/**
 * Where the answers are read when the rows of a batch are put one after the other.
 *
 * @param asked conversations with their questions.
 * @param questionnaire the questions.
 * @param length T, that of the rows.
 * @returns int64, shape (B Q), conversation by conversation.
 */
export function answerPositions(
  asked: readonly Int32Array[],
  { cues }: Questionnaire,
  length: number,
): Value<BigInt64Array> {
  const positions = asked.flatMap((sequence, b) => {
    let end = b * length + sequence.length - cues.reduce((sum, cue) => sum + cue.length, 0);
    return cues.map((cue) => BigInt((end += cue.length) - 1));
  });
  return { data: BigInt64Array.from(positions), dims: [positions.length] };
}

/**
 * The answers' logits. They are worked out at all tokens before those at the cues are picked, so that no product is wide and
 * none depends on how many conversations share a batch.
 *
 * @param hidden last hidden state, shape (B, T, C).
 * @param answerRows the answers' embeddings, shape (A, C).
 * @returns shape (B Q, A); reads the graph input "at", as {@linkcode answerPositions} makes it.
 */
export function answerLogits(hidden: Tensor, answerRows: Tensor): Tensor {
  const logits = matmul(flattenRows(hidden), answerRows, { transB: true }); // (B T, A)
  return gather(logits, input("at", ["R"], "int64"));
}

/**
 * Mean cross-entropy of A answers, in nats an answer. Graph inputs: "distinct" and "tokens" as in a language model's loss,
 * "answers" (A) as indices into the distinct tokens, "at" (B Q), "targets" (B Q, A) that sum to 1.
 */
function raterLoss(config: DecoderConfig, answers: number): Objective {
  return (weights) => {
    const rows = distinctRows(weights);
    const hidden = decode(rows, weights, config);
    const logits = answerLogits(hidden, gather(rows, input("answers", [answers], "int64")));
    const targets = input("targets", ["R", answers]);
    return reduceSum(mul(targets, sub(logSumExp(logits), logits)), [0, 1]);
  };
}

/**
 * Tunes a language model to answer.
 *
 * @param base the language model, or a rater that is to learn more.
 * @param lessons questions and right answers.
 * @param options data and schedule.
 * @returns the rater, which is a language model, and the loss of every step in nats an answer.
 */
export function trainRater(
  base: Model,
  { questionnaire, levels }: RaterLessons,
  options: MonitorTraining,
): Promise<Tuned> {
  const { contextLength } = base.config;
  const conversations = sequencesByEpoch(options);
  const cueTokens = questionnaire.cues.reduce((sum, cue) => sum + cue.length, 0);
  const subject = {
    objective: raterLoss(base.config, questionnaire.answers.length),
    sequences: (epoch: number) =>
      conversations(epoch).map((s) => withQuestions(s, questionnaire, contextLength)),
    hidden: (asked: Int32Array, _: number | undefined, hide: Mask) => {
      const end = asked.length - cueTokens; // the questions stay whole
      return Int32Array.of(...hide(asked.subarray(0, end)), ...asked.subarray(Math.max(0, end)));
    },
    lookedUp: questionnaire.answers,
    feed: (rows: FedRows) => rightAnswers(rows, questionnaire, levels),
  };
  return tune(base, subject, options);
}

/** The right answer to every question, and all weigh the same. */
function rightAnswers(
  { sequences, members, length, placesOf }: FedRows,
  questionnaire: Questionnaire,
  levels: RaterLessons["levels"],
): Record<string, Value> {
  const { cues, answers } = questionnaire;
  const size = members.length * cues.length;
  const targets = new Float32Array(size * answers.length);
  members.flatMap((m) => levels[m]).forEach((level, r) => {
    targets[r * answers.length + level] = 1 / size;
  });
  return {
    answers: { data: BigInt64Array.from(placesOf(answers), BigInt), dims: [answers.length] },
    at: answerPositions(sequences.slice(0, members.length), questionnaire, length),
    targets: { data: targets, dims: [size, answers.length] },
  };
}
