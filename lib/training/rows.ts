/**
 * The rows of a training batch as a graph takes them: padded, partly hidden, and written as places among the batch's distinct
 * tokens, so that the gradient of the embeddings is a product with a small one-hot matrix.
 *
 * @module
 */
import { stream } from "../core/random.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Batch } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";

/** What stands in place of a masked token: the padding token, which occurs in no conversation. */
const MASK = 0;

/** Hides some tokens of a sequence. */
export type Mask = (sequence: Int32Array) => Int32Array;

/**
 * Hides tokens of a sequence, never the first, by a random stream of the step's own.
 *
 * @param name of the run.
 * @param share of the tokens to hide, from 0 to 1.
 * @param at number of the step, and of the piece where its batch is cut.
 * @returns hides tokens; every call goes on with the stream.
 */
export function maskOf(
  name: string,
  share: number,
  { step, piece }: { step: number; piece: number },
): Mask {
  const random = stream(`${name}/masking/step-${step}${piece === 0 ? "" : `/piece-${piece}`}`);
  return (sequence) => sequence.map((token, t) => t > 0 && random.uniform() < share ? MASK : token);
}

/**
 * The sequences of a batch, and empty ones after them until there are at least as many tokens as a product of activations has
 * columns: wide products add in an order that depends on the number of threads (see `tallMatmul`).
 *
 * @param batch which sequences, and how long they are padded to.
 * @param config the decoder.
 * @param sequences all, to choose from.
 * @returns those of the batch, in its order, and the empty ones.
 */
export function rowsOf(
  { members, length }: Batch,
  { hiddenSize, intermediateSize }: Pick<DecoderConfig, "hiddenSize" | "intermediateSize">,
  sequences: readonly Int32Array[],
): Int32Array[] {
  const fewest = Math.ceil(Math.max(hiddenSize, intermediateSize) / length);
  const empty = Array.from(
    { length: Math.max(0, fewest - members.length) },
    () => new Int32Array(0),
  );
  return [...members.map((m) => sequences[m]), ...empty];
}

/**
 * The tokens of some sequences and the mask, each once, and how to write a sequence as places among them. There are at least as
 * many as the embeddings have columns, if need be by tokens that do not occur, again so that no product is wide.
 *
 * @param sequences token ids.
 * @param config the decoder.
 * @returns the tokens, int64, shape (U), and how to write a sequence.
 */
export function distinctTokens(
  sequences: readonly Int32Array[],
  { hiddenSize, vocabSize }: DecoderConfig,
): { distinct: Value<BigInt64Array>; placesOf: (sequence: Int32Array) => Int32Array } {
  const tokens = new Set([MASK, ...sequences.flatMap((s) => [...s])]);
  for (let id = 0; tokens.size < Math.min(hiddenSize, vocabSize); id++) tokens.add(id);
  const places = new Map([...tokens].map((token, place) => [token, place]));
  return {
    distinct: { data: BigInt64Array.from(tokens, BigInt), dims: [tokens.size] },
    placesOf: (sequence) => sequence.map((token) => places.get(token)!),
  };
}
