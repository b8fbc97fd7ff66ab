import assert from "node:assert/strict";
import fc from "fast-check";
import { learningRateAt } from "./loop.ts";

Deno.test("learningRateAt() gives the values worked out by hand", () => {
  const schedule = { learningRate: 2, warmup: 0.2 };
  const rate = (step: number) => learningRateAt(step, 10, schedule);
  assert.deepEqual([rate(0), rate(1), rate(2)], [1, 2, 2]); // two steps up to 2
  assert.ok(Math.abs(rate(6) - 1.1) < 1e-12); // half way down to 0.2: cos(π/2) = 0
  assert.ok(Math.abs(rate(4) - 2 * (0.1 + 0.45 * (1 + Math.SQRT1_2))) < 1e-12); // cos(π/4)
  assert.ok(Math.abs(rate(8) - 2 * (0.1 + 0.45 * (1 - Math.SQRT1_2))) < 1e-12); // cos(3π/4)
});

Deno.test("learningRateAt() starts at the top where there is no warmup", () => {
  assert.equal(learningRateAt(0, 1, { learningRate: 3e-4, warmup: 0 }), 3e-4);
});

Deno.test("learningRateAt() rises, then falls, between a tenth and the highest rate", () => {
  const steps = fc.integer({ min: 1, max: 300 });
  fc.assert(fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (steps, warmup) => {
    const rates = Array.from(
      { length: steps },
      (_, step) => learningRateAt(step, steps, { learningRate: 1, warmup }),
    );
    const rising = Math.ceil(warmup * steps);
    rates.forEach((rate, i) => {
      assert.ok(rate > 0 && rate <= 1 + 1e-12);
      if (i >= rising) assert.ok(rate >= 0.1);
      if (i > 0) assert.ok(i < rising ? rate > rates[i - 1] : rate <= rates[i - 1] + 1e-12);
    });
  }));
});
