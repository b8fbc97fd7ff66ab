/**
 * For tests: conversations as a language model read them.
 *
 * @module
 */
import type { ReadTokens } from "./turn_tokens.ts";

/**
 * A conversation of given tokens.
 *
 * @param tokens each with its surprise, nats; together they are the conversation.
 * @returns them with their places; entropies are 0.
 */
export function readOf(...tokens: readonly (readonly [text: string, nll: number])[]): ReadTokens {
  let at = 0;
  const ends = Int32Array.from(tokens, ([{ length }]) => at += length);
  return {
    conversation: tokens.map(([text]) => text).join(""),
    nll: Float32Array.from(tokens, ([, nll]) => nll),
    entropy: new Float32Array(tokens.length),
    starts: Int32Array.from(tokens, ([{ length }], t) => ends[t] - length),
    ends,
  };
}

/**
 * The last tokens of a conversation whose first ones were too many to be read.
 *
 * @param read all tokens.
 * @param first the first that was read.
 * @returns those from there on; the conversation is whole.
 */
export function readFrom(read: ReadTokens, first: number): ReadTokens {
  const { conversation, nll, entropy, starts, ends } = read;
  return {
    conversation,
    nll: nll.subarray(first),
    entropy: entropy.subarray(first),
    starts: starts.subarray(first),
    ends: ends.subarray(first),
  };
}
