/**
 * Every op that a graph may hold, with its settings ("attributes") under their ONNX names. Rules
 * and the writer read attributes by this table, so that a misspelt one is a type error.
 *
 * @module
 */

/** A floating-point attribute, even where its value is whole. */
export interface FloatAttribute {
  /** The number. */
  readonly float: number;
}

/** What an attribute may be; a plain number is a whole one. */
export type Attribute = number | readonly number[] | FloatAttribute;

/** An op that has nothing to set. */
export type NoAttributes = Readonly<Record<string, never>>;

/** The attributes of each op. */
export interface Attributes {
  /** a + b. */
  Add: NoAttributes;
  /** The same values in another element type, ONNX's number `to`. */
  Cast: { readonly to: number };
  /** Tensors one after the other. */
  Concat: { readonly axis: number };
  /** a / b. */
  Div: NoAttributes;
  /** e^x. */
  Exp: NoAttributes;
  /** Repeats axes of size 1. */
  Expand: NoAttributes;
  /** The GELU of Gemma, by its tanh formula. */
  FastGelu: NoAttributes;
  /** alpha · A B; `transA` and `transB` are 0 or 1. */
  FusedMatMul: {
    readonly transA: number;
    readonly transB: number;
    readonly alpha: FloatAttribute;
  };
  /** Picks entries along an axis. */
  Gather: { readonly axis: number };
  /** Aᵀ B for `transA` 1. */
  Gemm: { readonly transA: number };
  /** ln x. */
  Log: NoAttributes;
  /** A value made in rounds; see `LoopBody`. */
  Loop: NoAttributes;
  /** The smaller of two values. */
  Min: NoAttributes;
  /** a b. */
  Mul: NoAttributes;
  /** -x. */
  Neg: NoAttributes;
  /** One-hot vectors along a new axis. */
  OneHot: { readonly axis: number };
  /** a^b. */
  Pow: NoAttributes;
  /** Maximum over axes; `keepdims` 1 keeps them with size 1. */
  ReduceMax: { readonly keepdims: number };
  /** Sum over axes. */
  ReduceSum: { readonly keepdims: number };
  /** Sum of squares over axes. */
  ReduceSumSquare: { readonly keepdims: number };
  /** The same values in another shape. */
  Reshape: NoAttributes;
  /** Turns pairs of features by an angle that depends on the place. */
  RotaryEmbedding: NoAttributes;
  /** Zeros with rows written over them. */
  ScatterND: NoAttributes;
  /** The sizes of a tensor's axes, from `start` to `end`, exclusive. */
  Shape: { readonly start?: number; readonly end?: number };
  /** 1 / (1 + e^-x). */
  Sigmoid: NoAttributes;
  /** RMSNorm. */
  SimplifiedLayerNormalization: { readonly axis: number; readonly epsilon: FloatAttribute };
  /** A stretch of an axis. */
  Slice: NoAttributes;
  /** Probabilities along an axis. */
  Softmax: { readonly axis: number };
  /** √x. */
  Sqrt: NoAttributes;
  /** a - b. */
  Sub: NoAttributes;
  /** tanh x. */
  Tanh: NoAttributes;
  /** Reorders axes: at place i stands what was axis `perm[i]`. */
  Transpose: { readonly perm: readonly number[] };
  /** A value that is given when the graph runs; no ONNX op. */
  Input: NoAttributes;
  /** A value that is stored in the graph; no ONNX op. */
  Constant: NoAttributes;
  /** A value with a reverse-mode rule of its own; no ONNX op. */
  CustomGradient: NoAttributes;
}

/** The name of an op. */
export type Op = keyof Attributes;

/**
 * Ops that the table of rules leaves out: no gradient flows through their values (integers,
 * inputs), nothing that is trained needs one, or they get their rule where they are made
 * (`customGradient`).
 */
export type OpWithoutRule =
  | "Cast"
  | "Concat"
  | "Constant"
  | "CustomGradient"
  | "FastGelu"
  | "Gemm"
  | "Input"
  | "Loop"
  | "Min"
  | "OneHot"
  | "Pow"
  | "ReduceMax"
  | "ReduceSumSquare"
  | "RotaryEmbedding"
  | "ScatterND"
  | "Shape"
  | "SimplifiedLayerNormalization"
  | "Slice";

/** All other ops: each must have a rule. */
export type DifferentiableOp = Exclude<Op, OpWithoutRule>;
