/**
 * Someone who can be asked: an endpoint, a local model, a recording.
 *
 * @module
 */

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

/** Who is asked. */
export interface ChatClient {
  /** Who answers, such as a model's name. */
  readonly name: string;
  /**
   * Asks once.
   *
   * @param messages the conversation so far, ending with the user's message.
   * @param options how the answer is drawn.
   * @returns the answer's text.
   */
  ask(messages: readonly Message[], options: AskOptions): Promise<string>;
}
