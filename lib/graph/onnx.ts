/**
 * Writing a graph as an ONNX model.
 *
 * @module
 */
import onnxProto from "onnx-proto";
import type { Attribute, DType, Tensor } from "./tensor.ts";

const { onnx } = onnxProto;
const { AttributeProto, ModelProto, TensorProto } = onnx;

const OPSET = 18;
const dtypes: Record<DType, number> = {
  float32: TensorProto.DataType.FLOAT,
  int64: TensorProto.DataType.INT64,
};

/**
 * The ONNX model that computes some tensors.
 *
 * @param outputs what to compute, by the name under which it comes out.
 * @returns the model file's bytes. Its inputs are the {@linkcode input} tensors that the outputs depend on; those of one
 * name are one input.
 */
export function toOnnx(outputs: Readonly<Record<string, Tensor>>): Uint8Array {
  const names = new Map<Tensor, string>();
  const [inputs, initializers, nodes]: [
    Tensor[],
    onnxProto.onnx.ITensorProto[],
    onnxProto.onnx.INodeProto[],
  ] = [[], [], []];
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
    if (x.op === "Constant") {
      const name = `c${initializers.length}`;
      initializers.push({
        name,
        dims: x.shape as number[],
        dataType: dtypes[x.dtype],
        rawData: bytesOf(x),
      });
      return name;
    }
    const input = x.inputs.map(emit);
    const name = `n${nodes.length}`;
    const attribute = Object.entries(x.attributes).map(([key, value]) =>
      attributeProto(key, value)
    );
    nodes.push({ opType: x.op, domain: x.domain, input, output: [name], name, attribute });
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

function bytesOf({ data, source }: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = data ?? source!.data;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
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
