import assert from "node:assert/strict";
import fc from "fast-check";
import { openSession } from "../runtime/session.ts";
import { evaluate } from "../runtime/testing.ts";
import {
  add,
  div,
  exp,
  log,
  minimum,
  mul,
  neg,
  pow,
  scale,
  sigmoid,
  sqrt,
  sub,
  tanh,
} from "./elementwise.ts";
import { gather, gatherDistinct, oneHotColumns } from "./gather.ts";
import { matmul } from "./matmul.ts";
import { reduceMax, reduceMean, reduceSum, reduceSumSquare, softmax } from "./reduce.ts";
import { loop } from "./loop.ts";
import { concat, expand, flattenRows, reshape, sizeOf, slice, transpose } from "./shape_ops.ts";
import { constant, dimProduct, input, showShape, type Tensor, wholeNumber } from "./tensor.ts";

const matrix = constant([1, 2, 3, 4, 5, 6], [2, 3], "matrix");
const column = constant([10, 20], [2, 1], "column");
const vector = constant([-1, 0, 1], [3], "vector");
const ints = (values: number[], name = "indices") =>
  constant(BigInt64Array.from(values, BigInt), [values.length], name);

async function assertValue(x: Tensor, shape: number[], expected: number[]): Promise<void> {
  assert.deepEqual(x.shape, shape);
  const found = await evaluate(x);
  assert.equal(found.length, expected.length);
  found.forEach((v, i) => {
    assert.ok(Math.abs(v - expected[i]) <= 1e-6 * Math.max(1, Math.abs(expected[i])), `${found}`);
  });
}

Deno.test("elementwise ops broadcast as NumPy does", async () => {
  await assertValue(add(matrix, column), [2, 3], [11, 12, 13, 24, 25, 26]);
  await assertValue(sub(vector, column), [2, 3], [-11, -10, -9, -21, -20, -19]);
  await assertValue(mul(matrix, vector), [2, 3], [-1, 0, 3, -4, 0, 6]);
  await assertValue(div(vector, column), [2, 3], [-0.1, 0, 0.1, -0.05, 0, 0.05]);
  await assertValue(minimum(matrix, constant([3], [])), [2, 3], [1, 2, 3, 3, 3, 3]);
  await assertValue(pow(matrix, constant([2], [])), [2, 3], [1, 4, 9, 16, 25, 36]);
});

Deno.test("elementwise functions give the values of Math", async () => {
  const values = [0.1, 1, 2.5];
  const x = constant(values, [3]);
  await assertValue(neg(x), [3], values.map((v) => -v));
  await assertValue(exp(x), [3], values.map(Math.exp));
  await assertValue(log(x), [3], values.map(Math.log));
  await assertValue(sqrt(x), [3], values.map(Math.sqrt));
  await assertValue(tanh(x), [3], values.map(Math.tanh));
  await assertValue(sigmoid(x), [3], values.map((v) => 1 / (1 + Math.exp(-v))));
});

Deno.test("reductions keep their axes as size 1", async () => {
  await assertValue(reduceSum(matrix, [1]), [2, 1], [6, 15]);
  await assertValue(reduceSum(matrix, [0, -1]), [1, 1], [21]);
  await assertValue(reduceMean(matrix, [-2]), [1, 3], [2.5, 3.5, 4.5]);
  await assertValue(reduceMax(matrix, [0]), [1, 3], [4, 5, 6]);
  await assertValue(reduceSumSquare(matrix, [1]), [2, 1], [14, 77]);
});

Deno.test("softmax() turns log-odds into probabilities and stays finite", async () => {
  await assertValue(softmax(constant([0, Math.log(3)], [1, 2])), [1, 2], [0.25, 0.75]);
  await assertValue(softmax(constant([1e4, -1e4], [1, 2])), [1, 2], [1, 0]);
});

Deno.test("shape ops move values", async () => {
  await assertValue(transpose(matrix, [1, 0]), [3, 2], [1, 4, 2, 5, 3, 6]);
  await assertValue(expand(column, matrix), [2, 3], [10, 10, 10, 20, 20, 20]);
  await assertValue(slice(matrix, 1, 1, 3), [2, 2], [2, 3, 5, 6]);
  await assertValue(concat([column, matrix], 1), [2, 4], [10, 1, 2, 3, 20, 4, 5, 6]);
});

