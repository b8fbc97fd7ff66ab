/**
 * Regular expressions from outside. JavaScript's matcher tries all ways to split a text among repeated groups, so that a pattern
 * such as `(.*)*x` may take for ever.
 *
 * @module
 */

/**
 * Whether a pattern repeats a group, but for at most once (`(…)?`). Without, the time that it takes is a power of the text's
 * length, and seldom more than the first.
 *
 * @param pattern as `RegExp` takes it.
 * @returns true also where it cannot be told, as in one that is no pattern.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(repeatsGroup("(.*)*x"));
 * assert.ok(!repeatsGroup("[()]*(?:'s|'t)?| ?\\p{L}+")); // brackets in a class are characters
 * ```
 */
export function repeatsGroup(pattern: string): boolean {
  const bare = pattern.replaceAll(/\\[^]|\[\^?\]?(?:\\[^]|[^\]\\])*\]/g, "a");
  return /\)[*+{]/.test(bare);
}
