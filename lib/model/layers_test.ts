import assert from "node:assert/strict";
import { mul } from "../graph/elementwise.ts";
import { gradients } from "../graph/gradients.ts";
import { reduceSum } from "../graph/reduce.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { causalMask } from "../runtime/batches.ts";
import { openSession } from "../runtime/session.ts";
import { assertGradient, evaluate } from "../runtime/testing.ts";
import { attention, type AttentionOptions } from "./attention.ts";
import { tokenNll } from "./decoder.ts";
import type { DecoderConfig } from "./config.ts";
import { geglu, logSumExp, rmsNorm, rotation, rowDot, swiglu } from "./layers.ts";
import { ropeFrequencies } from "./rope.ts";
import golden from "./testdata/layers_golden.json" with { type: "json" };

const mask = (length: number) => constant(causalMask(length).data, [length, length], "mask");

const causal = (q: Tensor, k: Tensor, v: Tensor, options?: AttentionOptions) =>
  attention(q, k, v, mask(q.shape[2] as number), options);

/** All that tokenNll() looks at is whether logits are capped. */
const tiny: DecoderConfig = {
  vocabSize: 6,
  hiddenSize: 4,
  intermediateSize: 4,
  layers: 1,
  heads: 1,
  contextLength: 3,
};

const layers: Record<keyof typeof golden, (...x: Tensor[]) => Tensor> = {
  rmsNorm: (x, gain) => rmsNorm(x, gain, 1e-5),
  rotate: (x) => rotation(ropeFrequencies({ theta: 10000 }, 8), 9)(x),
  attention: (q, k, v) => causal(q, k, v),
  groupedAttention: (q, k, v) => causal(q, k, v),
  cappedAttention: (q, k, v) => causal(q, k, v, { alpha: 0.4, cap: 0.7 }),
  swiglu,
  geglu,
  logSumExp,
  tokenNll: (hidden, rows, output) => tokenNll(hidden, rows, output, tiny),
  cappedTokenNll: (hidden, rows, output) =>
    tokenNll(hidden, rows, output, { ...tiny, logitCap: 2 }),
};

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(found.length, expected.length, what);
  for (let i = 0; i < found.length; i++) {
    const off = Math.abs(found[i] - expected[i]);
    assert.ok(
      off <= 2e-5 * Math.max(1, Math.abs(expected[i])),
      `${what}: ${found[i]}, ${expected[i]}`,
    );
  }
}

for (const [name, layer] of Object.entries(layers)) {
  const { inputs, value, direction, gradients: expected } = golden[name as keyof typeof golden];

  Deno.test(`${name}() gives the value and gradients that PyTorch gives`, async () => {
    const xs = inputs.map(({ shape, data }, i) => constant(data, shape, `x${i}`));
    const y = layer(...xs);
    const loss = reduceSum(
      mul(y, constant(direction, y.shape as number[])),
      y.shape.map((_, i) => i),
    );
    const outputs = Object.fromEntries(gradients(loss, xs).map((g, i) => [`g${i}`, g]));
    await using session = await openSession({ y, ...outputs }, { threads: 1 });
    const result = await session.run({});
    assertClose(result.y.data, value, name);
    expected.forEach((gradient, i) => assertClose(result[`g${i}`].data, gradient, `gradient ${i}`));
  });

  Deno.test(`${name}() gradients agree with central differences`, async () => {
    await assertGradient(layer, inputs.map(({ shape }) => shape));
  });
}

Deno.test("attention() does not look ahead", async () => {
  const { inputs: [q, k, v], value } = golden.attention;
  const changed = [k, v].map(({ data, shape }) =>
    constant(data.map((x, i) => Math.floor(i / shape[3]) % shape[2] === 3 ? x + 5 : x), shape)
  );
  const found = await evaluate(causal(constant(q.data, q.shape), changed[0], changed[1]));
  const before = (x: ArrayLike<number>) =>
    Array.from(x).filter((_, i) => Math.floor(i / 8) % 4 < 3);
  assertClose(before(found), before(value), "positions before the changed one");
});

Deno.test("logSumExp() stays finite for large logits", async () => {
  const y = await evaluate(logSumExp(constant([1e4, 1e4, -1e4, -1e4], [2, 2])));
  assertClose(y, [1e4 + Math.LN2, -1e4 + Math.LN2], "logSumExp");
});

Deno.test("rowDot() sums products over the last axis", async () => {
  const [a, b] = [constant([1, 2, 3, 4], [2, 2]), constant([5, 6, 7, 8], [2, 2])];
  assert.deepEqual([...await evaluate(rowDot(a, b))], [17, 53]);
});
