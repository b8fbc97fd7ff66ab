/**
 * Cuts a text into the pieces that byte-pair merges never cross, in the manner of GPT-4 and Llama 3:
 * words with the space or sign before them, single digits, runs of signs, line breaks, other blanks.
 *
 * It differs from theirs in three ways. Digits stand alone, since a small vocabulary has better uses than
 * three-digit numbers. Line breaks are never joined to the signs before them, so that the `\n\n` that opens a
 * turn is a piece of its own. And the class of blanks is spelt `\p{White_Space}`, because `\s` includes
 * U+0085 in one regular-expression library and U+FEFF in the other.
 *
 * @module
 */

/** The pattern, valid both here and in the Rust library behind Python's `tokenizers`. */
export const PRETOKEN_PATTERN: string = [
  String.raw`[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+`, // a word
  String.raw`\p{N}`, // a digit
  String.raw` ?[^\p{White_Space}\p{L}\p{M}\p{N}]+`, // signs
  String.raw`[\r\n]+`, // line breaks
  String.raw`[^\P{White_Space}\r\n]+(?![^\p{White_Space}])`, // blanks, all but one before a word
  String.raw`[^\P{White_Space}\r\n]`,
].join("|");

const pattern = new RegExp(PRETOKEN_PATTERN, "gu");

/**
 * Cuts a text into pieces; joined, they are the text again.
 *
 * @param text any text.
 * @returns the pieces, in order.
 */
export function pretokens(text: string): string[] {
  return text.match(pattern) ?? [];
}
