/**
 * Someone who can be asked: an endpoint, a local model, a recording.
 *
 * @module
 */

import { UserError } from "../core/errors.ts";

/** A model answered, but nothing that is an answer: it only thought, or was cut off before it began. Another seed may do better. */
export class NoAnswerError extends UserError {}

/** One message of a request. */
export interface Message {
  /** Who says it. */
  role: "system" | "user" | "assistant";
  /** What is said. */
  content: string;
}

/** How an answer is drawn. */
export interface AskOptions {
  /** Of the sampling; the same request with another seed may get another answer. */
  seed: number;
  /** Of the sampling; 0 for the likeliest answer. */
  temperature: number;
  /** Longest answer, in tokens. */
  maxTokens: number;
}

/** What was answered. */
export interface Answer {
  /** What is read and judged: without thoughts. */
  text: string;
  /** What the model said to itself before; undefined where that was nothing, or nobody kept it. Never read as the answer. */
  thoughts?: string | undefined;
  /** Whether the limit of tokens cut it short. */
  cut?: boolean | undefined;
  /** How long it is with its thoughts, in tokens; undefined where nobody counted. */
  tokens?: number | undefined;
}

/** Who is asked. */
export interface ChatClient {
  /** Who answers, such as a model's name. */
  readonly name: string;
  /**
   * Asks once.
   *
   * @param messages the conversation so far, ending with the user's message.
   * @param options how the answer is drawn.
   * @returns the answer.
   */
  ask(messages: readonly Message[], options: AskOptions): Promise<Answer>;
  /**
   * Asks once more what was answered from a recording, since the recorded answer could not be read. Only those have it that
   * were told to.
   *
   * @param messages as of {@linkcode ChatClient.ask}.
   * @param options as of {@linkcode ChatClient.ask}.
   * @returns the new answer; undefined where the answer is as new as can be.
   */
  askAgain?(messages: readonly Message[], options: AskOptions): Promise<Answer | undefined>;
}

/** Share of answers that cannot be read above which nothing is decided by them. */
export const UNREADABLE_LIMIT = 0.1;

/**
 * Asks, and has what comes read. Where that cannot be read and is from a recording, it is asked once more, if the client
 * allows it.
 *
 * @param client who is asked.
 * @param messages the conversation so far.
 * @param options how the answer is drawn.
 * @param read what the answer's text says; undefined where it cannot be read.
 * @returns the answer, and what it says.
 */
export async function askReadable<T>(
  client: ChatClient,
  messages: readonly Message[],
  options: AskOptions,
  read: (answer: string) => T | undefined,
): Promise<{ answer: Answer; value: T | undefined }> {
  const answer = await client.ask(messages, options);
  const value = read(answer.text);
  if (value !== undefined || client.askAgain === undefined) return { answer, value };
  const again = await client.askAgain(messages, options);
  return again === undefined ? { answer, value } : { answer: again, value: read(again.text) };
}

/**
 * Takes an answer that is none for one that cannot be read, for who draws another.
 *
 * @param error what {@linkcode askReadable} failed with.
 * @returns an empty answer that says nothing; throws the error again where it is no {@linkcode NoAnswerError}.
 */
export function unreadable(error: unknown): { answer: Answer; value: undefined } {
  if (error instanceof NoAnswerError) return { answer: { text: "" }, value: undefined };
  throw error;
}
