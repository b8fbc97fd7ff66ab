/**
 * Text that came from outside, on its way to people: what would move a terminal's cursor, colour it, or turn the order of letters
 * around stands there as an escape that is seen, and what is long is cut.
 *
 * @module
 */
import { cutText } from "./text.ts";

/**
 * C0, DEL and C1, which terminals obey; the controls and marks of bidirectional text and the line separators, by which letters
 * stand elsewhere than they are; half characters, which cannot be written.
 */
const CONTROLS =
  // deno-lint-ignore no-control-regex
  /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Longest piece of foreign text in a message, in UTF-16 units. */
const MOST = 200;

/** Longest message, in UTF-16 units; the longest of our own words have some 500. */
const LONGEST = 2000;

/**
 * Text without control characters.
 *
 * @param text any.
 * @param kept characters that stay, such as `"\n"`. Default none.
 * @returns it with each of them as JSON escapes it: in a JSON text, the same value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(visible("a\x1b[31mb\n"), "a\\u001b[31mb\\n");
 * assert.equal(visible("a\nb", "\n"), "a\nb");
 * ```
 */
export function visible(text: string, kept = ""): string {
  return text.replaceAll(CONTROLS, (character) => {
    if (kept.includes(character)) return character;
    return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/**
 * A piece of foreign text in one harmless line: a name, a cell of a table.
 *
 * @param text any.
 * @param most how many UTF-16 units of it. Default 200.
 * @returns its beginning, without control characters, line breaks as blanks, and `…` for what is left out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(excerpt("a\n  b"), "a b");
 * assert.equal(excerpt("abcdef", 3), "abc…");
 * ```
 */
export function excerpt(text: string, most: number = MOST): string {
  const line = visible(cutText(text, most + 1).replaceAll(/\s*[\r\n]\s*/g, " "));
  return line.length > most ? `${cutText(line, most)}…` : line;
}

/**
 * A message of ours in which foreign text may stand in double quotes.
 *
 * @param text the message.
 * @returns it in one line without control characters; of what is quoted and long, and of a message that is long all the same, the
 * middle is left out, as the end of a path says most.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(readable(`Cannot read "${"a".repeat(1000)}"`).length, 'Cannot read ""'.length + 201);
 * ```
 */
export function readable(text: string): string {
  const quoted = text.replaceAll(
    /"[^"]*"/g,
    (quote) => `"${withoutMiddle(quote.slice(1, -1), MOST)}"`,
  );
  return visible(withoutMiddle(quoted, LONGEST));
}

function withoutMiddle(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most / 2)}…${text.slice(-most / 2)}` : text;
}
