import assert from "node:assert/strict";
import { processorClock, productRate } from "./product_rate.ts";

Deno.test("productRate() counts the operations of its products in the time of the clock that it is given", async () => {
  let now = 0;
  const rate = await productRate({ threads: 1 }, () => now += 500); // each try takes half a second
  assert.equal(rate, 2 * 1024 ** 3 * 3 / 0.5);
});

Deno.test("processorClock() shares the processor's time among the threads, and runs while there is work", async () => {
  const [one, two] = [processorClock(1), processorClock(2)];
  const begun = one();
  await productRate({ threads: 1 });
  assert.ok(one() > begun);
  const before = one();
  const half = two();
  assert.ok(before / 2 <= half && half <= one() / 2);
});
