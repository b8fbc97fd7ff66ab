/**
 * The decoder as a graph, whichever family it is of: token embeddings, blocks of attention and feed-forward, and what stands on top.
 * Conversations are padded on the right and attention is causal, so padding never reaches a value that is used.
 *
 * @module
 */
import { add, mul, neg, scale, sub } from "../graph/elementwise.ts";
import { gather } from "../graph/gather.ts";
import { matmul } from "../graph/matmul.ts";
import { softmax } from "../graph/reduce.ts";
import { flattenRows, reshape, transpose } from "../graph/shape_ops.ts";
import { customGradient, input, scalar, type Tensor } from "../graph/tensor.ts";
import { causalMask, paddedLength } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import { type DecoderConfig, NORM_EPSILON, type Projection, ROPE_THETA } from "./config.ts";
import { attention } from "./attention.ts";
import { geglu, logSumExp, rmsNorm, rotation, rowDot, softCap, swiglu } from "./layers.ts";
import { EMBEDDING, headSizeOf, type LowRank, SCORE, type Weights } from "./parameters.ts";
import { type Rope, ropeFrequencies } from "./rope.ts";

/**
 * The residual stream of a decoder. Reads the graph inputs that {@linkcode masks} makes.
 *
 * @param embedded token embeddings, shape (B, T, C).
 * @param weights the decoder's.
 * @param config the decoder.
 * @returns `layers + 1` hidden states of shape (B, T, C), as `transformers` numbers them: the embeddings, the
 * output of every block but the last, and last the normalised output of the last block.
 */
export function hiddenStates(embedded: Tensor, weights: Weights, config: DecoderConfig): Tensor[] {
  const { embeddingScale } = config;
  const first = embeddingScale === undefined ? embedded : scale(embedded, embeddingScale);
  return statesAbove(0, first, weights, config);
}

/**
 * The upper part of the residual stream, where the lower part was worked out before.
 *
 * @param first the block that reads `below`, from 0.
 * @param below what comes out of the blocks below it, shape (B, T, C).
 * @param weights the decoder's.
 * @param config the decoder.
 * @returns the hidden states of the layers `first` to `layers`, as {@linkcode hiddenStates} gives them.
 */
export function statesAbove(
  first: number,
  below: Tensor,
  weights: Weights,
  config: DecoderConfig,
): Tensor[] {
  const { layers } = config;
  const wide = lookBack(config, "mask", config.rope);
  const sliding = config.sliding
    ? lookBack(config, "slidingMask", config.sliding.rope ?? config.rope)
    : wide;
  const states = [below];
  for (let i = first; i < layers; i++) {
    const lookBack = slides(config, i) ? sliding : wide;
    states.push(block(states.at(-1)!, ofBlock(weights, i), lookBack, config));
  }
  const last = norm(states.at(-1)!, weights("model.norm.weight"), config);
  return [...states.slice(0, -1), last];
}

/** The weights of one block, by their names in it. */
function ofBlock(weights: Weights, i: number): Weights {
  const full = (name: string) => `model.layers.${i}.${name}`;
  return Object.assign((name: string) => weights(full(name)), {
    lowRank: (name: string) => weights.lowRank?.(full(name)),
  });
}

/** Whether a layer looks back no further than a window. */
function slides({ sliding }: DecoderConfig, layer: number): boolean {
  return sliding?.layers[layer] ?? false;
}

/**
 * What {@linkcode hiddenStates} must be fed besides tokens: "mask", and "slidingMask" for layers with a window, both of
 * shape (T, T), as far as there are such layers.
 *
 * @param config the decoder.
 * @param length T.
 * @param depth the last block that is run, counted from 1; all by default.
 * @param first the first one, from 0; by default none are left out.
 * @returns the masks, by the names of the graph's inputs.
 */
export function masks(
  config: DecoderConfig,
  length: number,
  depth: number = config.layers,
  first = 0,
): Record<string, Value> {
  const run = Array.from({ length: Math.max(0, depth - first) }, (_, i) => first + i);
  const kinds = new Set(run.map((i) => slides(config, i)));
  return {
    ...(kinds.has(false) && { mask: causalMask(length) }),
    ...(kinds.has(true) && { slidingMask: causalMask(length, config.sliding!.window) }),
  };
}

/** What one kind of layer sees of other positions, and how it tells them apart. */
interface LookBack {
  mask: Tensor;
  rotate: (x: Tensor) => Tensor;
}

function lookBack(
  config: DecoderConfig,
  mask: string,
  rope: Rope = { theta: ROPE_THETA },
): LookBack {
  const frequencies = ropeFrequencies(rope, headSizeOf(config));
  return {
    mask: input(mask, ["T", "T"]),
    rotate: rotation(frequencies, paddedLength(config.contextLength)),
  };
}

function norm(x: Tensor, gain: Tensor, config: DecoderConfig): Tensor {
  const { gainOffset, normEpsilon = NORM_EPSILON } = config;
  return rmsNorm(x, gainOffset ? add(gain, scalar(gainOffset)) : gain, normEpsilon);
}

function block(x: Tensor, weights: Weights, lookBack: LookBack, config: DecoderConfig): Tensor {
  const normed = (y: Tensor, name: string) => norm(y, weights(`${name}.weight`), config);
  const attended = selfAttention(normed(x, "input_layernorm"), weights, lookBack, config);
  if (!config.outputNorms) {
    const middle = add(x, attended);
    return add(middle, feedForward(normed(middle, "post_attention_layernorm"), weights, config));
  }
  const middle = add(x, normed(attended, "post_attention_layernorm"));
  const fed = feedForward(normed(middle, "pre_feedforward_layernorm"), weights, config);
  return add(middle, normed(fed, "post_feedforward_layernorm"));
}

