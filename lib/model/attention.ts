/**
 * Dot-product attention, with a gradient rule by hand, which makes fewer passes over tensors of T² values than the derived one.
 *
 * @module
 */
import { add, div, mul, scale, sub } from "../graph/elementwise.ts";
import { loop } from "../graph/loop.ts";
import { matmul } from "../graph/matmul.ts";
import { reduceSum, softmax } from "../graph/reduce.ts";
import { concat, reshape, sizeOf, slice } from "../graph/shape_ops.ts";
import {
  customGradient,
  type Dim,
  dimProduct,
  scalar,
  type Tensor,
  wholeNumber,
} from "../graph/tensor.ts";
import { softCap } from "./layers.ts";

/** Options of {@linkcode attention}. */
export interface AttentionOptions {
  /** Factor on the products of queries and keys. Default 1 / √d. */
  alpha?: number | undefined;
  /** Bound of these, as in {@linkcode softCap}. Default none. */
  cap?: number | undefined;
  /** What T is at most, where it is known only when the graph runs. */
  longest?: number;
}

/** Queries in a block. Fewer would save more products with keys after the block, and make more rounds. */
const BLOCK = 128;

/** Where the longest T is at most this, blocks save too little. */
const WHOLE = 512;

/**
 * Causal attention, softmax(α q kᵀ + mask) v. Where there are fewer heads of keys than of queries, H = n G, each
 * belongs to G neighbouring heads of queries, whose rows then stand below each other in one product.
 *
 * For long T the value is made for one block of queries at a time, so that memory does not grow with T², and only with the
 * keys up to its last query, which saves up to half of the products. The gradient is made for all at once.
 *
 * @param q queries, shape (B, H, T, d).
 * @param k keys, shape (B, n, T, d).
 * @param v values, shape (B, n, T, d).
 * @param mask 0 where a position may look, very negative elsewhere, at all positions after it among others, shape (T, T).
 * @param options factor, bound, and longest T.
 * @returns shape (B, H, T, d).
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  mask: Tensor,
  { alpha = 1 / Math.sqrt(q.shape[3] as number), cap, longest = 0 }: AttentionOptions = {},
): Tensor {
  const [B, H, T] = q.shape as [Dim, number, Dim];
  const n = k.shape[1] as number;
  const stacked = (x: Tensor) => reshape(x, [B, n, dimProduct([x.shape[2], H / n]), x.shape[3]]);
  const apart = (x: Tensor, queries = T) => reshape(x, [B, H, queries, x.shape[3]]);
  const weigh = (q: Tensor, k: Tensor, mask: Tensor) => {
    const scores = apart(matmul(stacked(q), k, { transB: true, alpha }), q.shape[2]);
    const bounded = cap === undefined ? scores : softCap(scores, cap);
    return { bounded, p: softmax(add(bounded, mask)) }; // (B, H, queries, keys)
  };
  const mix = (p: Tensor, v: Tensor) => apart(matmul(stacked(p), v), p.shape[2]);
  const { bounded, p } = weigh(q, k, mask); // (B, H, T, T), for the gradient, and where all are one block
  const attend: Attend = (q, k, v, mask) => mix(weigh(q, k, mask).p, v);
  const out = longest > WHOLE ? inBlocks(attend, q, k, v, mask) : mix(p, v); // (B, H, T, d)
  return customGradient("attention", out, [q, k, v], (_, g) => {
    // Σⱼ pᵢⱼ ∂L/∂pᵢⱼ = gᵢ · outᵢ, so that the softmax's row sums cost d, not T, values a row
    const rowSums = reduceSum(mul(g, out), [-1]); // (B, H, T, 1)
    const byP = apart(matmul(stacked(g), v, { transB: true })); // (B, H, T, T)
    const byBounded = mul(p, sub(byP, rowSums));
    const byScore = stacked(cap === undefined ? byBounded : mul(byBounded, capSlope(bounded, cap)));
    const byQ = apart(matmul(byScore, k, { alpha }));
    const byK = matmul(byScore, stacked(q), { transA: true, alpha });
    return [byQ, byK, matmul(stacked(p), stacked(g), { transA: true })];
  });
}

/** Attention of some queries to some keys and values, through the mask between them. */
type Attend = (q: Tensor, k: Tensor, v: Tensor, mask: Tensor) => Tensor;

/** The same for one block of queries after the other, each with the keys up to its last query. */
function inBlocks(attend: Attend, q: Tensor, k: Tensor, v: Tensor, mask: Tensor): Tensor {
  const size = wholeNumber(BLOCK);
  const count = div(add(sizeOf(q, 2), wholeNumber(BLOCK - 1)), size);
  return loop(count, slice(q, 2, 0, 0, "none"), (round, before) => {
    const from = mul(round, size);
    const to = add(from, size);
    const seen = (x: Tensor) => slice(x, 2, 0, to, "keys");
    const own = slice(q, 2, from, to, "queries");
    const ownMask = slice(slice(mask, 0, from, to, "queries"), 1, 0, to, "keys");
    return concat([before, attend(own, seen(k), seen(v), ownMask)], 2, "done");
  }, q.shape);
}

/** The slope of a soft bound by its value y: 1 − (y / c)². */
function capSlope(y: Tensor, cap: number): Tensor {
  return sub(scalar(1), scale(mul(y, y), 1 / cap ** 2));
}
