import assert from "node:assert/strict";
import { excerpt, readable, visible } from "./foreign_text.ts";

/** Each in one string: C0, DEL, C1, bidi controls and marks, line separators, half an emoji. */
const HOSTILE =
  "\x00\x07\x08\x1b]0;title\x07\x7f\x80\x9b31m\x9f\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029\ud83d";

Deno.test("visible() leaves nothing that a terminal obeys, and in JSON the same value", () => {
  const shown = visible(HOSTILE);
  assert.match(shown, /^[ -~]*$/);
  assert.ok(shown.startsWith("\\u0000\\u0007\\u0008\\u001b]0;title"));
  assert.ok(shown.endsWith("\\u2028\\u2029\\ud83d"));
  const json = JSON.stringify({ [HOSTILE]: HOSTILE });
  assert.deepEqual(JSON.parse(visible(json)), JSON.parse(json));
});

Deno.test("visible() leaves what people write: emoji, joiners, marks of any script", () => {
  for (const text of ["👩‍👧 größe", "می‌خواهم", "क्‍ष", "日本語"]) assert.equal(visible(text), text);
});

Deno.test("excerpt() is short whatever it is given, and cuts no character in two", () => {
  assert.equal(excerpt("😀😀", 3), "😀…");
  assert.equal(excerpt("\x1b".repeat(1e6)).length, 201);
  assert.equal(excerpt("a".repeat(200)), "a".repeat(200));
});

Deno.test("readable() is one line, keeps the ends of what is quoted, and ends", () => {
  const path = `/${"x".repeat(1e7)}/end.jsonl`;
  const message = readable(`Cannot read "${path}" line 3: it holds "a\nb\x9b"`);
  assert.match(message, /^Cannot read "\/x+…x+\/end\.jsonl" line 3: it holds "a\\nb\\u009b"$/);
  assert.ok(message.length < 300);
  assert.ok(readable("no quotes ".repeat(1e5)).length <= 2001);
});
