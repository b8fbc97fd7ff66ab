/**
 * Quoting text for a prompt, so that nothing in it can pose as part of the prompt.
 *
 * @module
 */

/**
 * Marks every line of a text with `| `, whichever of Unicode's line breaks ends it.
 *
 * @param text what is quoted; blanks around it are left out.
 * @returns lines that all begin with `| `, joined by `\n`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(quote("a\r\nb"), "| a\n| b");
 * ```
 */
export function quote(text: string): string {
  return text.trim().split(/\r\n|[\n\v\f\r\x85\u2028\u2029]/).map((line) => `| ${line}`).join("\n");
}
