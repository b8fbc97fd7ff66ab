/**
 * Writing a graph as an ONNX model: for the CPU as it is; for other devices in the ops that they have, and with matrices of
 * weights in half precision where they calculate with it.
 *
 * @module
 */
import onnxProto from "onnx-proto";
import { type Attribute, type DType, scalar, type Tensor, type WeightSource } from "./tensor.ts";
import type { WeightFile } from "./weight_file.ts";

const { onnx } = onnxProto;
const { AttributeProto, ModelProto, TensorProto } = onnx;
const { FLOAT, FLOAT16, INT64 } = TensorProto.DataType;

const OPSET = 18;
const dtypes: Record<DType, number> = { float32: FLOAT, int64: INT64 };

/** How a graph is written. */
export interface OnnxOptions {
  /**
   * Element type of matrices of {@linkcode weight}s, and of the products with them. All else, sums and normalisations above
   * all, stays float32, whose range the residual stream of large models needs. Default float32.
   */
  precision?: "float32" | "float16";
  /** Where matrices of weights go; without it into the model, which cannot hold more than 2 GB. */
  weights?: WeightFile;
  /** Write products as FusedMatMul, which not all devices have, or in ONNX's own ops. Default true. */
  fused?: boolean;
}

/**
 * The ONNX model that computes some tensors.
 *
 * @param outputs what to compute, by the name under which it comes out.
 * @param options element type, place of the weights, and ops.
 * @returns the model file's bytes. Its inputs are the {@linkcode input} tensors that the outputs depend on; those of one
 * name are one input.
 */
export function toOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  { precision = "float32", weights, fused = true }: OnnxOptions = {},
): Uint8Array {
  const names = new Map<Tensor, string>();
  const [inputs, initializers, nodes]: [
    Tensor[],
    onnxProto.onnx.ITensorProto[],
    onnxProto.onnx.INodeProto[],
  ] = [[], [], []];
  const isMatrixOfWeights = (x: Tensor) => x.source !== undefined && x.shape.length > 1;
  const isHalf = (x: Tensor) => precision === "float16" && isMatrixOfWeights(x);
  /** Writes a tensor where that is not done yet. */
  const emit = (x: Tensor): string => {
    const known = names.get(x);
    if (known !== undefined) return known;
    const name = emitNew(x);
    names.set(x, name);
    return name;
  };
  const emitNew = (x: Tensor): string => {
    if (x.custom !== undefined) return emit(x.custom.value);
    if (x.op === "Input") {
      if (!inputs.some(({ name }) => name === x.name)) inputs.push(x);
      return x.name;
    }
    if (x.op === "Constant") return addInitializer(x);
    const half = x.inputs.some(isHalf);
    if (x.op === "FusedMatMul") return emitProduct(x, half);
    if (half && x.op === "Gather") return cast(add(x, x.inputs.map(emit)), FLOAT);
    return add(x, x.inputs.map((y) => isHalf(y) ? cast(emit(y), FLOAT) : emit(y)));
  };
  const emitProduct = (x: Tensor, half: boolean): string => {
    const operands = x.inputs.map((y) => half && !isHalf(y) ? cast(emit(y), FLOAT16) : emit(y));
    if (fused) return half ? cast(add(x, operands), FLOAT) : add(x, operands);
    const { transA, transB, alpha } = x.attributes;
    const turned = operands.map((name, i) => [transA, transB][i] ? transpose(x, i, name) : name);
    const product = add({ op: "MatMul" }, turned);
    const { float: factor } = alpha as { float: number };
    const full = half ? cast(product, FLOAT) : product;
    return factor === 1 ? full : add({ op: "Mul" }, [full, emit(scalar(factor))]);
  };
  const transpose = ({ inputs }: Tensor, i: number, name: string): string => {
    const axes = inputs[i].shape.map((_, axis) => axis);
    const perm = [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
    return add({ op: "Transpose", attributes: { perm } }, [name]);
  };
  const cast = (name: string, to: number) => add({ op: "Cast", attributes: { to } }, [name]);
  /** Adds a node; of a tensor it takes only the op. */
  const add = (
    { op, domain = "", attributes = {} }: Pick<Tensor, "op"> & Partial<Tensor>,
    input: string[],
  ): string => {
    const name = `n${nodes.length}`;
    const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value));
    nodes.push({ opType: op, domain, input, output: [name], name, attribute });
    return name;
  };
  const addInitializer = (x: Tensor): string => {
    const name = `c${initializers.length}`;
    initializers.push({
      name,
      dims: x.shape as number[],
      dataType: isHalf(x) ? FLOAT16 : dtypes[x.dtype],
      ...(weights !== undefined && isMatrixOfWeights(x)
        ? inFile(weights, blocksOf(x.source!, isHalf(x)))
        : { rawData: bytesOf(x, isHalf(x)) }),
    });
    return name;
  };
  for (const [name, x] of Object.entries(outputs)) {
    nodes.push({ opType: "Identity", input: [emit(x)], output: [name], name: `output ${name}` });
  }
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: OPSET }, { domain: "com.microsoft", version: 1 }],
    graph: {
      name: "graph",
      node: nodes,
      initializer: initializers,
      input: inputs.map((x) => valueInfo(x.name, x)),
      output: Object.entries(outputs).map(([name, x]) => valueInfo(name, x)),
    },
  }).finish();
}

/** A weight's values, piece by piece. */
function* blocksOf(
  source: WeightSource,
  half: boolean,
): Iterable<Float32Array | Float16Array> {
  for (const block of source.blocks?.() ?? [source.data]) {
    yield half ? new Float16Array(block) : block;
  }
}

function bytesOf({ data, source }: Tensor, half: boolean): Uint8Array {
  const full = data ?? source!.data;
  const { buffer, byteOffset, byteLength } = half ? new Float16Array(full as Float32Array) : full;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Moves values to the file, and says where they are in ONNX's terms. */
function inFile(
  file: WeightFile,
  blocks: Iterable<Float32Array | Float16Array>,
): Pick<onnxProto.onnx.ITensorProto, "dataLocation" | "externalData"> {
  const { offset, length } = file.append(blocks);
  return {
    dataLocation: TensorProto.DataLocation.EXTERNAL,
    externalData: [
      { key: "location", value: file.name },
      { key: "offset", value: String(offset) },
      { key: "length", value: String(length) },
    ],
  };
}

function attributeProto(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  const types = AttributeProto.AttributeType;
  if (typeof value === "number") return { name, type: types.INT, i: value };
  if ("float" in value) return { name, type: types.FLOAT, f: value.float };
  return { name, type: types.INTS, ints: [...value] };
}

function valueInfo(name: string, { shape, dtype }: Tensor): onnxProto.onnx.IValueInfoProto {
  const dim = shape.map((d) => typeof d === "number" ? { dimValue: d } : { dimParam: d });
  return { name, type: { tensorType: { elemType: dtypes[dtype], shape: { dim } } } };
}
