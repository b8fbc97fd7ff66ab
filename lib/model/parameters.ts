/**
 * The weights of a model: names and shapes as in Hugging Face checkpoints, initial values, and the layout of
 * all of them in one vector, on which the optimiser works.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { UserError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { reshape, slice } from "../graph/shape_ops.ts";
import { type Tensor, weight } from "../graph/tensor.ts";
import type { DecoderConfig, Projection } from "./config.ts";

/** Name and dimensions of one weight. */
export interface ParameterSpec {
  /** As in Hugging Face checkpoints. */
  readonly name: string;
  /** (outputs, inputs) for a matrix, (C) for a gain, (outputs) for a bias. */
  readonly shape: readonly number[];
}

/** A weight's values, row by row. */
export interface Parameter extends ParameterSpec {
  /** As many as the dimensions multiply to. Where they are in a file, each access reads them anew. */
  readonly data: Float32Array;
  /** The same piece by piece, each to be used before the next is taken; of weights in files. */
  blocks?(): Iterable<Float32Array<ArrayBuffer>>;
  /** Why values cannot be read, where the file holds them in a type that is none of a weight's. */
  readonly problem?: string;
}

/** Weights by name. */
export type Parameters = ReadonlyMap<string, Parameter>;

/** Weights as tensors of a graph, by name. */
export interface Weights {
  (name: string): Tensor;
  /** What is added to a matrix W of theirs, as it is trained; none by default. */
  lowRank?(name: string): LowRank | undefined;
}

/** A low-rank change of a matrix W, shape (outputs, inputs), to W + scale B A. */
export interface LowRank {
  /** A, shape (r, inputs). */
  readonly down: Tensor;
  /** B, shape (outputs, r). */
  readonly up: Tensor;
  /** α / r. */
  readonly scale: number;
}

/** The name of the token embeddings, shape (V, C). */
export const EMBEDDING = "model.embed_tokens.weight";

/** The name of a guard's head, shape (2, C): row 0 safe, row 1 unsafe; or (1, C): unsafe. */
export const SCORE = "score.weight";

/** The name of a language model's output layer where that is not the embeddings, shape (V, C). */
export const OUTPUT = "lm_head.weight";

/**
 * The name of a language model's output layer, shape (V, C).
 *
 * @param config the decoder.
 * @returns that of the embeddings where they are tied to it.
 */
export function outputName({ tied = true }: DecoderConfig): string {
  return tied ? EMBEDDING : OUTPUT;
}

/**
 * The width of an attention head.
 *
 * @param config the decoder.
 * @returns d.
 */
export function headSizeOf(
  { hiddenSize, heads, headSize = hiddenSize / heads }: DecoderConfig,
): number {
  return headSize;
}

/**
 * The weights that a decoder has.
 *
 * @param config the decoder.
 * @returns their names and shapes, in the order of the layers.
 */
export function decoderParameters(config: DecoderConfig): ParameterSpec[] {
  const { vocabSize: V, hiddenSize: C, layers } = config;
  return [
    { name: EMBEDDING, shape: [V, C] },
    ...Array.from(
      { length: layers },
      (_, i) =>
        blockParameters(config).map(({ name, shape }) => ({
          name: `model.layers.${i}.${name}`,
          shape,
        })),
    ).flat(),
    { name: "model.norm.weight", shape: [C] },
  ];
}

function blockParameters(config: DecoderConfig): ParameterSpec[] {
  const { hiddenSize: C, intermediateSize: F, heads: H, keyValueHeads = H, biased } = config;
  const d = headSizeOf(config);
  const gain = (name: string, size = C) => ({ name: `${name}.weight`, shape: [size] });
  const projection = (name: Projection, outputs: number, inputs: number): ParameterSpec[] => [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    ...biased?.includes(name) ? [{ name: `${name}.bias`, shape: [outputs] }] : [],
  ];
  return [
    gain("input_layernorm"),
    ...projection("self_attn.q_proj", H * d, C),
    ...projection("self_attn.k_proj", keyValueHeads * d, C),
    ...projection("self_attn.v_proj", keyValueHeads * d, C),
    ...projection("self_attn.o_proj", C, H * d),
    ...config.queryKeyNorms ? ["q_norm", "k_norm"].map((n) => gain(`self_attn.${n}`, d)) : [],
    gain("post_attention_layernorm"),
    ...config.outputNorms ? ["pre", "post"].map((n) => gain(`${n}_feedforward_layernorm`)) : [],
    ...projection("mlp.gate_proj", F, C),
    ...projection("mlp.up_proj", F, C),
    ...projection("mlp.down_proj", C, F),
  ];
}

/**
 * Draws initial weights: gains 1, matrices normal with standard deviation 1/√C for the embeddings and
 * 1/√inputs elsewhere, those that write to the residual stream divided by √(2 layers).
 *
 * @param specs which weights.
 * @param layers number of blocks.
 * @param name of the random stream; every weight draws from its own.
 * @returns the weights.
 */
export function initialParameters(
  specs: readonly ParameterSpec[],
  layers: number,
  name: string,
): Parameters {
  return parametersOf(specs.map((spec) => {
    const size = spec.shape.reduce((a, b) => a * b, 1);
    if (spec.shape.length === 1) return { ...spec, data: new Float32Array(size).fill(1) };
    const random = stream(`${name}/${spec.name}`);
    const residual = /o_proj|down_proj/.test(spec.name) ? 1 / Math.sqrt(2 * layers) : 1;
    const deviation = residual / Math.sqrt(spec.shape[1]);
    return {
      ...spec,
      data: Float32Array.from({ length: size }, () => deviation * random.normal()),
    };
  }));
}

