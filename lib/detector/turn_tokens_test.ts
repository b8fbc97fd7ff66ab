import assert from "node:assert/strict";
import { readFrom, readOf } from "./testing.ts";
import { sumOver, turnTokens } from "./turn_tokens.ts";

const placed = (texts: readonly string[]) => readOf(...texts.map((text) => [text, 1] as const));

Deno.test("turnTokens() tells markers from what is said, and blank lines from both", () => {
  const tokens = ["\n\n", "Human", ":", " Hi", " you", "\n\n", "Assistant", ":", " Yes"];
  assert.deepEqual(turnTokens(placed(tokens)), [
    { speaker: "Human", marker: { from: 1, end: 3 }, said: { from: 3, end: 5 } },
    { speaker: "Assistant", marker: { from: 6, end: 8 }, said: { from: 8, end: 9 } },
  ]);
});

Deno.test("turnTokens() counts a token by all that it holds", () => {
  const tokens = ["\n\nHuman", ":", " Hi", "!\n\n", "Function", ":", " call"];
  assert.deepEqual(turnTokens(placed(tokens)), [
    { speaker: "Human", marker: { from: 0, end: 2 }, said: { from: 2, end: 3 } },
    { speaker: "Function", marker: { from: 4, end: 6 }, said: { from: 6, end: 7 } },
  ]);
});

Deno.test("turnTokens() has no tokens for turns that were not read, and text before a marker is said by nobody", () => {
  const whole = placed(["\n\n", "Human", ":", " Hi", "\n\n", "Assistant", ":", " Yes", " sir"]);
  assert.deepEqual(turnTokens(readFrom(whole, 7)), [
    { speaker: "Human", marker: { from: 0, end: 0 }, said: { from: 0, end: 0 } },
    { speaker: "Assistant", marker: { from: 0, end: 0 }, said: { from: 0, end: 2 } },
  ]);
  assert.deepEqual(turnTokens(placed(["Dear", " all", "\n\n", "Human:", " Hi"])), [
    { speaker: undefined, marker: { from: 0, end: 0 }, said: { from: 0, end: 2 } },
    { speaker: "Human", marker: { from: 3, end: 4 }, said: { from: 4, end: 5 } },
  ]);
});

Deno.test("turnTokens() has a marker and no words where a turn is empty", () => {
  assert.deepEqual(turnTokens(placed(["\n\n", "Human:", "\n\n", "Assistant:", " Yes"])), [
    { speaker: "Human", marker: { from: 1, end: 2 }, said: { from: 2, end: 2 } },
    { speaker: "Assistant", marker: { from: 3, end: 4 }, said: { from: 4, end: 5 } },
  ]);
});

Deno.test("sumOver() adds up a stretch", () => {
  assert.equal(sumOver(Float32Array.of(1, 2, 4, 8), { from: 1, end: 3 }), 6);
  assert.equal(sumOver(Float32Array.of(1, 2), { from: 1, end: 1 }), 0);
});
