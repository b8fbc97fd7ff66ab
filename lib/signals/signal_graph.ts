/**
 * The graph that reads all signals of a batch in one forward pass, and what it is fed. What is large (logits over the vocabulary,
 * hidden states of all tokens) is reduced inside the graph and never leaves it. Logits over a large vocabulary are larger than
 * all else in memory, and are made for some of a batch's tokens at a time.
 *
 * @module
 */
import { add, div, exp, log, mul, sub } from "../graph/elementwise.ts";
import { gather } from "../graph/gather.ts";
import { matmul } from "../graph/matmul.ts";
import { reduceMax, reduceSum } from "../graph/reduce.ts";
import { concat, flattenRows, reshape } from "../graph/shape_ops.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import type { Model } from "../model/checkpoint.ts";
import {
  embed,
  hiddenStates,
  masks,
  statesAbove,
  tokenNll,
  vocabularyLogits,
} from "../model/decoder.ts";
import {
  constantWeights,
  countParameters,
  decoderParameters,
  EMBEDDING,
  outputName,
  type Parameter,
  SCORE,
  type Weights,
} from "../model/parameters.ts";
import {
  type Batch,
  lastPositions,
  padded,
  paddedLength,
  paddedStates,
} from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";

/** How the hidden states of a conversation's tokens become one vector. */
export type Pooling = "last" | "mean" | "max";

/** Which signals to read. */
export interface SignalRequest {
  /** The guard's logits; needs a guard. */
  guard?: boolean;
  /** Mean negative log-likelihood of the tokens after the first, in nats. */
  nll?: boolean;
  /** Pooled hidden states: which layer (0 = embeddings, `layers` = last, normalised) and which pooling. */
  hidden?: readonly { layer: number; pooling: Pooling }[];
  /** Surprise and entropy, in nats, at every token after the first. */
  tokens?: boolean;
  /** The layer whose states of all tokens are given out, for the blocks above it to be run on them later; from 1. */
  states?: number;
}

/** What the lower blocks of a model gave, where they were run before. */
export interface Below {
  /** How many blocks that are. */
  layer: number;
  /** The states of each conversation's tokens, each of shape (T, C). */
  states: readonly Float32Array[];
}

/** A model, and what is read of it. */
export interface Reading {
  /** A guard or a language model. */
  readonly model: Model;
  /** Which signals. */
  readonly request: SignalRequest;
}

/** Raised whenever entropies are worked out otherwise, so that those kept from before are made again. */
const ENTROPY_VERSION = 2;

/**
 * What signals depend on besides model, text and request.
 *
 * @param request which signals.
 * @returns to be part of the key under which they are kept; empty where nothing but the first way to work them out was ever used.
 */
export function arithmeticOf({ tokens }: SignalRequest): { entropy?: number } {
  return tokens ? { entropy: ENTROPY_VERSION } : {};
}

/**
 * In how many parts logits over the vocabulary are made, so that they are few beside the model's parameters, but not so few that
 * their products get slow.
 *
 * @param model its vocabulary and size.
 * @param tokenBudget tokens in a full batch.
 * @returns at least 1.
 */
export function chunksOf({ config, parameters }: Model, tokenBudget: number): number {
  const most = Math.min(2 ** 25, Math.max(2 ** 23, countParameters(parameters.values()) / 32));
  return Math.ceil(tokenBudget * config.vocabSize / most);
}

/**
 * The graph that reads signals, of one model or of several over the same conversations. Models that were made of one share its
 * weights, each of which is in the graph once, and the blocks at the bottom that they have in common are run once.
 *
 * @param readings the models, and which signals of each; of layers from `first` on.
 * @param chunks in how many parts logits over the vocabulary are made.
 * @param first the first block that is run: those below it were run before.
 * @returns for each model the outputs "guard" (B, 2) or (B, 1), "nll" (B, 1, 1), "hidden0", … (B, C), "tokenNll" and "entropy"
 * (B, T, 1), "states" (B, T, C).
 */
export function signalGraphs(
  readings: readonly Reading[],
  chunks: number,
  first = 0,
): Record<string, Tensor>[] {
  const constants = new Map<Parameter, Tensor>();
  const built: { model: Model; states: Tensor[] }[] = [];
  return readings.map(({ model, request }) => {
    const weights = constantWeights(model.parameters, constants);
    const shared = built
      .map((other) => other.states.slice(0, Math.max(0, commonStates(other.model, model) - first)))
      .reduce((a, b) => b.length > a.length ? b : a, []);
    const states = statesOf(model, weights, first, shared);
    built.push({ model, states });
    return signalsOff(states, weights, model, request, chunks, first);
  });
}