/**
 * A weight whose values are made anew whenever they are asked for.
 *
 * @param spec name and dimensions.
 * @param blocks makes the values, piece by piece.
 * @returns the weight; its `data` joins the pieces.
 */
export function storedParameter(
  { name, shape }: ParameterSpec,
  blocks: () => Iterable<Float32Array<ArrayBuffer>>,
): Parameter {
  const parameter: Parameter = {
    name,
    shape,
    get data() {
      const all = new Float32Array(countParameters([{ name, shape }]));
      let at = 0;
      for (const block of blocks()) {
        all.set(block, at);
        at += block.length;
      }
      return all;
    },
  };
  // not enumerable, so that weights are equal where name, shape and values are
  return Object.defineProperty(parameter, "blocks", { value: blocks });
}

/**
 * A weight's values piece by piece, to be changed at will.
 *
 * @param parameter the weight.
 * @returns its values in order; each piece is to be used before the next is taken.
 */
export function blocksOf(parameter: Parameter): Iterable<Float32Array<ArrayBuffer>> {
  return parameter.blocks?.() ?? [parameter.data.slice()];
}

/**
 * Whether two weights of one shape hold the same.
 *
 * @param a one.
 * @param b the other.
 * @returns true where they agree bit by bit.
 */
export function sameValues(a: Parameter, b: Parameter): boolean {
  const others = blocksOf(b)[Symbol.iterator]();
  let [other, from] = [new Float32Array(0), 0]; // pieces of one may be of other sizes than the other's
  for (const block of blocksOf(a)) {
    for (let at = 0; at < block.length;) {
      if (from === other.length) [other, from] = [others.next().value!, 0];
      const n = Math.min(block.length - at, other.length - from);
      if (!bytesOf(block.subarray(at, at + n)).equals(bytesOf(other.subarray(from, from + n)))) {
        return false;
      }
      at += n;
      from += n;
    }
  }
  return true;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/**
 * Throws a {@linkcode UserError} that names the first weight with a value that is no finite number, and where it is.
 *
 * @param parameters the weights of a model that gave such a number.
 */
export function refuseBrokenWeights(parameters: Parameters): void {
  for (const parameter of parameters.values()) {
    let at = 0;
    for (const block of blocksOf(parameter)) {
      const bad = block.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        throw new UserError(
          `Cannot use the model: its weight "${parameter.name}" must hold finite numbers, got ${
            block[bad]
          } at place ${at + bad}`,
          "Get a whole copy of the checkpoint or adapter; where it was trained, an earlier state from before its loss broke.",
        );
      }
      at += block.length;
    }
  }
}

/**
 * A weight under another name, otherwise the same: it is still read no sooner than, and in the ways that, it was.
 *
 * @param parameter the weight.
 * @param name the other name.
 * @returns the weight.
 */
export function renamed(parameter: Parameter, name: string): Parameter {
  if (parameter.name === name) return parameter;
  return Object.create(parameter, { name: { value: name, enumerable: true } });
}

/**
 * A map of weights.
 *
 * @param list the weights.
 * @returns them by name.
 */
export function parametersOf(list: readonly Parameter[]): Parameters {
  return new Map(list.map((p) => [p.name, p]));
}

/**
 * How many numbers some weights hold.
 *
 * @param specs the weights.
 * @returns their total size.
 */
export function countParameters(specs: Iterable<ParameterSpec>): number {
  return [...specs].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/**
 * Weights as constants of a graph.
 *
 * @param parameters the weights.
 * @param tensors the constants that there are; a weight that another model in the graph has, too, is one. Default none.
 * @returns looks up the constant of a name.
 */
export function constantWeights(
  parameters: Parameters,
  tensors: Map<Parameter, Tensor> = new Map(),
): Weights {
  return (name) => {
    const parameter = parameters.get(name);
    if (parameter === undefined) {
      throw new RangeError(`Cannot build the graph: there is no weight "${name}"`);
    }
    const known = tensors.get(parameter);
    if (known !== undefined) return known;
    const tensor = weight(parameter);
    tensors.set(parameter, tensor);
    return tensor;
  };
}

/**
 * Weights as parts of one vector.
 *
 * @param flat a vector that holds all weights one after the other.
 * @param specs the weights in their order.
 * @returns each weight's tensor.
 */
export function unflatten(flat: Tensor, specs: readonly ParameterSpec[]): Map<string, Tensor> {
  let at = 0;
  return new Map(specs.map(({ name, shape }) => {
    const size = countParameters([{ name, shape }]);
    const part = reshape(slice(flat, 0, at, at + size), shape);
    at += size;
    return [name, part];
  }));
}

/**
 * All weights in one vector.
 *
 * @param parameters where the values are.
 * @param specs which of them, in order.
 * @returns the values one after the other.
 */
export function flattenParameters(
  parameters: Parameters,
  specs: readonly ParameterSpec[],
): Float32Array {
  const flat = new Float32Array(countParameters(specs));
  let at = 0;
  for (const { name } of specs) {
    const { data } = parameters.get(name)!;
    flat.set(data, at);
    at += data.length;
  }
  return flat;
}

/**
 * The reverse of {@linkcode flattenParameters}.
 *
 * @param flat the values one after the other.
 * @param specs which weights they are, in order.
 * @returns copies of the values by name.
 */
export function splitParameters(flat: Float32Array, specs: readonly ParameterSpec[]): Parameters {
  let at = 0;
  return parametersOf(specs.map((spec) => {
    const size = countParameters([spec]);
    const data = flat.slice(at, at + size);
    at += size;
    return { ...spec, data };
  }));
}
