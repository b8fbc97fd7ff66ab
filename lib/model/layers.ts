/**
 * The building blocks of a decoder, each with a gradient rule by hand where that is faster than the derived
 * one: fewer passes over large tensors.
 *
 * @module
 */
import { add, div, log, mul, neg, scale, sigmoid, sqrt, sub, tanh } from "../graph/elementwise.ts";
import { reduceMax, reduceMean, reduceSum, softmax } from "../graph/reduce.ts";
import { reshape } from "../graph/shape_ops.ts";
import {
  constant,
  customGradient,
  float,
  node,
  scalar,
  type Tensor,
  wholeNumber,
} from "../graph/tensor.ts";

/**
 * Root-mean-square normalisation, y = x r ⊙ w with r = 1/√(mean x² + ε) (https://arxiv.org/abs/1910.07467).
 *
 * @param x shape (…, C).
 * @param gain w, shape (C).
 * @param epsilon ε.
 * @returns shape (…, C).
 */
export function rmsNorm(x: Tensor, gain: Tensor, epsilon: number): Tensor {
  const attributes = { axis: -1, epsilon: float(epsilon) };
  const y = node("SimplifiedLayerNormalization", [x, gain], attributes, x.shape);
  return customGradient("rmsNorm", y, [x, gain], (_, g) => {
    const meanSquare = reduceMean(mul(x, x), [-1]); // (…, 1)
    const r = div(scalar(1), sqrt(add(meanSquare, scalar(epsilon))));
    const unit = mul(x, r); // y before the gain
    const byUnit = mul(g, gain);
    // ∂unit/∂x = r (1 − unit unitᵀ / C)
    const byX = mul(r, sub(byUnit, mul(unit, reduceMean(mul(byUnit, unit), [-1]))));
    const rows = x.shape.slice(0, -1).map((_, i) => i);
    return [byX, reshape(reduceSum(mul(g, unit), rows), gain.shape)];
  });
}

/**
 * Rotary position embedding: the pair (xᵢ, xᵢ₊d/2) at position t is turned by t fᵢ
 * (https://arxiv.org/abs/2104.09864, in the half-split order of Llama checkpoints).
 *
 * @param frequencies f, radians a token, shape (d/2).
 * @param contextLength longest T.
 * @returns turns queries or keys, shape (B, H, T, d); all that it turns share one table of angles.
 */
export function rotation(
  frequencies: readonly number[],
  contextLength: number,
): (x: Tensor) => Tensor {
  const half = frequencies.length;
  const angle = (k: number) => Math.floor(k / half) * frequencies[k % half];
  const table = (f: (angle: number) => number) =>
    constant(Float32Array.from({ length: contextLength * half }, (_, k) => f(angle(k))), [
      contextLength,
      half,
    ]);
  const [cos, sin] = [table(Math.cos), table(Math.sin)];
  const first = wholeNumber(0);
  const turn = (y: Tensor, sine: Tensor) =>
    node("RotaryEmbedding", [y, first, cos, sine], {}, y.shape, { domain: "com.microsoft" });
  // a rotation's transpose turns back
  return (x) => customGradient("rotate", turn(x, sin), [x], (_, g) => [turn(g, neg(sin))]);
}

/**
 * A soft bound: c tanh(x / c), which is x near 0 and never beyond ±c.
 *
 * @param x scores or logits, any shape.
 * @param cap c, positive.
 * @returns the same shape.
 */
export function softCap(x: Tensor, cap: number): Tensor {
  return scale(tanh(scale(x, 1 / cap)), cap);
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
 * Gated activation of the feed-forward block, gelu(gate) ⊙ up with the approximation
 * gelu(x) = x (1 + tanh(a (x + b x³))) / 2, a = √(2/π), b = 0.044715 (https://arxiv.org/abs/1606.08415).
 *
 * @param gate shape (…, F).
 * @param up shape (…, F).
 * @returns shape (…, F).
 */
export function geglu(gate: Tensor, up: Tensor): Tensor {
  const gelu = node("FastGelu", [gate], {}, gate.shape, { domain: "com.microsoft" });
  return customGradient("geglu", mul(gelu, up), [gate, up], (_, g) => {
    const [a, b] = [Math.sqrt(2 / Math.PI), 0.044715];
    const cubic = scale(mul(gate, mul(gate, gate)), a * b);
    const linear = scale(gate, a);
    const t = tanh(add(linear, cubic));
    // gelu′ = (1 + t + x (1 − t²) (a + 3 a b x²)) / 2
    const inner = add(linear, scale(cubic, 3)); // x (a + 3 a b x²)
    const bend = mul(sub(scalar(1), mul(t, t)), inner);
    const slope = scale(add(add(scalar(1), t), bend), 0.5);
    return [mul(mul(g, up), slope), mul(g, gelu)];
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
