import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { excerpt, type TrainingText } from "./excerpts.ts";

/** Two turns: marker 10, sentences 11 12 and 13; marker 20, sentences 21, 22 23. */
const text: TrainingText = {
  ids: Int32Array.of(1, 10, 11, 12, 13, 20, 21, 22, 23),
  pieces: [
    { from: 1, to: 2, turn: 0, marker: true },
    { from: 2, to: 4, turn: 0, marker: false },
    { from: 4, to: 5, turn: 0, marker: false },
    { from: 5, to: 6, turn: 1, marker: true },
    { from: 6, to: 7, turn: 1, marker: false },
    { from: 7, to: 9, turn: 1, marker: false },
  ],
};

Deno.test("excerpt() keeps everything where nothing is to be left out", () => {
  assert.deepEqual(excerpt(text, stream("a"), { keep: 1, alone: 0 }), text.ids);
});

Deno.test("excerpt() keeps markers and one sentence of the last turn where all is to be left out", () => {
  const random = stream("b");
  const seen = new Set(
    Array.from({ length: 50 }, () => excerpt(text, random, { keep: 0, alone: 0 }).join()),
  );
  assert.deepEqual([...seen].sort(), ["1,10,20,21", "1,10,20,22,23"]);
});

Deno.test("excerpt() leaves the last turn alone with the chance asked for", () => {
  const random = stream("c");
  const alone = Array.from({ length: 4000 }, () => excerpt(text, random, { keep: 1, alone: 0.3 }))
    .filter((ids) => ids.join() === "1,20,21,22,23").length;
  assert.ok(Math.abs(alone / 4000 - 0.3) < 0.03, `${alone} of 4000`);
});

Deno.test("excerpt() keeps sentences whole, with the chance asked for", () => {
  const random = stream("d");
  const drawn = Array.from(
    { length: 4000 },
    () => [...excerpt(text, random, { keep: 0.4, alone: 0 })],
  );
  assert.ok(drawn.every((ids) => ids.includes(11) === ids.includes(12)));
  const kept = drawn.filter((ids) => ids.includes(11)).length / 4000;
  assert.ok(Math.abs(kept - 0.4) < 0.03, `${kept}`);
});
