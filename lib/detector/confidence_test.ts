import assert from "node:assert/strict";
import { energy, maximumSoftmaxProbability } from "./confidence.ts";
import golden from "./testdata/guards_golden.json" with { type: "json" };

const logits = Float32Array.from(golden.logits);
const differences = logits.filter((_, k) => k % 2 === 1).map((unsafe, i) => unsafe - logits[2 * i]);

function assertClose(found: Float64Array, expected: readonly number[], tolerance: number): void {
  assert.equal(found.length, expected.length);
  found.forEach((f, i) =>
    assert.ok(Math.abs(f - expected[i]) <= tolerance, `[${i}]: ${f}, ${expected[i]}`)
  );
}

Deno.test("energy and maximumSoftmaxProbability agree with PyTorch", () => {
  assertClose(energy.score(logits), golden.energy, 1e-12);
  const unsure = maximumSoftmaxProbability.score(differences);
  assertClose(unsure, golden.maximumSoftmaxProbability, 1e-7); // differences are float32
});

Deno.test("maximumSoftmaxProbability tells guards apart that are very sure", () => {
  const [sure, surer, unsafe] = maximumSoftmaxProbability.score(Float32Array.of(-40, -41, 41));
  assert.ok(sure > surer);
  assert.equal(surer, unsafe); // sure is sure, of whatever class
});

Deno.test("energy and maximumSoftmaxProbability refuse NaN and half a row", () => {
  assert.throws(() => energy.score(Float32Array.of(1, NaN)), /got NaN in row 0$/);
  assert.throws(() => energy.score(Float32Array.of(1, 2, 3)), /two logits a row, got 3$/);
  const differences = Float32Array.of(1, Infinity);
  assert.throws(() => maximumSoftmaxProbability.score(differences), /got Infinity in row 1$/);
});
