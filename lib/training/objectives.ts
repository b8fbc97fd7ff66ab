/**
 * What monitors are trained for, as graphs: the loss of a language model and of a guard over one batch.
 * Token embeddings are looked up through the batch's distinct tokens, so that their gradient is a product
 * with a small one-hot matrix instead of a scatter-add.
 *
 * @module
 */
import { mul, sub } from "../graph/elementwise.ts";
import { gather, gatherDistinct } from "../graph/gather.ts";
import { reduceSum } from "../graph/reduce.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import type { DecoderConfig } from "../model/config.ts";
import { guardLogits, hiddenStates, statesAbove, tokenNll } from "../model/decoder.ts";
import { logSumExp } from "../model/layers.ts";
import { EMBEDDING, outputName, type Weights } from "../model/parameters.ts";

/** A loss over one batch, from the weights. */
export type Objective = (weights: Weights) => Tensor;

/**
 * Mean negative log-likelihood of the next token. Graph inputs: "distinct" (U) the token ids of the batch, "tokens" and
 * "targets" (B, T) as indices into them, "targetWeights" (B, T, 1) that sum to 1.
 *
 * @param config the decoder.
 * @param first the first block that is run: those below it were run before, see {@linkcode decode}.
 * @returns the loss in nats a token.
 */
export function languageModelLoss(config: DecoderConfig, first = 0): Objective {
  return (weights) => {
    const rows = distinctRows(weights);
    const hidden = decode(rows, weights, config, first);
    const output = outputName(config);
    const outputRows = output === EMBEDDING ? rows : distinctRows(weights, output);
    const targetRows = gather(outputRows, input("targets", ["B", "T"], "int64"));
    const nll = tokenNll(hidden, targetRows, weights(output), config); // (B, T, 1)
    return reduceSum(mul(nll, input("targetWeights", ["B", "T", 1])), [0, 1, 2]);
  };
}

/**
 * Mean cross-entropy of the label. Graph inputs: "distinct" and "tokens" as in {@linkcode languageModelLoss}, "last" (B)
 * as in {@linkcode guardLogits}, "labels" (B, 2) one-hot over safe, unsafe, divided by B.
 *
 * @param config the decoder.
 * @param first the first block that is run: those below it were run before, see {@linkcode decode}; no tokens are looked up then.
 * @returns the loss in nats a conversation.
 */
export function guardLoss(config: DecoderConfig, first = 0): Objective {
  return (weights) => {
    const hidden = decode(distinctRows(weights), weights, config, first);
    const logits = guardLogits(hidden, input("last", ["B"], "int64"), weights); // (B, 2)
    const labels = input("labels", ["B", 2]);
    return reduceSum(mul(labels, sub(logSumExp(logits), logits)), [0, 1]);
  };
}

/**
 * The rows of a batch's distinct tokens, from the graph input "distinct" (U).
 *
 * @param weights the decoder's.
 * @param of which weights, shape (V, C); by default the embeddings.
 * @returns shape (U, C).
 */
export function distinctRows(weights: Weights, of: string = EMBEDDING): Tensor {
  return gatherDistinct(weights(of), input("distinct", ["U"], "int64")); // (U, C)
}

/**
 * The last hidden states of a batch, from the graph input "tokens" (B, T); or from "below" (B, T, C), what the blocks below the
 * first one gave.
 *
 * @param rows what {@linkcode distinctRows} gives.
 * @param weights the decoder's.
 * @param config the decoder.
 * @param first the first block that is run. Default 0.
 * @returns shape (B, T, C).
 */
export function decode(rows: Tensor, weights: Weights, config: DecoderConfig, first = 0): Tensor {
  if (first > 0) {
    const below = input("below", ["B", "T", config.hiddenSize]);
    return statesAbove(first, below, weights, config).at(-1)!;
  }
  const embedded = gather(rows, input("tokens", ["B", "T"], "int64")); // (B, T, C)
  return hiddenStates(embedded, weights, config)[config.layers];
}
