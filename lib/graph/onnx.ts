/**
 * Writing a graph as an ONNX model: for the CPU as it is; for other devices in the ops that they
 * have, and with matrices of weights in half precision where they calculate with it.
 *
 * @module
 */
import onnxProto from "onnx-proto";
import type { Attribute } from "./ops.ts";
import {
  type DType,
  isOp,
  type LoopBody,
  scalar,
  type Tensor,
  type WeightSource,
} from "./tensor.ts";
import type { WeightFile } from "./weight_file.ts";

const { onnx } = onnxProto;
const { AttributeProto, ModelProto, TensorProto } = onnx;
const { BOOL, FLOAT, FLOAT16, INT64 } = TensorProto.DataType;

const OPSET = 18;
const dtypes: Record<DType, number> = { float32: FLOAT, int64: INT64 };

/** How a graph is written. */
export interface OnnxOptions {
  /**
   * Element type of matrices of {@linkcode weight}s, and of the products with them. All else, sums
   * and normalisations above all, stays float32, whose range the residual stream of large models
   * needs. Default float32.
   */
  precision?: "float32" | "float16";
  /** Where matrices of weights go; without it into the model, which cannot hold more than 2 GB. */
  weights?: WeightFile;
  /**
   * Write products as FusedMatMul, which not all devices have, or in ONNX's own ops. Default true.
   */
  fused?: boolean;
}

/**
 * The ONNX model that computes some tensors.
 *
 * @param outputs what to compute, under the names that the results will have.
 * @param options element type, place of the weights, and ops.
 * @returns the model file's bytes. Its inputs are the {@linkcode input} tensors that the outputs
 * depend on; those of one name are one input.
 */
export function toOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  options: OnnxOptions = {},
): Uint8Array {
  const writer = new Writer(options);
  for (const [name, x] of Object.entries(outputs)) writer.addOutput(name, x);
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: OPSET }, { domain: "com.microsoft", version: 1 }],
    graph: {
      name: "graph",
      node: writer.nodes,
      initializer: writer.initializers,
      input: writer.inputs.map((x) => valueInfo(x.name, x)),
      output: Object.entries(outputs).map(([name, x]) => valueInfo(name, x)),
    },
  }).finish();
}

/**
 * What a node does, of a tensor or of the writer's own making (ops that only ONNX knows, such as
 * MatMul).
 */
interface NodeHead {
  op: string;
  domain?: string;
  attributes?: Readonly<Record<string, Attribute>>;
}

/** Writes tensors as nodes, each once and after all that it depends on. */
class Writer {
  readonly inputs: Tensor[] = [];
  readonly initializers: onnxProto.onnx.ITensorProto[] = [];
  /** Of the graph, or of the loop's body that is being written. */
  nodes: onnxProto.onnx.INodeProto[] = [];
  /** The names of the tensors that are written. */
  readonly #names = new Map<Tensor, string>();
  readonly #options: OnnxOptions;
  #count = 0;
  #inLoop = false;

  constructor(options: OnnxOptions) {
    this.#options = options;
  }

  addOutput(name: string, x: Tensor): void {
    const input = [this.#emit(x)];
    this.nodes.push({ opType: "Identity", input, output: [name], name: `output ${name}` });
  }

  /** Writes a tensor unless that is done, and returns its name. */
  #emit(x: Tensor): string {
    const known = this.#names.get(x);
    if (known !== undefined) return known;
    const name = this.#emitNew(x);
    this.#names.set(x, name);
    return name;
  }

  #emitAll(tensors: readonly Tensor[]): string[] {
    return tensors.map((x) => this.#emit(x));
  }

