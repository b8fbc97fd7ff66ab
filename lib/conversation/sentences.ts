/**
 * The sentences of a conversation, roughly: a turn's marker is a piece of its own, and what is said is cut after marks that
 * end a sentence and after line breaks.
 *
 * @module
 */
import { splitTurns } from "./render.ts";

/** A stretch of a conversation. */
export interface Piece {
  /** Where it begins, in UTF-16 units. */
  start: number;
  /** Where it ends, exclusive. */
  end: number;
  /** Index of the turn that it is part of. */
  turn: number;
  /** Whether it is the turn's marker, `\n\nHuman: ` or the like. */
  marker: boolean;
}

const sentenceEnd = /[.?!]["')*]*\s+|\n+/g;

/**
 * Cuts a conversation into pieces.
 *
 * @param conversation the string.
 * @returns pieces in order, which together cover it; none is empty.
 */
export function splitSentences(conversation: string): Piece[] {
  return splitTurns(conversation).flatMap(({ start, end, text }, turn) => {
    const said = end - text.length;
    const cuts = [...text.matchAll(sentenceEnd)].map((match) =>
      said + match.index + match[0].length
    );
    const bounds = [...new Set([said, ...cuts, end])];
    const sentences = bounds.slice(1).map((to, i) => ({
      start: bounds[i],
      end: to,
      turn,
      marker: false,
    }));
    return said > start ? [{ start, end: said, turn, marker: true }, ...sentences] : sentences;
  });
}
