/**
 * Where in a text the tokens of a byte-level vocabulary stand, told from their lengths in bytes alone.
 *
 * @module
 */

/** A stretch of text, in UTF-16 units; `end` is exclusive. */
export interface Stretch {
  /** Where it begins. */
  start: number;
  /** Where it ends. */
  end: number;
}

/**
 * Places tokens in their text. A token that holds only some of the bytes of a character is given all of it,
 * so that neighbours may overlap, as in Hugging Face's `tokenizers`.
 *
 * @param text the text.
 * @param byteLengths of each token, shape (T); together, those of the text in UTF-8.
 * @returns the stretch of each token, shape (T).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(tokenStretches("aé", [2, 1]), [{ start: 0, end: 2 }, { start: 1, end: 2 }]);
 * ```
 */
export function tokenStretches(text: string, byteLengths: readonly number[]): Stretch[] {
  const starts: number[] = []; // of the character that each byte belongs to
  const ends: number[] = [];
  let at = 0;
  for (const char of text) {
    for (let byte = 0; byte < utf8Length(char); byte++) {
      starts.push(at);
      ends.push(at + char.length);
    }
    at += char.length;
  }
  let byte = 0;
  return byteLengths.map((length) => {
    const start = starts[byte];
    byte += length;
    return { start, end: ends[byte - 1] };
  });
}

/** A lone surrogate counts 3, like the replacement character that UTF-8 encoders put for it. */
function utf8Length(char: string): number {
  const code = char.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
