/**
 * The nodes of a computation graph. A tensor is a value that ONNX Runtime will compute: an op
 * applied to other tensors, with its shape inferred at once, so that a mistake is reported where it
 * is made. Dimensions are numbers or names ("B"); a product of names is written "B*T".
 *
 * @module
 */

import type { Attributes, FloatAttribute, Op } from "./ops.ts";

/** A dimension: its size, or a name for a size that is known only when the graph runs. */
export type Dim = number | string;

/** A tensor's dimensions, outermost first; `[]` for a scalar. */
export type Shape = readonly Dim[];

/** Element types in use. */
export type DType = "float32" | "int64";

/** The values of a constant. */
export type TensorData = Float32Array | BigInt64Array;

/** Where a weight's values come from. */
export interface WeightSource {
  /** For messages. */
  readonly name: string;
  /** Dimensions. */
  readonly shape: readonly number[];
  /** The values, as many as the dimensions multiply to. */
  readonly data: Float32Array;
  /**
   * The same piece by piece, each to be used before the next is taken; for weights too large to be
   * read at once.
   */
  blocks?(): Iterable<Float32Array<ArrayBuffer>>;
}

/** A value of the graph; make one with {@linkcode input}, {@linkcode constant} or an op. */
export interface Tensor<O extends Op = Op> {
  /** ONNX operator, or "Input", "Constant", "CustomGradient". */
  readonly op: O;
  /** Operator set that the op comes from, "" for ONNX's own. */
  readonly domain: string;
  /** Operands, in the order in which the operator takes them. */
  readonly inputs: readonly Tensor[];
  /** The operator's settings under their ONNX names. */
  readonly attributes: Attributes[O];
  /** Known when the tensor is made, named dimensions included. */
  readonly shape: Shape;
  /** Type of its elements; only float32 has gradients. */
  readonly dtype: DType;
  /** For messages; of an input, the name under which it is fed. */
  readonly name: string;
  /** The values, for constants only. */
  readonly data?: TensorData;
  /**
   * For weights only, which are constants too: where the values are read when the graph is written.
   */
  readonly source?: WeightSource;
  /** For "CustomGradient" only: how its value is computed, and its reverse-mode rule. */
  readonly custom?: { readonly value: Tensor; readonly vjp: Vjp<"CustomGradient"> };
  /** For "Loop" only: one round of it. */
  readonly body?: LoopBody;
}

/** What a round of a loop makes, and from what. */
export interface LoopBody {
  /** The number of the round, an input of its own. */
  readonly round: Tensor;
  /** The value before the round, an input of its own. */
  readonly before: Tensor;
  /** The value after it. */
  readonly after: Tensor;
}

/**
 * A reverse-mode rule: from the node and the gradient of the loss by its value, to the gradients by
 * its inputs, in order; `undefined` where an input has none (integers, masks).
 */
export type Vjp<O extends Op> = (
  node: Tensor<O>,
  gradient: Tensor,
) => readonly (Tensor | undefined)[];

/** Marks an attribute as floating point, for a whole number too. */
export function float(value: number): FloatAttribute {
  return { float: value };
}

/**
 * A value that is given when the graph runs.
 *
 * @param name under which it is fed; inputs of one name are one input.
 * @param shape numbers, or names for sizes that differ from run to run.
 */
export function input(name: string, shape: Shape, dtype: DType = "float32"): Tensor<"Input"> {
  return { op: "Input", domain: "", inputs: [], attributes: {}, shape, dtype, name };
}

/**
 * A value that is stored in the graph.
 *
 * @param data numbers (as float32), or a typed array.
 * @param shape its dimensions; they must multiply to the number of values.
 */
export function constant(
  data: readonly number[] | TensorData,
  shape: readonly number[],
  name = "constant",
): Tensor<"Constant"> {
  const values = Array.isArray(data) ? Float32Array.from(data) : data as TensorData;
  const size = shape.reduce((a, b) => a * b, 1);
  if (values.length !== size) {
    throw new RangeError(
      `Cannot make constant "${name}": shape (${shape}) needs ${size} values, got ${values.length}`,
    );
  }
  const dtype = values instanceof Float32Array ? "float32" : "int64";
  return {
    op: "Constant",
    domain: "",
    inputs: [],
    attributes: {},
    shape,
    dtype,
    name,
    data: values,
  };
}

