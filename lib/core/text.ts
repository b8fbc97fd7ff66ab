/**
 * Cutting text short.
 *
 * @module
 */

/**
 * The beginning of a text. A character beyond U+FFFF, such as an emoji, is two units of a string; half of one is no text, and
 * cannot be written.
 *
 * @param text well formed.
 * @param units at most so many UTF-16 units of it.
 * @returns so many, or one less where a character would be cut in two.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(cutText("a😀", 2), "a");
 * assert.equal(cutText("a😀", 3), "a😀");
 * ```
 */
export function cutText(text: string, units: number): string {
  const cut = text.slice(0, units);
  return cut.isWellFormed() || !text.isWellFormed() ? cut : cut.slice(0, -1);
}

/**
 * A text whose long runs of marks and blanks are short: patterns that allow for some between words take the square of their
 * number, or its cube, and nobody means more by a thousand.
 *
 * @param text any.
 * @param longest run that stays as it is, in UTF-16 units. Default 64.
 * @returns it with the beginnings and ends of longer ones.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(withShortRuns("a ------ b", 4), "a -- b");
 * ```
 */
export function withShortRuns(text: string, longest = 64): string {
  return text.replaceAll(
    /[^\p{L}\p{N}]+/gu,
    (run) => run.length > longest ? run.slice(0, longest / 2) + run.slice(-longest / 2) : run,
  );
}
