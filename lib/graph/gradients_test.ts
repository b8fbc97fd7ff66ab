import assert from "node:assert/strict";
import { openSession } from "../runtime/session.ts";
import { evaluate } from "../runtime/testing.ts";
import { add, exp, minimum, mul, pow } from "./elementwise.ts";
import { gather, gatherDistinct } from "./gather.ts";
import { gradients } from "./gradients.ts";
import { loop } from "./loop.ts";
import { reduceMax, reduceSum, softmax } from "./reduce.ts";
import { concat, slice } from "./shape_ops.ts";
import { constant, customGradient, input, scalar, type Tensor, wholeNumber } from "./tensor.ts";

const total = (x: Tensor) => reduceSum(x, x.shape.map((_, i) => i));

Deno.test("gradients() sums over all ways from a value to the loss", async () => {
  const x = constant([3], [], "x");
  const y = mul(x, x);
  const [byX] = gradients(add(mul(y, x), mul(y, y)), [x]); // x³ + x⁴
  assert.deepEqual([...await evaluate(byX)], [3 * 9 + 4 * 27]);
});

Deno.test("gradients() takes the values differentiated by as independent", async () => {
  const x = constant([3], [], "x");
  const y = mul(x, x);
  const [byX, byY] = gradients(mul(y, x), [x, y]); // yx, y held fast: dx = y, dy = x
  assert.deepEqual([...await evaluate(byX), ...await evaluate(byY)], [9, 3]);
});

Deno.test("gradients() works with sizes known only when the graph runs", async () => {
  const [x, gain] = [input("x", ["B", "T", 2]), input("gain", [2])];
  const [byX, byGain] = gradients(total(mul(x, gain)), [x, gain]);
  await using session = await openSession({ byX, byGain }, { threads: 1 });
  for (const [B, T] of [[1, 3], [2, 2]]) {
    const data = Float32Array.from({ length: B * T * 2 }, (_, i) => i);
    const result = await session.run({
      x: { data, dims: [B, T, 2] },
      gain: { data: Float32Array.of(5, 7), dims: [2] },
    });
    assert.deepEqual(result.byX.dims, [B, T, 2]);
    assert.deepEqual(result.byX.data, data.map((_, i) => [5, 7][i % 2]));
    const even = data.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b);
    assert.deepEqual(result.byGain.data, Float32Array.of(even, even + B * T));
  }
});

Deno.test("gradients() adds up over rows that gather() picks again", async () => {
  const table = constant([1, 2, 3, 4], [2, 2], "table");
  const [byTable] = gradients(total(gather(table, constant(BigInt64Array.of(1n, 1n, 1n), [3]))), [
    table,
  ]);
  assert.deepEqual([...await evaluate(byTable)], [0, 0, 3, 3]);
});

Deno.test("gradients() follows a rule of one's own, not the nodes behind the value", async () => {
  const x = constant([2], [], "x");
  const y = customGradient("odd", exp(x), [x], (_, g) => [mul(g, scalar(42))]);
  assert.deepEqual([...await evaluate(gradients(y, [x])[0])], [42]);
  assert.ok(Math.abs((await evaluate(y))[0] - Math.exp(2)) < 1e-5);
});

Deno.test("gradients() names an op that has no rule", () => {
  const x = input("x", [3]);
  const ops: Record<string, Tensor> = {
    Min: minimum(x, scalar(1)),
    Pow: pow(x, scalar(2)),
    ReduceMax: reduceMax(x, [0]),
    Slice: slice(x, 0, 0, 2),
    Concat: concat([x, x], 0),
    Loop: loop(wholeNumber(1), scalar(0), (_, before) => add(before, total(x)), []),
  };
  for (const [op, y] of Object.entries(ops)) {
    assert.throws(() => gradients(total(y), [x]), {
      name: "TypeError",
      message: `Cannot differentiate "${op}": it has no gradient rule`,
    });
  }
});

Deno.test("gradients() passes over ops without a rule where nothing depends on them", async () => {
  const [x, fixed] = [constant([2, 3], [2], "x"), constant([5, 7], [2])];
  const [byX] = gradients(total(mul(x, minimum(fixed, scalar(6)))), [x]);
  assert.deepEqual([...await evaluate(byX)], [5, 6]);
});

Deno.test("gradients() refuses a loss of several values, and what it does not depend on", () => {
  const [x, y] = [input("x", ["B", 3]), input("y", [])];
  assert.throws(() => gradients(softmax(x), [x]), /it must be a scalar, got \(B, 3\)$/);
  assert.throws(() => gradients(total(x), [y]), /by "y": it does not depend on it$/);
});

Deno.test("gatherDistinct() refuses a table of unknown size when it is differentiated", () => {
  const table = input("table", ["V", 2]);
  const rows = gatherDistinct(table, constant(BigInt64Array.of(0n), [1]));
  assert.throws(
    () => gradients(total(rows), [table]),
    /Cannot scatter into "table": its shape must/,
  );
});
