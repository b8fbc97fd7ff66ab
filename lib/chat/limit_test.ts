import assert from "node:assert/strict";
import { limiter } from "./limit.ts";

Deno.test("limiter() lets work through in order, as much at once as there are places", async () => {
  const limited = limiter(2);
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const works = [0, 1, 2, 3].map((i) =>
    limited(() => {
      started.push(i);
      return new Promise<number>((end) => ends.push(() => end(i)));
    })
  );
  for (const running of [[0, 1], [0, 1, 2], [0, 1, 2, 3]]) {
    await new Promise((settled) => setImmediate(settled));
    assert.deepEqual(started, running);
    ends.shift()!();
  }
  ends.forEach((end) => end());
  assert.deepEqual(await Promise.all(works), [0, 1, 2, 3]);
});

Deno.test("limiter() gives the place of failed work to the next", async () => {
  const limited = limiter(1);
  const failed = limited(() => Promise.reject(new Error("no")));
  const next = limited(() => Promise.resolve("yes"));
  await assert.rejects(failed, /^Error: no$/);
  assert.equal(await next, "yes");
});

Deno.test("limiter() wants a place", () => {
  for (const places of [0, -1, 1.5, NaN]) {
    assert.throws(() => limiter(places), { name: "RangeError", message: /got (0|-1|1.5|NaN)$/ });
  }
});