/** A model's states from the first block that is run on, the lowest of which may be there already. */
function statesOf(
  { config }: Model,
  weights: Weights,
  first: number,
  shared: readonly Tensor[],
): Tensor[] {
  if (shared.length > 0) {
    const below = shared.slice(0, -1);
    return [...below, ...statesAbove(first + below.length, shared.at(-1)!, weights, config)];
  }
  return first > 0
    ? statesAbove(first, input("below", ["B", "T", config.hiddenSize]), weights, config)
    : hiddenStates(embed(input("tokens", ["B", "T"], "int64"), weights), weights, config);
}

/**
 * How many states two models have in common: none where their embeddings differ, else those and the outputs of the first blocks
 * whose weights are the very same. The last state of either is normalised, and is not counted.
 */
function commonStates(a: Model, b: Model): number {
  const isSame = (name: string) => a.parameters.get(name) === b.parameters.get(name);
  if (!isSame(EMBEDDING)) return 0;
  const layers = Math.min(a.config.layers, b.config.layers);
  const differing = decoderParameters({ ...a.config, layers }).find(({ name }) =>
    name.startsWith("model.layers.") && !isSame(name)
  );
  const blocks = differing === undefined ? layers : Number(differing.name.split(".")[2]);
  return 1 + Math.min(blocks, layers - 1);
}

/**
 * How many blocks are run once for two models that are read together.
 *
 * @param a a model.
 * @param b another.
 * @returns those at the bottom that they have in common; 0 where the models share nothing.
 */
export function commonBlocks(a: Model, b: Model): number {
  return Math.max(0, commonStates(a, b) - 1);
}

/** What is read of a model's states. */
function signalsOff(
  states: readonly Tensor[],
  weights: Weights,
  { config }: Model,
  request: SignalRequest,
  chunks: number,
  first: number,
): Record<string, Tensor> {
  const last = states.at(-1)!;
  const outputs: Record<string, Tensor> = {};
  if (request.guard) outputs.guard = lastLogits(last, weights);
  request.hidden?.forEach(({ layer, pooling }, i) =>
    outputs[`hidden${i}`] = pool(states[layer - first], pooling)
  );
  if (request.states) outputs.states = states[request.states - first];
  if (!request.nll && !request.tokens) return outputs;
  const output = weights(outputName(config));
  const [surprise, uncertainty] = inChunks(last, chunks, (hidden, targets) => {
    const logits = vocabularyLogits(hidden, output, config);
    return [
      tokenNll(hidden, gather(output, targets), output, config, logits),
      ...request.tokens ? [entropy(logits)] : [],
    ];
  });
  if (request.nll) {
    outputs.nll = weightedSum(surprise, input("targetWeights", ["B", "T", 1]));
  }
  if (request.tokens) {
    outputs.tokenNll = surprise;
    outputs.entropy = uncertainty;
  }
  return outputs;
}

/**
 * Numbers at every token that are made from logits over the vocabulary, each of shape (B, T, 1). In more than one chunk, padding
 * and last tokens have no logits, and get the numbers of some other token.
 */
function inChunks(
  hidden: Tensor,
  chunks: number,
  numbersAt: (hidden: Tensor, targets: Tensor) => Tensor[],
): Tensor[] {
  if (chunks === 1) return numbersAt(hidden, input("targets", ["B", "T"], "int64"));
  const rows = flattenRows(hidden); // (B T, C)
  const parts = Array.from({ length: chunks }, (_, k) => {
    const own = (name: string) => input(`${name}${k}`, [`n${k}`], "int64");
    return numbersAt(gather(rows, own("rows")), own("targets")); // each (n, 1)
  });
  const places = input("places", ["B", "T"], "int64");
  return parts[0].map((_, i) => gather(concat(parts.map((part) => part[i]), 0, "n"), places));
}

/**
 * H = ln Z − Σ exp(d) d / Z with d = x − max x and Z = Σ exp(d), shape (…, 1). ln Σ exp(x) − Σ p x is the same number, but the
 * difference of two large ones; and where p is off by a common factor, as a softmax over a large vocabulary is, Z is not.
 */
function entropy(logits: Tensor): Tensor {
  const below = sub(logits, reduceMax(logits, [-1])); // d
  const weights = exp(below);
  const total = reduceSum(weights, [-1]); // Z
  return sub(log(total), div(reduceSum(mul(weights, below), [-1]), total));
}

/**
 * A guard's logits at all tokens, of which the last ones are picked, shape (B, labels). Were the last hidden states picked first,
 * as in training, a conversation alone in its batch would go through another multiplication kernel, which rounds differently.
 * The last token is, as in transformers, the last one that is not the padding token, which may end a text where it is that of
 * the end, too.
 */
function lastLogits(hidden: Tensor, weights: Weights): Tensor {
  const logits = matmul(flattenRows(hidden), weights(SCORE), { transB: true }); // (B T, labels)
  return gather(logits, input("read", ["B"], "int64"));
}

