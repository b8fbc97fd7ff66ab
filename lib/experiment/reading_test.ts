import assert from "node:assert/strict";
import { bestOf, comparison, countClear, percentOf } from "./reading.ts";

const interval = (estimate: number, low: number, high: number) => ({ estimate, low, high });

Deno.test("comparison() says higher or lower only where the whole interval is on one side of 0", () => {
  assert.equal(comparison(interval(0.03, 0.01, 0.05)), "clearly higher (3.0 points [1.0, 5.0])");
  assert.equal(
    comparison(interval(-0.03, -0.05, -0.01)),
    "clearly lower (-3.0 points [-5.0, -1.0])",
  );
  assert.equal(
    comparison(interval(0.03, 0, 0.05)),
    "not clearly different (3.0 points [0.0, 5.0])",
  );
  assert.equal(comparison(null), "not comparable");
});

Deno.test("percentOf() has its unit and its interval, or says that there is none", () => {
  assert.equal(percentOf(interval(0.198, 0.12, 0.281)), "19.8% [12.0, 28.1]");
  assert.equal(percentOf(null), "an unknown share");
});

Deno.test("bestOf() and countClear() leave out what was not measured", () => {
  const result = (recall: number | null) => ({
    id: {
      nSafe: 1,
      nUnsafe: 1,
      metrics: { "recall@0.01": recall === null ? null : interval(recall, 0, 1) },
    },
  });
  const results = { a: result(0.2), b: result(0.4), c: result(null), d: result(0.4) };
  assert.equal(bestOf(results, ["a", "b", "c", "d"], "id"), "b"); // the first of equals
  assert.deepEqual(
    countClear([interval(1, 0.5, 2), interval(-1, -2, -0.5), interval(0, -1, 1), null]),
    { higher: 1, lower: 1 },
  );
});
