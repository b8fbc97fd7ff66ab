/**
 * The building blocks of a decoder, each with a gradient rule by hand where that is faster than the derived
 * one: fewer passes over large tensors.
 *
 * @module
 */
import { add, div, log, mul, neg, sigmoid, sqrt, sub } from "../graph/elementwise.ts";
import { matmul } from "../graph/matmul.ts";
import { reduceMax, reduceMean, reduceSum, softmax } from "../graph/reduce.ts";
import { reshape } from "../graph/shape_ops.ts";
import { constant, customGradient, float, node, scalar, type Tensor } from "../graph/tensor.ts";
import { NORM_EPSILON, ROPE_THETA } from "./config.ts";

/**
 * Root-mean-square normalisation, y = x r ⊙ w with r = 1/√(mean x² + ε) (https://arxiv.org/abs/1910.07467).
 *
 * @param x shape (…, C).
 * @param gain w, shape (C).
 * @returns shape (…, C).
 */
export function rmsNorm(x: Tensor, gain: Tensor): Tensor {
  const attributes = { axis: -1, epsilon: float(NORM_EPSILON) };
  const y = node("SimplifiedLayerNormalization", [x, gain], attributes, x.shape);
  return customGradient("rmsNorm", y, [x, gain], (_, g) => {
    const meanSquare = reduceMean(mul(x, x), [-1]); // (…, 1)
    const r = div(scalar(1), sqrt(add(meanSquare, scalar(NORM_EPSILON))));
    const unit = mul(x, r); // y before the gain
    const byUnit = mul(g, gain);
    // ∂unit/∂x = r (1 − unit unitᵀ / C)
    const byX = mul(r, sub(byUnit, mul(unit, reduceMean(mul(byUnit, unit), [-1]))));
    const rows = x.shape.slice(0, -1).map((_, i) => i);
    return [byX, reshape(reduceSum(mul(g, unit), rows), gain.shape)];
  });
}

/**
 * Rotary position embedding: the pair (xᵢ, xᵢ₊d/2) at position t is turned by t θ^(−2i/d)
 * (https://arxiv.org/abs/2104.09864, in the half-split order of Llama checkpoints).
 *
 * @param x queries or keys, shape (B, H, T, d).
 * @param contextLength longest T.
 * @returns shape (B, H, T, d).
 */
export function rotate(x: Tensor, contextLength: number): Tensor {
  const half = x.shape[3] as number / 2;
  const angle = (k: number) => Math.floor(k / half) * ROPE_THETA ** (-(k % half) / half);
  const table = (f: (angle: number) => number) =>
    constant(Float32Array.from({ length: contextLength * half }, (_, k) => f(angle(k))), [
      contextLength,
      half,
    ]);
  const [cos, sin] = [table(Math.cos), table(Math.sin)];
  const first = constant(BigInt64Array.of(0n), [1], "first position");
  const turn = (y: Tensor, sine: Tensor) =>
    node("RotaryEmbedding", [y, first, cos, sine], {}, y.shape, { domain: "com.microsoft" });
  // a rotation's transpose turns back
  return customGradient("rotate", turn(x, sin), [x], (_, g) => [turn(g, neg(sin))]);
}

/**
 * Scaled dot-product attention, softmax(q kᵀ / √d + mask) v.
 *
 * @param q queries, shape (B, H, T, d).
 * @param k keys, shape (B, H, T, d).
 * @param v values, shape (B, H, T, d).
 * @param mask 0 where a position may look, very negative elsewhere, shape (T, T).
 * @returns shape (B, H, T, d).
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor): Tensor {
  const alpha = 1 / Math.sqrt(q.shape[3] as number);
  const p = softmax(add(matmul(q, k, { transB: true, alpha }), mask)); // (B, H, T, T)
  const out = matmul(p, v); // (B, H, T, d)
  return customGradient("attention", out, [q, k, v], (_, g) => {
    // Σⱼ pᵢⱼ ∂L/∂pᵢⱼ = gᵢ · outᵢ, so that the softmax's row sums cost d, not T, values a row
    const rowSums = reduceSum(mul(g, out), [-1]); // (B, H, T, 1)
    const byScore = mul(p, sub(matmul(g, v, { transB: true }), rowSums)); // (B, H, T, T)
    const byQ = matmul(byScore, k, { alpha });
    const byK = matmul(byScore, q, { transA: true, alpha });
    return [byQ, byK, matmul(p, g, { transA: true })];
  });
}

/**
 * Gated activation of the feed-forward block, silu(gate) ⊙ up with silu(x) = x sigmoid(x).
 *
 * @param gate shape (…, F).
 * @param up shape (…, F).
 * @returns shape (…, F).
 */
export function swiglu(gate: Tensor, up: Tensor): Tensor {
  const s = sigmoid(gate);
  const silu = mul(gate, s);
  return customGradient("swiglu", mul(silu, up), [gate, up], (_, g) => {
    const slope = add(s, mul(silu, sub(scalar(1), s))); // silu′ = s + silu (1 − s)
    return [mul(mul(g, up), slope), mul(g, silu)];
  });
}

/**
 * Logarithm of Σ exp(x) over the last axis.
 *
 * @param x logits, shape (…, V).
 * @returns shape (…, 1).
 */
export function logSumExp(x: Tensor): Tensor {
  const p = softmax(x);
  // max x − ln max p is stable, and softmax is one fused pass
  const value = sub(reduceMax(x, [-1]), log(reduceMax(p, [-1])));
  return customGradient("logSumExp", value, [x], (_, g) => [mul(g, p)]);
}

/**
 * A number for every row: Σ a ⊙ b over the last axis.
 *
 * @param a shape (…, C).
 * @param b shape (…, C).
 * @returns shape (…, 1).
 */
export function rowDot(a: Tensor, b: Tensor): Tensor {
  return reduceSum(mul(a, b), [-1]);
}
