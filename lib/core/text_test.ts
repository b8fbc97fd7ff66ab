import assert from "node:assert/strict";
import { cutText } from "./text.ts";

Deno.test("cutText() leaves out a character that it would cut in two", () => {
  const text = "x😀y";
  assert.deepEqual([0, 1, 2, 3, 4, 9].map((n) => cutText(text, n)), [
    "",
    "x",
    "x",
    "x😀",
    text,
    text,
  ]);
});
