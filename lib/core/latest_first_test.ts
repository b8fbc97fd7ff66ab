import assert from "node:assert/strict";
import { latestFirst } from "./latest_first.ts";

Deno.test("latestFirst() never lets in more than there are places, and gives a place back after an error", async () => {
  const places = latestFirst(2);
  let [now, most] = [0, 0];
  const work = (i: number) =>
    places(async () => {
      most = Math.max(most, ++now);
      await new Promise((go) => setTimeout(go, 0));
      now--;
      if (i % 3 === 0) throw new Error(`${i}`);
      return i;
    }).catch((error: Error) => -Number(error.message));
  const found = await Promise.all(Array.from({ length: 12 }, (_, i) => work(i)));
  assert.deepEqual(found, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((i) => i % 3 ? i : -i));
  assert.equal(most, 2);
});
