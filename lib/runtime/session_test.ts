import assert from "node:assert/strict";
import { add, mul, pow } from "../graph/elementwise.ts";
import { constant, customGradient, input } from "../graph/tensor.ts";
import { openSession } from "./session.ts";
import { assertGradient } from "./testing.ts";

const value = (...numbers: number[]) => ({
  data: Float32Array.from(numbers),
  dims: [numbers.length],
});

Deno.test("run() feeds inputs of one name once and gives all outputs", async () => {
  const [a, b] = [input("x", ["n"]), input("x", ["n"])];
  await using session = await openSession({ sum: add(a, b), product: mul(a, b) }, { threads: 1 });
  const { sum, product } = await session.run({ x: value(1, 2, 3) });
  assert.deepEqual([...sum.data, ...product.data], [2, 4, 6, 1, 4, 9]);
  assert.deepEqual(sum.dims, [3]);
});

Deno.test("run() writes an output into the array that is given for it", async () => {
  await using session = await openSession({ y: mul(input("x", [2]), constant([3], [])) }, {
    threads: 1,
  });
  const into = value(0, 0);
  await session.run({ x: value(1, 2) }, { y: into });
  assert.deepEqual([...into.data], [3, 6]);
});

Deno.test("assertGradient() finds a wrong rule", async () => {
  const wrong = assertGradient(
    (x) => customGradient("cube", pow(x, constant([3], [])), [x], (_, g) => [mul(g, x)]),
    [[4]],
    { positive: true },
  );
  await assert.rejects(wrong, /^AssertionError.*gradient 0: central difference/);
});