  #emitNew(x: Tensor): string {
    if (x.custom !== undefined) return this.#emit(x.custom.value);
    if (x.body !== undefined) return this.#emitLoop(x, x.body);
    if (x.op === "Input") return this.#addInput(x);
    if (x.op === "Constant") return this.#addInitializer(x);
    if (isOp(x, "FusedMatMul")) return this.#emitProduct(x);
    if (x.op === "Gather" && this.#isHalf(x.inputs[0])) {
      return this.#cast(this.#add(x, this.#emitAll(x.inputs)), FLOAT);
    }
    const full = (y: Tensor, name: string) => this.#isHalf(y) ? this.#cast(name, FLOAT) : name;
    return this.#add(x, x.inputs.map((y) => full(y, this.#emit(y))));
  }

  #emitProduct(x: Tensor<"FusedMatMul">): string {
    const half = x.inputs.some((y) => this.#isHalf(y));
    const operands = x.inputs.map((y) =>
      half && !this.#isHalf(y) ? this.#cast(this.#emit(y), FLOAT16) : this.#emit(y)
    );
    const { fused = true } = this.#options;
    if (fused) return half ? this.#cast(this.#add(x, operands), FLOAT) : this.#add(x, operands);
    const { transA, transB, alpha } = x.attributes;
    const turned = operands.map((name, i) =>
      [transA, transB][i] ? this.#transpose(x.inputs[i], name) : name
    );
    const product = this.#add({ op: "MatMul" }, turned);
    const full = half ? this.#cast(product, FLOAT) : product;
    return alpha.float === 1
      ? full
      : this.#add({ op: "Mul" }, [full, this.#emit(scalar(alpha.float))]);
  }

  /** A loop's body refers to values of the graph around it by their names there. */
  #emitLoop({ inputs, dtype }: Tensor, { round, before, after }: LoopBody): string {
    if (this.#inLoop) throw new RangeError("Cannot write a loop: it must not stand in another");
    const [rounds, initial] = this.#emitAll(inputs);
    this.#emitAll(this.#takenBy(after, [round, before]));
    const around = this.nodes;
    [this.nodes, this.#inLoop] = [[], true];
    const [roundName, beforeName, condition] = [0, 1, 2].map((i) => `body ${this.#count}.${i}`);
    this.#names.set(round, roundName).set(before, beforeName);
    const value = this.#add({ op: "Identity" }, [this.#emit(after)]);
    const goesOn = this.#add({ op: "Identity" }, [condition]);
    const type = { tensorType: { elemType: dtypes[dtype] } };
    const truth = { tensorType: { elemType: BOOL, shape: { dim: [] } } };
    const g: onnxProto.onnx.IGraphProto = {
      name: "body",
      node: this.nodes,
      input: [
        valueInfo(roundName, round),
        { name: condition, type: truth },
        { name: beforeName, type },
      ],
      output: [{ name: goesOn, type: truth }, { name: value, type }],
    };
    [this.nodes, this.#inLoop] = [around, false];
    const attribute = [{ name: "body", type: AttributeProto.AttributeType.GRAPH, g }];
    return this.#addNode({ opType: "Loop", input: [rounds, "", initial], attribute });
  }

  /**
   * The tensors that a loop's body takes from the graph around it: those next to what depends on
   * the body's own inputs.
   */
  #takenBy(after: Tensor, own: readonly Tensor[]): Tensor[] {
    const changing = new Map<Tensor, boolean>(own.map((x) => [x, true]));
    const taken = new Set<Tensor>();
    const changes = (x: Tensor): boolean => {
      const known = changing.get(x);
      if (known !== undefined) return known;
      const inputs = x.custom === undefined ? [...x.inputs] : [x.custom.value];
      if (x.body !== undefined) inputs.push(x.body.after);
      const result = !this.#names.has(x) && inputs.map(changes).some(Boolean);
      changing.set(x, result);
      if (result) inputs.filter((y) => !changes(y)).forEach((y) => taken.add(y));
      return result;
    };
    if (!changes(after)) taken.add(after);
    return [...taken];
  }

  #transpose({ shape }: Tensor, name: string): string {
    const axes = shape.map((_, axis) => axis);
    const perm = [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
    return this.#add({ op: "Transpose", attributes: { perm } }, [name]);
  }

  #cast(name: string, to: number): string {
    return this.#add({ op: "Cast", attributes: { to } }, [name]);
  }

  #add({ op, domain = "", attributes = {} }: NodeHead, input: string[]): string {
    const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value));
    return this.#addNode({ opType: op, domain, input, attribute });
  }

  #addNode(proto: onnxProto.onnx.INodeProto): string {
    const name = `n${this.#count++}`;
    this.nodes.push({ ...proto, output: [name], name });
    return name;
  }

  #addInput(x: Tensor): string {
    if (!this.inputs.some(({ name }) => name === x.name)) this.inputs.push(x);
    return x.name;
  }

  #addInitializer(x: Tensor): string {
    const name = `c${this.initializers.length}`;
    const half = this.#isHalf(x);
    const { weights } = this.#options;
    this.initializers.push({
      name,
      dims: x.shape as number[],
      dataType: half ? FLOAT16 : dtypes[x.dtype],
      ...(weights !== undefined && isMatrixOfWeights(x)
        ? inFile(weights, blocksOf(x.source!, half))
        : { rawData: bytesOf(x, half) }),
    });
    return name;
  }

  #isHalf(x: Tensor): boolean {
    return this.#options.precision === "float16" && isMatrixOfWeights(x);
  }
}

function isMatrixOfWeights({ source, shape }: Tensor): boolean {
  return source !== undefined && shape.length > 1;
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
