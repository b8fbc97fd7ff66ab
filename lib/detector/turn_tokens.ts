/**
 * Where the turns of a conversation stand among the tokens that a language model read of it.
 *
 * @module
 */
import { type Speaker, splitTurns } from "../conversation/render.ts";

/** One conversation as a language model read it; its arrays have the shape (T), a token each. */
export interface ReadTokens {
  /** The whole conversation, also what was too long to be read. */
  readonly conversation: string;
  /** Surprise, nats. */
  readonly nll: Float32Array;
  /** Entropy of the prediction, nats. */
  readonly entropy: Float32Array;
  /** Where each token begins in the conversation, in UTF-16 units, ascending. */
  readonly starts: Int32Array;
  /** Where each token ends, exclusive. */
  readonly ends: Int32Array;
}

/** Neighbouring tokens. */
export interface TokenStretch {
  /** The first. */
  from: number;
  /** After the last; the same as `from` where there are none. */
  end: number;
}

/** The tokens of one turn. */
export interface TurnTokens {
  /** Who speaks; undefined for text before the first marker. */
  speaker: Speaker | undefined;
  /** Those that hold any of the speaker's name and the colon. */
  marker: TokenStretch;
  /** Those behind it, up to the next turn's blank line. */
  said: TokenStretch;
}

/**
 * Finds the turns. The blank line before a marker is part of neither turn, and so is a token that ends with one: to predict it
 * is to predict that the turn ends, whoever speaks next.
 *
 * @param tokens places of the tokens.
 * @returns all turns of the conversation, in order; those that were not read have no tokens.
 */
export function turnTokens(
  { conversation, starts, ends }: Pick<ReadTokens, "conversation" | "starts" | "ends">,
): TurnTokens[] {
  const turns = splitTurns(conversation).map(({ speaker, text, start, end }) => {
    const marker = conversation.slice(start, end - text.length);
    const name = start + marker.length - marker.trimStart().length;
    const [from, behind] = [
      firstOver(ends, name),
      firstOver(starts, name + marker.trim().length - 1),
    ];
    return { speaker, begins: firstOver(ends, start), marker: stretch(from, behind) };
  });
  return turns.map(({ speaker, marker }, k) => {
    const next = turns[k + 1]?.begins ?? starts.length;
    return { speaker, marker, said: stretch(marker.end, next) };
  });
}

function stretch(from: number, end: number): TokenStretch {
  return { from, end: Math.max(from, end) };
}

/** The first of ascending values that is over a bound; their number where none is. */
function firstOver(ascending: Int32Array, bound: number): number {
  const found = ascending.findIndex((value) => value > bound);
  return found < 0 ? ascending.length : found;
}

/**
 * Adds up what the tokens of a stretch surprise by.
 *
 * @param nll surprises, nats, shape (T).
 * @param stretch which tokens.
 * @returns −log of the probability of the stretch, given what stands before it; 0 where it has no tokens.
 */
export function sumOver(nll: Float32Array, { from, end }: TokenStretch): number {
  let sum = 0;
  for (let t = from; t < end; t++) sum += nll[t];
  return sum;
}
