import assert from "node:assert/strict";
import fc from "fast-check";
import { splitSentences } from "./sentences.ts";

Deno.test("splitSentences() cuts after sentences and lines, and sets markers apart", () => {
  const text = "\n\nHuman: Hi! Is 3.5 enough?\nAsking.\n\nAssistant: Yes.";
  const pieces = splitSentences(text).map((
    { start, end, turn, marker },
  ) => [text.slice(start, end), turn, marker]);
  assert.deepEqual(pieces, [
    ["\n\nHuman: ", 0, true],
    ["Hi! ", 0, false],
    ["Is 3.5 enough?\n", 0, false],
    ["Asking.", 0, false],
    ["\n\nAssistant: ", 1, true],
    ["Yes.", 1, false],
  ]);
});

Deno.test("splitSentences() covers any conversation with pieces that are not empty", () => {
  const part = fc.constantFrom("\n\nHuman: ", "\n\nAssistant: ", "a. ", "b", "\n", "?!  ", "\n\n");
  fc.assert(fc.property(fc.array(part), (parts) => {
    const text = parts.join("");
    const pieces = splitSentences(text);
    assert.equal(pieces.map(({ start, end }) => text.slice(start, end)).join(""), text);
    assert.ok(pieces.every(({ start, end }) => end > start));
  }));
});