Deno.test("loop() makes a value round by round, from what is around it", async () => {
  const x = input("x", ["n"]);
  const twice = scale(x, 2);
  const running = loop(sizeOf(x, 0), constant([], [0]), (round, before) => {
    const first = slice(twice, 0, 0, add(round, wholeNumber(1)), "some");
    return concat([before, reshape(reduceSum(first, [0]), [1])], 0, "more");
  }, ["n"]);
  await using session = await openSession({ running, twice }, { threads: 1 });
  for (const [data, expected] of [[[1, 2, 3, 4], [2, 6, 12, 20]], [[5], [10]], [[], []]]) {
    const values = { data: Float32Array.from(data), dims: [data.length] };
    assert.deepEqual([...(await session.run({ x: values })).running.data], expected);
  }
});

Deno.test("loop() may end in what no round changes, but not stand in another", async () => {
  const fixed = neg(vector);
  const last = loop(wholeNumber(3), vector, () => fixed, [3]);
  await assertValue(add(last, fixed), [3], [2, 0, -2]);
  const once = (x: Tensor) => loop(wholeNumber(1), vector, () => x, [3]);
  await assert.rejects(
    evaluate(loop(wholeNumber(1), vector, (_, before) => once(neg(before)), [3])),
    /must not stand in another/,
  );
});

Deno.test("gather() and gatherDistinct() pick rows", async () => {
  await assertValue(gather(matrix, ints([1, 0, 1])), [3, 3], [4, 5, 6, 1, 2, 3, 4, 5, 6]);
  await assertValue(gatherDistinct(matrix, ints([1])), [1, 3], [4, 5, 6]);
  await assertValue(oneHotColumns(matrix, ints([1, 0, 1])), [2, 3], [0, 1, 0, 1, 0, 1]);
});

Deno.test("matmul() agrees with three loops, whichever side is transposed", async () => {
  const size = fc.integer({ min: 1, max: 4 });
  const shape = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), size, size, size, size);
  await fc.assert(
    fc.asyncProperty(shape, async ([transA, transB, shared, batch, m, k, n]) => {
      const numbers = (count: number, step: number) =>
        Array.from({ length: count }, (_, i) => ((i * step) % 11) - 5);
      const oneB = shared && !transA;
      const [a, b] = [numbers(batch * m * k, 7), numbers((oneB ? 1 : batch) * k * n, 3)];
      const expected: number[] = [];
      for (let s = 0; s < batch; s++) {
        const [atA, atB] = [s * m * k, oneB ? 0 : s * k * n];
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let l = 0; l < k; l++) {
              sum += a[atA + (transA ? l * m + i : i * k + l)] *
                b[atB + (transB ? j * k + l : l * n + j)];
            }
            expected.push(0.5 * sum);
          }
        }
      }
      const [sideA, sideB] = [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n]];
      const x = constant(a, [batch, ...sideA]);
      const y = constant(b, oneB ? sideB : [batch, ...sideB]);
      await assertValue(matmul(x, y, { transA, transB, alpha: 0.5 }), [batch, m, n], expected);
    }),
    { numRuns: 60 },
  );
});

Deno.test("reshape() works out one named size and keeps those in place", async () => {
  const x = input("grid", ["B", "T", 4]);
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  const feeds = { grid: { data, dims: [2, 3, 4] } };
  const heads = reshape(x, ["B", "T", 2, 2]);
  assert.deepEqual(heads.shape, ["B", "T", 2, 2]);
  const split = transpose(heads, [0, 2, 1, 3]); // (B, 2, T, 2)
  assert.deepEqual(
    (await evaluate(split, feeds)).subarray(0, 6),
    Float32Array.of(0, 1, 4, 5, 8, 9),
  );
  const rows = flattenRows(x);
  assert.deepEqual(rows.shape, ["B*T", 4]);
  assert.deepEqual(await evaluate(rows, feeds), data);
  assert.equal(reshape(x, ["B", "T", 4]), x);
  assert.deepEqual(flattenRows(reshape(x, ["B", "T", 2, 2])).shape, ["B*T*2", 2]);
});

