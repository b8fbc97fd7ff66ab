import assert from "node:assert/strict";
import { fitLinearHead, headLogits } from "./linear_head.ts";
import golden from "./testdata/linear_head_golden.json" with { type: "json" };

const features = { data: Float32Array.from(golden.features.flat()), width: 4 };
const rows = golden.labels.map((malign, i) => ({ id: `row ${i}`, malign: malign as 0 | 1 }));

Deno.test("fitLinearHead() gives scikit-learn's log-odds under the C that it chose", () => {
  const head = fitLinearHead(features, rows);
  const logits = headLogits(head, features);
  const expected = golden.logits[`${head.C}` as keyof typeof golden.logits];
  assert.ok(head.C > 1e-4, "features that tell need no strongest penalty");
  expected.forEach((z, i) => {
    assert.equal(logits[2 * i], 0);
    assert.ok(Math.abs(logits[2 * i + 1] - z) < 1e-3, `row ${i}: ${logits[2 * i + 1]}, ${z}`);
  });
});

Deno.test("fitLinearHead() does not care for the units of features", () => {
  const moved = { ...features, data: features.data.map((x) => 1000 * x + 5) };
  const [logits, others] = [features, moved].map((f) => headLogits(fitLinearHead(f, rows), f));
  logits.forEach((z, i) => assert.ok(Math.abs(others[i] - z) < 1e-2));
});

Deno.test("fitLinearHead() says what is missing: rows of both labels, finite features", () => {
  const safe = rows.map((row) => ({ ...row, malign: 0 as const }));
  assert.throws(() => fitLinearHead(features, safe), /Cannot fit a head on hidden states: unsafe/);
  const broken = { ...features, data: features.data.with(5, NaN) };
  assert.throws(() => fitLinearHead(broken, rows), /features must be finite/);
});
