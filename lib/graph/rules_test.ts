import { assertGradient } from "../runtime/testing.ts";
import { add, div, exp, log, mul, neg, scale, sigmoid, sqrt, sub, tanh } from "./elementwise.ts";
import { gather, gatherDistinct } from "./gather.ts";
import { matmul } from "./matmul.ts";
import type { DifferentiableOp } from "./ops.ts";
import { reduceMean, reduceSum, softmax } from "./reduce.ts";
import { expand, flattenRows, reshape, reshapeLike, transpose } from "./shape_ops.ts";
import { constant, type Tensor } from "./tensor.ts";

const ints = (values: number[], shape: number[]) =>
  constant(BigInt64Array.from(values, BigInt), shape, "indices");

interface Case {
  name: string;
  f: (...x: Tensor[]) => Tensor;
  shapes: number[][];
  /** Draw arguments over 0.5, where the function is smooth. */
  positive?: boolean;
}

/**
 * Operands of one shape; rows, columns, scalars and extra axes repeated; both repeated; one operand
 * twice.
 */
const broadcasts = [
  [[2, 3], [2, 3]],
  [[2, 3], [3]],
  [[2, 3], [2, 1]],
  [[2, 3], []],
  [[3], [4, 2, 3]],
  [[2, 1], [1, 3]],
  [[4, 1, 3], [2, 1]],
];

const binary = (name: string, f: (a: Tensor, b: Tensor) => Tensor, positive = false): Case[] => [
  ...broadcasts.map((shapes) => ({
    name: `${name} ${JSON.stringify(shapes)}`,
    f,
    shapes,
    positive,
  })),
  { name: `${name} twice`, f: (a) => f(a, mul(a, a)), shapes: [[2, 3]], positive },
];

const unary = (name: string, f: (x: Tensor) => Tensor, positive = false): Case[] => [
  { name, f, shapes: [[2, 3]], positive },
];

const product = (a: number[], b: number[], transA: boolean, transB: boolean): Case => ({
  name: `matmul ${JSON.stringify([a, b])} ${transA ? "Aᵀ" : "A"} ${transB ? "Bᵀ" : "B"}`,
  f: (x, y) => matmul(x, y, { transA, transB, alpha: 0.7 }),
  shapes: [a, b],
});

/**
 * The rules that each group of cases checks, by the op's name in the table; one without a check is
 * a type error.
 */
const cases: Record<DifferentiableOp, Case[]> = {
  Add: binary("add", add),
  Sub: binary("sub", sub),
  Mul: [...binary("mul", mul), ...unary("scale", (x) => scale(x, -2.5))],
  Div: binary("div", div, true),
  Neg: unary("neg", neg),
  Exp: unary("exp", exp),
  Log: unary("log", log, true),
  Sqrt: unary("sqrt", sqrt, true),
  Sigmoid: unary("sigmoid", sigmoid),
  Tanh: unary("tanh", tanh),
  Softmax: [{ name: "softmax", f: softmax, shapes: [[2, 3, 4]] }],
  ReduceSum: [
    { name: "reduceSum [0, 2]", f: (x) => reduceSum(x, [0, 2]), shapes: [[2, 3, 4]] },
    { name: "reduceSum [-1]", f: (x) => reduceSum(x, [-1]), shapes: [[2, 3]] },
    { name: "reduceMean [1]", f: (x) => reduceMean(x, [1]), shapes: [[2, 3, 4]] },
  ],
  Reshape: [
    { name: "reshape", f: (x) => reshape(x, [3, 4]), shapes: [[2, 6]] },
    { name: "flattenRows", f: flattenRows, shapes: [[2, 3, 4]] },
    { name: "reshapeLike", f: (x, y) => mul(reshapeLike(x, y), y), shapes: [[6], [2, 3]] },
  ],
  Transpose: [
    { name: "transpose", f: (x) => transpose(x, [2, 0, 3, 1]), shapes: [[2, 3, 4, 5]] },
  ],
  Expand: [{ name: "expand", f: (x, y) => mul(expand(x, y), y), shapes: [[2, 1, 3], [2, 4, 3]] }],
  FusedMatMul: [
    product([3, 4], [4, 2], false, false),
    product([3, 4], [2, 4], false, true),
    product([4, 3], [4, 2], true, false),
    product([4, 3], [2, 4], true, true),
    product([2, 5, 3, 4], [2, 5, 4, 2], false, false),
    product([2, 3, 4], [2, 2, 4], false, true),
    product([2, 4, 3], [2, 4, 2], true, false),
    product([2, 4, 3], [2, 2, 4], true, true),
    product([2, 5, 3, 4], [4, 2], false, false), // one B for all matrices of A
    product([2, 3, 4], [2, 4], false, true),
  ],
  Gather: [
    {
      name: "gather, rows twice, once and never",
      f: (table) => gather(table, ints([1, 1, 3, 0, 1, 3], [2, 3])),
      shapes: [[5, 2]],
    },
    {
      name: "gatherDistinct",
      f: (table) => gatherDistinct(table, ints([4, 0, 2], [3])),
      shapes: [[5, 2]],
    },
    {
      name: "gather from gatherDistinct",
      f: (table) => gather(gatherDistinct(table, ints([4, 0, 2], [3])), ints([2, 0, 2, 2], [4])),
      shapes: [[5, 2]],
    },
  ],
};

for (const [op, checks] of Object.entries(cases)) {
  Deno.test(`${op}: its gradient agrees with central differences`, async (t) => {
    for (const { name, f, shapes, positive = false } of checks) {
      await t.step(name, () => assertGradient(f, shapes, { positive }));
    }
  });
}