/**
 * Σ w x over the tokens, shape (B, 1, C). It is a product because ReduceSum adds in another order where a conversation is
 * alone in its batch.
 */
function weightedSum(x: Tensor, weights: Tensor): Tensor {
  return matmul(weights, x, { transA: true });
}

/** One vector for each conversation, shape (B, C). */
function pool(hidden: Tensor, pooling: Pooling): Tensor {
  const [B, , C] = hidden.shape;
  if (pooling === "last") return gather(flattenRows(hidden), input("last", ["B"], "int64"));
  if (pooling === "mean") {
    return reshape(weightedSum(hidden, input("meanWeights", ["B", "T", 1])), [B, C]);
  }
  return reshape(reduceMax(add(hidden, input("paddingLow", ["B", "T", 1])), [1]), [B, C]);
}

/** The inputs "rows0", "targets0", … and "places" of {@linkcode inChunks}. */
function chunkFeed(
  sequences: readonly Int32Array[],
  length: number,
  chunks: number,
): Record<string, Value> {
  const scored = sequences.flatMap((sequence, b) =>
    Array.from(
      { length: sequence.length - 1 },
      (_, t) => [b * length + t, sequence[t + 1]] as const,
    )
  );
  const size = paddedLength(Math.ceil(scored.length / chunks));
  const places = new BigInt64Array(sequences.length * length);
  const feed: Record<string, Value> = {
    places: { data: places, dims: [sequences.length, length] },
  };
  let at = 0; // of the chunk, among the rows of all
  for (let k = 0; k < chunks; k++) {
    const own = scored.slice(k * size, (k + 1) * size);
    // in steps as lengths of conversations: a few rows alone would be multiplied in another way, which rounds differently
    const n = paddedLength(Math.max(1, own.length));
    const [rows, targets] = [new BigInt64Array(n), new BigInt64Array(n)];
    own.forEach(([row, target], i) => {
      rows[i] = BigInt(row);
      targets[i] = BigInt(target);
      places[row] = BigInt(at + i);
    });
    feed[`rows${k}`] = { data: rows, dims: [n] };
    feed[`targets${k}`] = { data: targets, dims: [n] };
    at += n;
  }
  return feed;
}

/**
 * The inputs of a model in {@linkcode signalGraphs} for a batch; those that its outputs do not need are left out.
 *
 * @param batch which conversations.
 * @param all token ids of the conversations that it is a batch of.
 * @param request which signals.
 * @param settings the model's shape and padding token, and the graph's number of chunks.
 * @param below where lower blocks were run before: their last layer, and its states of every one of `all`, each of shape (T, C).
 * @returns values by the names of the inputs.
 */
export function signalFeed(
  { members, length }: Batch,
  all: readonly Int32Array[],
  request: SignalRequest,
  { config, padId, chunks }: Pick<Model, "config" | "padId"> & { chunks: number },
  below?: Below,
): Record<string, Value> {
  const sequences = members.map((m) => all[m]);
  const poolings = new Set(request.hidden?.map(({ pooling }) => pooling));
  const readsLast = request.guard || request.nll || request.tokens;
  const depth = readsLast
    ? config.layers
    : Math.max(request.states ?? 0, ...request.hidden?.map(({ layer }) => layer) ?? []);
  /** A number at every token, shape (B, T, 1), from how many there are; another one at padding. */
  const atTokens = (present: (count: number) => number, absent: number, skipLast = 0) => {
    const data = new Float32Array(sequences.length * length).fill(absent);
    sequences.forEach((sequence, b) => {
      const count = sequence.length - skipLast;
      data.fill(present(count), b * length, b * length + count);
    });
    return { data, dims: [sequences.length, length, 1] };
  };
  const feed: Record<string, Value> = {
    ...below
      ? { below: paddedStates(members.map((m) => below.states[m]), length, config.hiddenSize) }
      : { tokens: padded(sequences, length, 0) },
    ...masks(config, length, depth, below?.layer),
  };
  if (request.guard) {
    const read = sequences.map((s) => s.subarray(0, 1 + s.findLastIndex((id) => id !== padId)));
    feed.read = lastPositions(read, length); // the first where there is nothing but padding
  }
  if (poolings.has("last")) feed.last = lastPositions(sequences, length);
  if (poolings.has("mean")) feed.meanWeights = atTokens((count) => 1 / count, 0);
  if (poolings.has("max")) feed.paddingLow = atTokens(() => 0, -1e9);
  if (request.nll || request.tokens) {
    Object.assign(
      feed,
      chunks === 1
        ? { targets: padded(sequences.map((s) => s.subarray(1)), length, 0) }
        : chunkFeed(sequences, length, chunks),
    );
  }
  if (request.nll) feed.targetWeights = atTokens((count) => 1 / count, 0, 1);
  return feed;
}
