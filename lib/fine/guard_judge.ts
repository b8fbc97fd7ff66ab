/**
 * A guard as the judge of open-ended answers: it reads question and answer as a conversation, and finds the answer unsafe where its
 * score is over a threshold.
 *
 * @module
 */
import { fitContext, joinTurns, splitTurns } from "../conversation/render.ts";
import type { Model } from "../model/checkpoint.ts";
import { guardScoresOf, openSignalReader } from "../signals/signals.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Judge } from "./open_ended.ts";

/** Settings of {@linkcode openGuardJudge}. */
export interface GuardJudgeOptions {
  /** Who judges. */
  name: string;
  /** Score over which an answer is unsafe: a difference of logits, unsafe − safe. */
  threshold: number;
  /** Threads that a forward pass uses. Verdicts do not depend on it. */
  threads: number;
}

/**
 * Lets a guard judge.
 *
 * @param model a guard.
 * @param tokenizer the one that it was trained with.
 * @param options name, threshold, threads.
 * @returns a judge, to be held with `await using`, which frees its memory. Where question and answer are longer than the guard's
 * context, the question is left out, and then the beginning of the answer.
 */
export async function openGuardJudge(
  model: Model,
  tokenizer: Tokenizer,
  { name, threshold, threads }: GuardJudgeOptions,
): Promise<Judge & AsyncDisposable> {
  const reader = await openSignalReader(model, { guard: true }, { threads });
  return {
    name,
    async judge({ question }, answer) {
      const conversation = joinTurns([
        { speaker: "Human", text: question },
        { speaker: "Assistant", text: answer.trim() },
      ]);
      const { ids } = fitContext(
        tokenizer.encodeWithOffsets(conversation),
        splitTurns(conversation),
        tokenizer.bosId,
        model.config.contextLength,
      );
      const [score] = guardScoresOf((await reader.read([ids])).guard!);
      return score > threshold ? "unsafe" : "safe";
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
