/**
 * Cutting text where characters end.
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
