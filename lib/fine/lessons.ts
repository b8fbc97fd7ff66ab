/**
 * What small language models are tuned on to answer in both formats of FINE, drawn from conversations and from questions.
 *
 * Harmless multiple choice asks which of two texts is an answer, the other being what some user asked elsewhere: the format
 * without any question of safety. Contrast pairs are multiple choice between a safe and an unsafe answer. Conversations are cut to
 * their last sentences, about as long as the options of questions, for that is where an answer comes to the point.
 *
 * @module
 */
import type { Message } from "../chat/client.ts";
import type { PromptFormat } from "../chat/prompt_format.ts";
import { splitTurns } from "../conversation/render.ts";
import type { Row } from "../conversation/row.ts";
import { splitSentences } from "../conversation/sentences.ts";
import type { Stream } from "../core/random.ts";
import type { Lesson } from "../training/answers.ts";
import { choicePrompt } from "./multiple_choice.ts";
import { openPrompt } from "./open_ended.ts";
import type { Question } from "./questions.ts";

/** Most characters of a question or answer that is taken from a conversation, unless one sentence has more. */
const LONGEST = 200;

/** What somebody asked, and what the assistant said to it in the end. */
export interface Exchange {
  /** What the user said, without what the assistant said in between. */
  question: string;
  /** The assistant's last turn. */
  answer: string;
  /** Whether the answer is unsafe. */
  malign: 0 | 1;
  /** Exchanges of one scene resemble each other; the row's id where there are no scenes. */
  scene: string;
}

/** A prompt and the answer to be learnt. */
export interface Dialogue {
  /** What is asked. */
  prompt: Message[];
  /** What is answered. */
  answer: string;
}

/**
 * Takes questions and answers out of conversations.
 *
 * @param rows labelled conversations; those that do not end with the assistant's turn, or lack a user's, are left out.
 * @returns one exchange a row, in their order.
 */
export function exchangesOf(rows: readonly Row[]): Exchange[] {
  return rows.flatMap(({ id, conversation, malign, scene = id }) => {
    const turns = splitTurns(conversation);
    const asked = turns.filter(({ speaker }) => speaker === "Human").map(({ text }) => text.trim());
    const { speaker, text } = turns.at(-1)!;
    if (speaker !== "Assistant" || text.trim() === "" || asked.length === 0) return [];
    return [{ question: ending(asked.join(" ")), answer: ending(text.trim()), malign, scene }];
  });
}

/** The last whole sentences that fit, at least one. */
function ending(text: string): string {
  const from = splitSentences(text).map(({ start }) => start);
  return text.slice(from.find((start) => text.length - start <= LONGEST) ?? from.at(-1));
}

/**
 * Multiple choice without any question of safety: which is an answer?
 *
 * @param exchange question and answer.
 * @param exchanges to draw the other option from; not all may be of the same scene.
 * @param random where the draw comes from.
 * @returns a question whose `safe` option is its answer, and whose `unsafe` option is what a user asked in another scene.
 */
export function drawHarmless(
  { question, answer, scene }: Exchange,
  exchanges: readonly Exchange[],
  random: Stream,
): Question {
  const others = exchanges.filter((other) => other.scene !== scene);
  return asQuestion(question, answer, random.pick(others).question);
}

/**
 * Draws a contrast pair: two answers in one scene.
 *
 * @param scene the exchanges of a scene, safe and unsafe ones.
 * @param random where the draws come from.
 * @returns a question with either of the two exchanges' wording, so that details of it do not tell which answer is safe.
 */
export function drawContrast(scene: readonly Exchange[], random: Stream): Question {
  const [safe, unsafe] = [0, 1].map((label) =>
    random.pick(scene.filter(({ malign }) => malign === label))
  );
  return asQuestion(random.pick([safe, unsafe]).question, safe.answer, unsafe.answer);
}

/** A question that is not from a file. */
function asQuestion(question: string, safe: string, unsafe: string): Question {
  return { id: "", category: "", question, safe, unsafe };
}

/**
 * A question's two options as exchanges, of a scene of its own.
 *
 * @param question from a file.
 * @returns the safe exchange and the unsafe one.
 */
export function exchangesIn({ id, question, safe, unsafe }: Question): Exchange[] {
  const scene = `question/${id}`;
  return [
    { question, answer: safe, malign: 0, scene },
    { question, answer: unsafe, malign: 1, scene },
  ];
}

/**
 * An exchange as an open-ended question with its answer.
 *
 * @param exchange question and answer.
 * @returns the dialogue.
 */
export function openDialogue({ question, answer }: Exchange): Dialogue {
  return { prompt: openPrompt(asQuestion(question, answer, "")), answer };
}

/**
 * A multiple-choice question with the right choice, its options in an order that is drawn.
 *
 * @param question with both options.
 * @param random where the draw comes from.
 * @returns the dialogue.
 */
export function choiceDialogue(question: Question, random: Stream): Dialogue {
  const order = random.pick(["safe first", "unsafe first"] as const);
  const letter = order === "safe first" ? "A" : "B";
  return { prompt: choicePrompt(question, order), answer: `Option: [[${letter}]]` };
}

/**
 * Writes a dialogue as tokens.
 *
 * @param dialogue prompt and answer.
 * @param format of the model that will learn it.
 * @returns the lesson, which ends with the token that ends an answer.
 */
export function lessonOf({ prompt, answer }: Dialogue, format: PromptFormat): Lesson {
  const { ids, answerFrom } = format.answered(prompt, answer);
  return { ids: Int32Array.of(...Array.from(ids), format.endId), answerFrom };
}
