import assert from "node:assert/strict";
import { drawInto } from "./draw.ts";
import { drawAhead } from "./draw_ahead.ts";

const STARTS = [0, 700, 1000];
const state = () => Int32Array.of(1, 2, 3, 4);

Deno.test("drawAhead() hands out what one thread would draw, in order, whether or not it waits for the other", () => {
  for (const patience of [60_000, 0]) {
    using ahead = drawAhead(STARTS, state(), patience);
    const [own, counts, expected] = [state(), new Uint8Array(1000), new Uint8Array(1000)];
    for (let r = 0; r < 50; r++) { // more than may wait
      drawInto(expected, STARTS, own);
      ahead.next(counts);
      assert.deepEqual(counts, expected, `resample ${r}, patience ${patience}`);
    }
  }
});
