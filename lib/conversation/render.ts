/**
 * A conversation as one string: turns that begin `\n\nHuman: `, `\n\nAssistant: `, `\n\nSystem: `
 * or `\n\nFunction: `, as in HH-RLHF and MOOD. Here it is put together, taken apart, and cut to
 * what a model can read.
 *
 * @module
 */

/** Who speaks; a function call and its outcome are turns of `Function`. */
export const SPEAKERS = ["Human", "Assistant", "System", "Function"] as const;

/** Who speaks in a turn. */
export type Speaker = typeof SPEAKERS[number];

/** One turn to be said. */
export interface Turn {
  /** Who speaks. */
  speaker: Speaker;
  /** What is said, without the marker. */
  text: string;
}

/** One turn of a conversation string. */
export interface PlacedTurn {
  /** Who speaks; undefined for text before the first marker. */
  speaker: Speaker | undefined;
  /** What is said, without the marker. */
  text: string;
  /** Where the turn begins in the string, its marker and blank line included, in UTF-16 units. */
  start: number;
  /** Where it ends, exclusive. */
  end: number;
}

/**
 * Joins turns to a conversation string.
 *
 * @param turns what is said, in order.
 * @returns the string, beginning with a blank line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(joinTurns([{ speaker: "Human", text: "Hi" }]), "\n\nHuman: Hi");
 * ```
 */
export function joinTurns(turns: readonly Turn[]): string {
  return turns.map(({ speaker, text }) => `\n\n${speaker}: ${text}`).join("");
}

const marker = new RegExp(`(?:^|\n\n)(${SPEAKERS.join("|")}):(?: |$|(?=\n))`, "g");

/**
 * Takes a conversation string apart.
 *
 * @param conversation the string; the first marker may lack its blank line.
 * @returns its turns, in order; together they cover the whole string.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { splitTurns } from "./render.ts";
 * const turns = splitTurns("\n\nHuman: Hi\n\nAssistant: Hello");
 * assert.deepEqual(turns.map(({ speaker, text }) => [speaker, text]), [
 *   ["Human", "Hi"],
 *   ["Assistant", "Hello"],
 * ]);
 * ```
 */
export function splitTurns(conversation: string): PlacedTurn[] {
  const markers = [...conversation.matchAll(marker)];
  const turns = markers.map((match, i): PlacedTurn => {
    const end = markers[i + 1]?.index ?? conversation.length;
    const text = conversation.slice(match.index + match[0].length, end);
    return { speaker: match[1] as Speaker, text, start: match.index, end };
  });
  const first = turns[0]?.start ?? conversation.length;
  if (first === 0) return turns;
  return [
    { speaker: undefined, text: conversation.slice(0, first), start: 0, end: first },
    ...turns,
  ];
}

/**
 * Whether a text shows nothing: white space, control and formatting characters only.
 *
 * @param text any text.
 * @returns true also for the empty one.
 */
export function isBlank(text: string): boolean {
  return !/[^\s\p{Cc}\p{Cf}\p{Z}]/u.test(text);
}

/**
 * Whether nobody says anything in a conversation: there are markers of turns at most, and blank text.
 *
 * @param conversation the string.
 * @returns true where there is nothing to score.
 */
export function saysNothing(conversation: string): boolean {
  return splitTurns(conversation).every(({ text }) => isBlank(text));
}

/** A conversation as a model reads it. */
export interface FittedContext {
  /**
   * Token ids, the beginning-of-sequence token first where there is one, shape (at most maxTokens).
   */
  ids: Int32Array;
  /** How many tokens were left out at the front; 0 where the whole conversation fits. */
  dropped: number;
}

/**
 * Cuts a tokenised conversation to a model's context: whole turns are dropped from the front until
 * the rest fits; where even the last turn is too long, its end is kept.
 *
 * @param encoding token ids and where each begins in the conversation, both of shape (T).
 * @param turns the turns of the conversation, from {@linkcode splitTurns}.
 * @param bosId the id put in front; undefined for a model that reads none.
 * @param maxTokens the context length, at least 2, the token in front included.
 * @returns what the model reads.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fitContext } from "./render.ts";
 * const encoding = { ids: Int32Array.of(7, 8, 9, 10), starts: Int32Array.of(0, 5, 10, 15) };
 * const fitted = fitContext(encoding, [{ start: 0 }, { start: 10 }], 1, 4); // two turns
 * assert.deepEqual(fitted, { ids: Int32Array.of(1, 9, 10), dropped: 2 }); // the first is gone
 * ```
 */
export function fitContext(
  { ids, starts }: { ids: Int32Array; starts: Int32Array },
  turns: readonly Pick<PlacedTurn, "start">[],
  bosId: number | undefined,
  maxTokens: number,
): FittedContext {
  if (!Number.isInteger(maxTokens) || maxTokens < 2) {
    throw new RangeError(
      `Cannot fit a context: maxTokens must be an integer >= 2, got ${maxTokens}`,
    );
  }
  const front = bosId === undefined ? [] : [bosId];
  const excess = Math.max(0, ids.length - (maxTokens - front.length));
  // the first turn whose first token is not among those in excess
  const kept = turns.find(({ start }) => excess > 0 && start > starts[excess - 1]);
  const dropped = kept === undefined ? excess : starts.findIndex((at) => at >= kept.start);
  return { ids: Int32Array.of(...front, ...ids.subarray(dropped)), dropped };
}
