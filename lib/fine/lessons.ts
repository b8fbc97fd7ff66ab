/**
 * What language models are tuned on to answer questions in both formats, from conversations and from questions.
 *
 * @module
 */
import type { Message } from "../chat/client.ts";
import { promptOf } from "../chat/local.ts";
import { splitTurns } from "../conversation/render.ts";
import type { Row } from "../conversation/row.ts";
import type { Stream } from "../core/random.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Lesson } from "../training/answers.ts";
import { choicePrompt, type Order } from "./multiple_choice.ts";
import { openPrompt } from "./open_ended.ts";
import type { Question } from "./questions.ts";

/** What somebody asked, and what the assistant said to it. */
export interface Exchange {
  /** All that the user said, without what the assistant said in between. */
  question: string;
  /** The assistant's last turn. */
  answer: string;
  /** Exchanges of one scene are about one thing; the row's id where there are no scenes. */
  scene: string;
  /** Whether the answer is unsafe. */
  malign: 0 | 1;
}

/** A prompt and the answer to be learnt. */
export interface Dialogue {
  /** What is asked. */
  prompt: Message[];
  /** What is answered. */
  answer: string;
}

/**
 * Takes the question and the answer out of conversations.
 *
 * @param rows labelled conversations; those that do not end with the assistant's turn after a user's are left out.
 * @returns one exchange a row, in their order.
 */
export function exchangesOf(rows: readonly Row[]): Exchange[] {
  return rows.flatMap(({ id, conversation, scene = id, malign }) => {
    const turns = splitTurns(conversation);
    const asked = turns.filter(({ speaker }) => speaker === "Human").map(({ text }) => text.trim());
    const last = turns.at(-1)!;
    if (last.speaker !== "Assistant" || asked.length === 0) return [];
    return [{ question: asked.join(" "), answer: last.text.trim(), scene, malign }];
  });
}

/**
 * An open-ended question with its answer.
 *
 * @param question what is asked.
 * @param answer what is answered.
 * @returns the dialogue.
 */
export function openDialogue(question: string, answer: string): Dialogue {
  return { prompt: openPrompt({ question } as Question), answer };
}

/**
 * A multiple-choice question with the choice of its first kind of option, safe or right.
 *
 * @param question with both options.
 * @param order which option stands first.
 * @returns the dialogue.
 */
export function choiceDialogue(question: Question, order: Order): Dialogue {
  const letter = order === "safe first" ? "A" : "B";
  return { prompt: choicePrompt(question, order), answer: `Option: [[${letter}]]` };
}

/**
 * Writes a dialogue as tokens.
 *
 * @param dialogue prompt and answer.
 * @param tokenizer of the model that will learn it.
 * @returns the lesson, which ends with the end-of-sequence token.
 */
export function lessonOf({ prompt, answer }: Dialogue, tokenizer: Tokenizer): Lesson {
  const asked = promptOf(prompt);
  const { ids, starts } = tokenizer.encodeWithOffsets(`${asked} ${answer}`);
  const answerFrom = 1 + starts.findIndex((start) => start >= asked.length);
  return { ids: Int32Array.of(tokenizer.bosId, ...ids, tokenizer.eosId), answerFrom };
}
