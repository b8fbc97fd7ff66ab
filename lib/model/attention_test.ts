// Values and gradients of attention in one block are checked against PyTorch in layers_test.ts.
import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { mul } from "../graph/elementwise.ts";
import { gradients } from "../graph/gradients.ts";
import { reduceSum } from "../graph/reduce.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { causalMask } from "../runtime/batches.ts";
import { openSession } from "../runtime/session.ts";
import { attention } from "./attention.ts";

Deno.test("attention() in blocks of queries gives what it gives in one, gradients too", async () => {
  const random = stream("attention blocks");
  const [B, H, n, d] = [2, 4, 2, 8];
  const named = (name: string, heads: number) => input(name, [B, heads, "T", d]);
  const xs = [named("q", H), named("k", n), named("v", n)] as const;
  const mask = input("mask", ["T", "T"]);
  /** Attention, and gradients of the sum of its squares. */
  const outputs = (name: string, options: { longest?: number }): Record<string, Tensor> => {
    const out = attention(...xs, mask, { cap: 2, ...options });
    const loss = reduceSum(mul(out, out), [0, 1, 2, 3]);
    const byInput = gradients(loss, xs).map((g, i) => [`${name}${i}`, g]);
    return { [name]: out, ...Object.fromEntries(byInput) };
  };
  await using session = await openSession(
    { ...outputs("blocks", { longest: 600 }), ...outputs("whole", {}) },
    { threads: 1 },
  );
  const values = (heads: number, T: number) => ({
    data: Float32Array.from({ length: B * heads * T * d }, () => random.normal()),
    dims: [B, heads, T, d],
  });
  for (const [T, window] of [[16, 16], [128, 128], [144, 20], [600, 600]]) {
    const masked = { mask: causalMask(T, window) };
    const found = await session.run({
      q: values(H, T),
      k: values(n, T),
      v: values(n, T),
      ...masked,
    });
    for (const which of ["", "0", "1", "2"]) {
      const [blocks, whole] = [found[`blocks${which}`], found[`whole${which}`]];
      assert.deepEqual(blocks.dims, whole.dims);
      blocks.data.forEach((x, i) =>
        assert.ok(Math.abs(x - whole.data[i]) < 1e-5, `${T} ${which}: ${x}, ${whole.data[i]}`)
      );
    }
  }
});