/**
 * A float32 scalar stored in the graph.
 *
 * @returns shape ().
 */
export function scalar(value: number): Tensor<"Constant"> {
  return constant([value], [], `${value}`);
}

/**
 * A whole number stored in the graph, such as a place or a size.
 *
 * @returns a tensor of int64, shape (1).
 */
export function wholeNumber(value: number): Tensor<"Constant"> {
  return constant(BigInt64Array.of(BigInt(value)), [1], `${value}`);
}

/**
 * A weight: a float32 constant whose values are read when the graph is written, not before, so that
 * the graph of a model takes no memory, and which may be written in another type or to another file
 * than the graph.
 *
 * @param source name, dimensions and values.
 */
export function weight(source: WeightSource): Tensor<"Constant"> {
  const { name, shape } = source;
  return {
    op: "Constant",
    domain: "",
    inputs: [],
    attributes: {},
    shape,
    dtype: "float32",
    name,
    source,
  };
}

/** Options of {@linkcode node}. */
export interface NodeOptions {
  /** Operator set, "" (ONNX's own) by default. */
  domain?: string;
  /** Element type of the result; by default that of the first input. */
  dtype?: DType;
}

/**
 * Applies an op.
 *
 * @param attributes its settings, as the table of ops has them.
 * @param shape of the result, worked out by the caller.
 * @param options operator set and element type.
 */
export function node<O extends Op>(
  op: O,
  inputs: readonly Tensor[],
  attributes: Attributes[O],
  shape: Shape,
  { domain = "", dtype = inputs[0].dtype }: NodeOptions = {},
): Tensor<O> {
  const name = `${op}(${inputs.map((x) => x.name).join(", ")})`.slice(0, 80);
  return { op, domain, inputs, attributes, shape, dtype, name };
}

/**
 * Whether a tensor is the value of an op; its attributes are then known.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isOp, scalar } from "./tensor.ts";
 * assert.ok(isOp(scalar(1), "Constant"));
 * ```
 */
export function isOp<O extends Op>(x: Tensor, op: O): x is Tensor<O> {
  return x.op === op;
}

/**
 * Gives a value a reverse-mode rule of its own: the graph computes `value`, but gradients flow to
 * `inputs` by `vjp`, not through the nodes behind `value`. For where the derived gradient would be
 * slower or less exact than the known formula.
 *
 * @param name what is computed, for messages.
 * @param value the result.
 * @param inputs what it depends on.
 * @param vjp the rule, for those inputs.
 * @returns the same value.
 */
export function customGradient(
  name: string,
  value: Tensor,
  inputs: readonly Tensor[],
  vjp: Vjp<"CustomGradient">,
): Tensor<"CustomGradient"> {
  const { shape, dtype } = value;
  return {
    op: "CustomGradient",
    domain: "",
    inputs,
    attributes: {},
    shape,
    dtype,
    name,
    custom: { value, vjp },
  };
}

/**
 * A shape as people write it.
 *
 * @param shape numbers and names.
 * @returns such as `(B, T, 128)`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { showShape } from "./tensor.ts";
 * assert.equal(showShape(["B", "T", 128]), "(B, T, 128)");
 * ```
 */
export function showShape(shape: Shape): string {
  return `(${shape.join(", ")})`;
}

/**
 * The product of dimensions.
 *
 * @param dims numbers and names.
 * @returns a number where all are numbers, else a name such as "B*T*4".
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dimProduct } from "./tensor.ts";
 * assert.equal(dimProduct([2, 3]), 6);
 * assert.equal(dimProduct(["B", 2, "T", 2]), "B*T*4");
 * ```
 */
export function dimProduct(dims: Shape): Dim {
  const size = dims.reduce<number>((a, d) => typeof d === "number" ? a * d : a, 1);
  const names = dims.filter((d) => typeof d === "string");
  if (names.length === 0 || size === 0) return size;
  return (size === 1 ? names : [...names, size]).join("*");
}

/**
 * Whether two shapes are the same, names included.
 */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}
