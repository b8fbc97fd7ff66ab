/**
 * Training on excerpts. A small set of conversations is soon known by heart; left with some of its sentences only, and other
 * ones each time, none is met twice, and what tells safe from unsafe must be found in every part.
 *
 * @module
 */
import type { Stream } from "../core/random.ts";

/** A conversation as tokens, and where it can be cut. */
export interface TrainingText {
  /** Token ids, the beginning-of-sequence token first. */
  readonly ids: Int32Array;
  /** Stretches of tokens that are left out or kept whole; together they are all tokens but the first. */
  readonly pieces: readonly TokenPiece[];
}

/** A stretch of tokens. */
export interface TokenPiece {
  /** Its first token. */
  readonly from: number;
  /** After its last token. */
  readonly to: number;
  /** Index of the turn that it is part of. */
  readonly turn: number;
  /** Whether it is the turn's marker, which is kept as long as the turn is. */
  readonly marker: boolean;
}

/** How much is left out. */
export interface ExcerptOptions {
  /** Chance of a sentence to be kept, from 0 to 1. */
  keep: number;
  /** Chance that only the last turn is left, from 0 to 1. */
  alone: number;
}

/**
 * Draws an excerpt.
 *
 * @param text the conversation.
 * @param random where the draws come from.
 * @param options how much is left out.
 * @returns token ids, the beginning-of-sequence token first; at least one sentence of the last turn is among them.
 */
export function excerpt(
  { ids, pieces }: TrainingText,
  random: Stream,
  { keep, alone }: ExcerptOptions,
): Int32Array {
  const last = pieces.at(-1)?.turn;
  const onlyLast = random.uniform() < alone;
  const final = pieces.filter(({ turn, marker }) => turn === last && !marker);
  const spared = final.length > 0 ? random.pick(final) : undefined;
  const kept = pieces.filter((piece) => {
    const drawn = random.uniform() < keep; // drawn for every piece, so that one choice moves no other
    if (onlyLast && piece.turn !== last) return false;
    return piece.marker || piece === spared || drawn;
  });
  return Int32Array.from([
    ...ids.subarray(0, 1),
    ...kept.flatMap(({ from, to }) => [...ids.subarray(from, to)]),
  ]);
}
