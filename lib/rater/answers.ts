/**
 * What a language model that was tuned to give verbal scores answers: one forward pass over a conversation with all
 * questions after it, and the expectation over the answers. Nothing is drawn, so the same conversation always gets the
 * same score.
 *
 *     danger = Σ p(k) (100 − nₖ),   nₖ = 100 k / (A − 1) for the answers k = 0 … A − 1
 *
 * @module
 */
import { gather } from "../graph/gather.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import type { Model } from "../model/checkpoint.ts";
import { embed, hiddenStates, masks } from "../model/decoder.ts";
import { constantWeights, EMBEDDING } from "../model/parameters.ts";
import { batchByLength, padded, TOKEN_BUDGET } from "../runtime/batches.ts";
import { openSession } from "../runtime/session.ts";
import {
  answerLogits,
  answerPositions,
  type Questionnaire,
  withQuestions,
} from "../training/rater.ts";
import type { SignalOptions } from "../signals/signals.ts";

/**
 * Asks about conversations.
 *
 * @param model a judge.
 * @param conversations token ids, the beginning-of-sequence token first.
 * @param questionnaire what to ask.
 * @param options threads, progress, batch size.
 * @returns for every question the answers' logits, shape (n, A) row by row, each row from its own conversation alone.
 */
export async function readAnswers(
  model: Model,
  conversations: readonly Int32Array[],
  questionnaire: Questionnaire,
  { threads, progress, tokenBudget = TOKEN_BUDGET }: SignalOptions,
): Promise<Float32Array[]> {
  const { cues, answers: { length: width } } = questionnaire;
  const asked = conversations.map((s) =>
    withQuestions(s, questionnaire, model.config.contextLength)
  );
  const logits = cues.map(() => new Float32Array(asked.length * width));
  await using session = await openSession({ logits: answerGraph(model, questionnaire) }, {
    threads,
  });
  const total = asked.reduce((sum, s) => sum + s.length, 0);
  let done = 0;
  for (const { members, length } of batchByLength(asked.map((s) => s.length), tokenBudget)) {
    const sequences = members.map((m) => asked[m]);
    const { data } = (await session.run({
      tokens: padded(sequences, length, 0),
      at: answerPositions(sequences, questionnaire, length),
      ...masks(model.config, length),
    })).logits;
    members.forEach((m, b) =>
      logits.forEach((of, q) => {
        const at = (b * cues.length + q) * width;
        of.set(data.subarray(at, at + width), m * width);
      })
    );
    done += sequences.reduce((sum, s) => sum + s.length, 0);
    progress.update(done / total);
  }
  return logits;
}

function answerGraph({ config, parameters }: Model, { answers }: Questionnaire): Tensor {
  const weights = constantWeights(parameters);
  const tokens = input("tokens", ["B", "T"], "int64");
  const hidden = hiddenStates(embed(tokens, weights), weights, config)[config.layers];
  const ids = constant(BigInt64Array.from(answers, BigInt), [answers.length], "answers");
  return answerLogits(hidden, gather(weights(EMBEDDING), ids));
}

/**
 * Scores from answers.
 *
 * @param logits shape (n, A) row by row; the first answer is 0 points, the last 100, high meaning safe or certain.
 * @param answers A, at least 2.
 * @returns expected distance to 100 points, 0 to 100, shape (n). Danger points up.
 */
export function expectedDanger(logits: Float32Array, answers: number): Float64Array {
  return Float64Array.from({ length: logits.length / answers }, (_, i) => {
    const own = logits.subarray(i * answers, (i + 1) * answers);
    const highest = Math.max(...own);
    let [sum, weighted] = [0, 0];
    own.forEach((logit, k) => {
      const p = Math.exp(logit - highest);
      sum += p;
      weighted += p * (100 - 100 * k / (answers - 1));
    });
    return weighted / sum;
  });
}