function selfAttention(
  x: Tensor,
  weights: Weights,
  { mask, rotate }: LookBack,
  config: DecoderConfig,
): Tensor {
  const { heads: H, keyValueHeads = H, attentionScale: alpha, attentionCap: cap } = config;
  const longest = paddedLength(config.contextLength);
  const d = headSizeOf(config);
  const [B, T] = x.shape;
  const split = (name: Projection, count: number) => {
    const projected = project(x, name, weights, config); // (B, T, count d)
    return transpose(reshape(projected, [B, T, count, d]), [0, 2, 1, 3]); // (B, count, T, d)
  };
  const placed = (y: Tensor, name: string) =>
    rotate(config.queryKeyNorms ? norm(y, weights(`self_attn.${name}.weight`), config) : y);
  const q = placed(split("self_attn.q_proj", H), "q_norm");
  const k = placed(split("self_attn.k_proj", keyValueHeads), "k_norm");
  const v = split("self_attn.v_proj", keyValueHeads);
  const mixed = attention(q, k, v, mask, { alpha, cap, longest }); // (B, H, T, d)
  const joined = reshape(transpose(mixed, [0, 2, 1, 3]), [B, T, H * d]);
  return project(joined, "self_attn.o_proj", weights, config); // (B, T, C)
}

function feedForward(x: Tensor, weights: Weights, config: DecoderConfig): Tensor {
  const gate = project(x, "mlp.gate_proj", weights, config); // (B, T, F)
  const up = project(x, "mlp.up_proj", weights, config); // (B, T, F)
  const gated = config.activation === "gelu" ? geglu(gate, up) : swiglu(gate, up);
  return project(gated, "mlp.down_proj", weights, config); // (B, T, C)
}

function project(x: Tensor, name: Projection, weights: Weights, config: DecoderConfig): Tensor {
  const plain = matmul(x, weights(`${name}.weight`), { transB: true });
  const update = weights.lowRank?.(`${name}.weight`);
  const y = update === undefined ? plain : add(plain, applied(update, x));
  return config.biased?.includes(name) ? add(y, weights(`${name}.bias`)) : y;
}

/** x (scale B A)ᵀ, by way of r numbers a row. */
function applied({ down, up, scale: alpha }: LowRank, x: Tensor): Tensor {
  return matmul(matmul(x, down, { transB: true }), up, { transB: true, alpha });
}

/**
 * A language model's logits.
 *
 * @param hidden last hidden state, shape (B, T, C).
 * @param output the output layer, shape (V, C).
 * @param config the decoder.
 * @returns shape (B, T, V).
 */
export function vocabularyLogits(hidden: Tensor, output: Tensor, config: DecoderConfig): Tensor {
  return capped(matmul(hidden, output, { transB: true }), config);
}

function capped(logits: Tensor, { logitCap }: DecoderConfig): Tensor {
  return logitCap === undefined ? logits : softCap(logits, logitCap);
}

/**
 * Surprise at every token: −ln p(target | what comes before) = ln Σ exp(logits) − logit of the target.
 *
 * @param hidden last hidden state, shape (B, T, C).
 * @param targetRows row of the output layer for the token that comes next at each place, shape (B, T, C).
 * @param output the output layer, shape (V, C).
 * @param config the decoder.
 * @param logits the {@linkcode vocabularyLogits}, where they are there already.
 * @returns negative log-likelihoods in nats, shape (B, T, 1).
 */
export function tokenNll(
  hidden: Tensor,
  targetRows: Tensor,
  output: Tensor,
  config: DecoderConfig,
  logits: Tensor = vocabularyLogits(hidden, output, config), // (B, T, V)
): Tensor {
  const nll = sub(logSumExp(logits), capped(rowDot(hidden, targetRows), config));
  if (config.logitCap !== undefined) return nll; // every op has a rule
  return customGradient("tokenNll", nll, [hidden, targetRows, output], (_, g) => {
    // g is applied to rows of C values; ∂nll/∂logits = p would need it on rows of V
    const p = softmax(logits); // (B, T, V)
    const scaled = mul(g, hidden); // (B, T, C)
    const byHidden = mul(g, sub(matmul(p, output), targetRows));
    const byOutput = matmul(flattenRows(p), flattenRows(scaled), { transA: true });
    return [byHidden, neg(scaled), byOutput];
  });
}

/**
 * The guard's logits from the hidden state of each conversation's last token.
 *
 * @param hidden last hidden state, shape (B, T, C).
 * @param last int64, shape (B): index of the last token in the flattened (B T) rows.
 * @param weights with the head.
 * @returns shape (B, 2): safe, unsafe.
 */
export function guardLogits(hidden: Tensor, last: Tensor, weights: Weights): Tensor {
  const pooled = gather(flattenRows(hidden), last); // (B, C)
  return matmul(pooled, weights(SCORE), { transB: true });
}

/**
 * Embeds tokens directly, for graphs that are only run forward.
 *
 * @param tokens int64, shape (B, T).
 * @param weights with the embeddings.
 * @returns shape (B, T, C).
 */
export function embed(tokens: Tensor, weights: Weights): Tensor {
  return gather(weights(EMBEDDING), tokens);
}
