/**
 * What a forward pass takes, in floating-point operations: products with weights, and attention. Norms, activations and the
 * softmax are not counted, as is usual.
 *
 * @module
 */
import type { Head } from "./checkpoint.ts";
import type { DecoderConfig } from "./config.ts";
import { decoderParameters, EMBEDDING, headSizeOf } from "./parameters.ts";

/**
 * Counts.
 *
 * @param config the decoder.
 * @param head what stands on it; a language model's output layer is the larger part of a small model.
 * @param length of the texts, in tokens; every token is compared with all, as the graph does it.
 * @returns FLOP for each token; a multiplication and an addition are two. Training takes three times as many.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { forwardFlops } from "./flops.ts";
 * // a block of width 8: 4 · 8² + 3 · 8 · 16 weights; output: 32 · 8; attention over 10 tokens: 4 · 10 · 8
 * const config = { vocabSize: 32, hiddenSize: 8, intermediateSize: 16, layers: 1, heads: 2, contextLength: 10 };
 * assert.equal(forwardFlops(config, "language-model", 10), 2 * (640 + 256) + 320);
 * ```
 */
export function forwardFlops(config: DecoderConfig, head: Head, length: number): number {
  const products = decoderParameters(config)
    .filter(({ name, shape }) => name !== EMBEDDING && shape.length === 2)
    .reduce((sum, { shape: [outputs, inputs] }) => sum + outputs * inputs, 0);
  const { vocabSize, hiddenSize, layers, heads } = config;
  const output = head === "language-model" ? vocabSize * hiddenSize : 0;
  return 2 * (products + output) + 4 * layers * length * heads * headSizeOf(config);
}
