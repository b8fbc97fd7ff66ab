import assert from "node:assert/strict";
import golden from "./testdata/normal_quantile_golden.json" with { type: "json" };
import { normalQuantile } from "./normal_quantile.ts";

Deno.test("normalQuantile() agrees with SciPy from tails of nearly 1 down to e^-1000000", () => {
  golden.surprisals.forEach((surprisal, i) => {
    const [found, expected] = [normalQuantile(surprisal), golden.quantiles[i]];
    const error = Math.abs(found - expected) / Math.max(1, Math.abs(expected));
    assert.ok(error < (surprisal > 729 ? 1e-9 : 1e-12), `${surprisal}: ${found}, not ${expected}`);
  });
});

Deno.test("normalQuantile() rises with the surprisal across its branches", () => {
  let last = -Infinity;
  for (let surprisal = 0.01; surprisal < 2000; surprisal *= 1.003) {
    const z = normalQuantile(surprisal);
    assert.ok(z > last, `${surprisal}`);
    last = z;
  }
});

Deno.test("normalQuantile() refuses a tail of all there is", () => {
  assert.throws(() => normalQuantile(0), /the surprisal must be above 0, got 0/);
});