Deno.test("reshape() refuses other sizes and two named sizes that move", () => {
  const x = input("x", ["B", "T", 4]);
  assert.throws(
    () => reshape(x, ["B", 4]),
    /^RangeError: Cannot reshape "x" from \(B, T, 4\) to \(B, 4\): the sizes differ$/,
  );
  assert.throws(() => reshape(matrix, [4]), /Cannot reshape "matrix" from \(2, 3\) to \(4\)/);
  assert.throws(() => reshape(x, ["T", "B", 4]), /two named sizes move/);
});

const other = input("other", ["B", 5]);
const mistakes: Record<string, [() => unknown, RegExp]> = {
  add: [
    () => add(matrix, other),
    /^RangeError: Cannot add "matrix" and "other": shapes must broadcast, got \(2, 3\) and \(B, 5\)$/,
  ],
  sub: [
    () => sub(matrix, ints([1, 2], "pair")),
    /subtract "matrix" and "pair".* \(2, 3\) and \(2\)$/,
  ],
  mul: [() => mul(other, matrix), /multiply "other" and "matrix".* got \(B, 5\) and \(2, 3\)$/],
  div: [() => div(matrix, other), /divide "matrix" and "other"/],
  "add, unlike names": [
    () => add(input("x", ["B"]), input("y", ["T"])),
    /Cannot add "x" and "y": shapes must broadcast, got \(B\) and \(T\)$/,
  ],
  matmul: [
    () => matmul(matrix, other),
    /^RangeError: Cannot multiply "matrix" by "other": .* got \(2, 3\) and \(B, 5\)$/,
  ],
  "matmul, transposed": [
    () => matmul(matrix, other, { transA: true, transB: true }),
    /Cannot multiply "matrix"ᵀ by "other"ᵀ: .* got \(2, 3\)ᵀ and \(B, 5\)ᵀ$/,
  ],
  "matmul, other leading axes": [
    () => matmul(input("a", [2, 3, 4]), input("b", [5, 4, 3])),
    /"a" by "b": inner sizes and leading axes must agree, got \(2, 3, 4\) and \(5, 4, 3\)$/,
  ],
  "matmul, a vector": [() => matmul(matrix, vector), /"vector": it must be a matrix, got \(3\)$/],
  gather: [
    () => gather(matrix, vector),
    /rows of "matrix" by "vector": .* got \(2, 3\) and float32 \(3\)$/,
  ],
  "gather from a vector": [() => gather(vector, ints([0])), /got \(3\) and int64 \(1\)$/],
  softmax: [() => softmax(constant([1], [], "one")), /softmax of "one": .* got shape \(\)$/],
  reduce: [() => reduceSum(matrix, [2]), /reduce "matrix" over axis 2: its shape is \(2, 3\)$/],
  mean: [() => reduceMean(other, [0]), /average "other" over axis 0: its size "B" is not known$/],
  transpose: [() => transpose(matrix, [0, 0]), /transpose "matrix": \(2, 3\) .* got \(0,0\)$/],
  slice: [
    () => slice(vector, 0, 2, 4),
    /slice "vector" of shape \(3\) along axis 0: .* got 2 to 4$/,
  ],
  concat: [
    () => concat([matrix, column], 0),
    /concatenate "column" of shape \(2, 1\) with "matrix" of shape \(2, 3\) along axis 0$/,
  ],
  constant: [() => constant([1, 2], [3], "c"), /constant "c": shape \(3\) needs 3 values, got 2$/],
};

for (const [name, [make, message]] of Object.entries(mistakes)) {
  Deno.test(`${name}: a shape mistake is reported with names and shapes`, () => {
    assert.throws(make, message);
  });
}

Deno.test("dimProduct() multiplies numbers and joins names", () => {
  assert.equal(dimProduct([2, 3]), 6);
  assert.equal(dimProduct([]), 1);
  assert.equal(dimProduct(["B", "T", 4]), "B*T*4");
  assert.equal(dimProduct(["B", 1]), "B");
  assert.equal(showShape(["B", 3]), "(B, 3)");
});
