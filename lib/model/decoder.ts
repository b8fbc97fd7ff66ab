/**
 * The decoder as a graph: token embeddings, blocks of attention and feed-forward, and what stands on top.
 * Conversations are padded on the right and attention is causal, so padding never reaches a value that is used.
 *
 * @module
 */
import { add, mul, neg, sub } from "../graph/elementwise.ts";
import { gather } from "../graph/gather.ts";
import { matmul } from "../graph/matmul.ts";
import { softmax } from "../graph/reduce.ts";
import { flattenRows, reshape, transpose } from "../graph/shape_ops.ts";
import { customGradient, input, type Tensor } from "../graph/tensor.ts";
import { paddedLength } from "../runtime/batches.ts";
import type { DecoderConfig } from "./config.ts";
import { attention, logSumExp, rmsNorm, rotate, rowDot, swiglu } from "./layers.ts";
import { EMBEDDING, SCORE, type Weights } from "./parameters.ts";

/**
 * The residual stream of a decoder. Reads the graph input "mask", the causal mask, shape (T, T).
 *
 * @param embedded token embeddings, shape (B, T, C).
 * @param weights the decoder's.
 * @param config the decoder.
 * @returns `layers + 1` hidden states of shape (B, T, C), as `transformers` numbers them: the embeddings, the
 * output of every block but the last, and last the normalised output of the last block.
 */
export function hiddenStates(embedded: Tensor, weights: Weights, config: DecoderConfig): Tensor[] {
  const mask = input("mask", ["T", "T"]);
  const states = [embedded];
  for (let i = 0; i < config.layers; i++) {
    const own: Weights = (name) => weights(`model.layers.${i}.${name}.weight`);
    states.push(block(states[i], own, mask, config));
  }
  const last = rmsNorm(states[config.layers], weights("model.norm.weight"));
  return [...states.slice(0, -1), last];
}

function block(x: Tensor, weights: Weights, mask: Tensor, config: DecoderConfig): Tensor {
  const attended = add(
    x,
    selfAttention(rmsNorm(x, weights("input_layernorm")), weights, mask, config),
  );
  const normed = rmsNorm(attended, weights("post_attention_layernorm"));
  return add(attended, feedForward(normed, weights));
}

function selfAttention(x: Tensor, weights: Weights, mask: Tensor, config: DecoderConfig): Tensor {
  const { hiddenSize: C, heads: H } = config;
  const longest = paddedLength(config.contextLength);
  const [B, T] = x.shape;
  const split = (name: string) => {
    const projected = matmul(x, weights(`self_attn.${name}`), { transB: true }); // (B, T, C)
    return transpose(reshape(projected, [B, T, H, C / H]), [0, 2, 1, 3]); // (B, H, T, d)
  };
  const [q, k, v] = ["q_proj", "k_proj", "v_proj"].map(split);
  const mixed = attention(rotate(q, longest), rotate(k, longest), v, mask); // (B, H, T, d)
  const joined = reshape(transpose(mixed, [0, 2, 1, 3]), [B, T, C]); // (B, T, C)
  return matmul(joined, weights("self_attn.o_proj"), { transB: true });
}

function feedForward(x: Tensor, weights: Weights): Tensor {
  const gate = matmul(x, weights("mlp.gate_proj"), { transB: true }); // (B, T, F)
  const up = matmul(x, weights("mlp.up_proj"), { transB: true }); // (B, T, F)
  return matmul(swiglu(gate, up), weights("mlp.down_proj"), { transB: true }); // (B, T, C)
}

/**
 * Surprise at every token: −ln p(target | what comes before) = ln Σ exp(logits) − logit of the target.
 *
 * @param hidden last hidden state, shape (B, T, C).
 * @param targetRows embedding of the token that comes next at each place, shape (B, T, C).
 * @param embedding all token embeddings, shape (V, C).
 * @returns negative log-likelihoods in nats, shape (B, T, 1).
 */
export function tokenNll(hidden: Tensor, targetRows: Tensor, embedding: Tensor): Tensor {
  const logits = matmul(hidden, embedding, { transB: true }); // (B, T, V)
  const nll = sub(logSumExp(logits), rowDot(hidden, targetRows));
  return customGradient("tokenNll", nll, [hidden, targetRows, embedding], (_, g) => {
    // g is applied to rows of C values; ∂nll/∂logits = p would need it on rows of V
    const p = softmax(logits); // (B, T, V)
    const scaled = mul(g, hidden); // (B, T, C)
    const byHidden = mul(g, sub(matmul(p, embedding), targetRows));
    const byEmbedding = matmul(flattenRows(p), flattenRows(scaled), { transA: true });
    return [byHidden, neg(scaled), byEmbedding];
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
