/**
 * Running a graph on ONNX Runtime.
 *
 * @module
 */
import { resolve } from "node:path";
import "./no_telemetry.ts";
import * as ort from "onnxruntime-node";
import { UserError } from "../core/errors.ts";
import { toOnnx } from "../graph/onnx.ts";
import type { Tensor } from "../graph/tensor.ts";
import { openWeightFile } from "../graph/weight_file.ts";

ort.env.logLevel = "fatal"; // what it would print of a failure is also in what it throws

/** Values of a tensor, row by row, and its dimensions. */
export interface Value<D extends Float32Array | BigInt64Array = Float32Array | BigInt64Array> {
  /** As many as the dimensions multiply to. */
  readonly data: D;
  /** Outermost first; `[]` for a scalar. */
  readonly dims: readonly number[];
}

/** What calculates, and how exactly. Results depend on both in their last digits. */
export interface Device {
  /** ONNX Runtime's execution provider. */
  readonly provider: "cpu" | "webgpu" | "cuda";
  /** Element type of matrices of weights and of products with them; all else is float32. */
  readonly precision: "float32" | "float16";
}

/** What the project's own small models are trained and run on. */
export const CPU: Device = { provider: "cpu", precision: "float32" };

/** Settings of a session. */
export interface SessionOptions {
  /** Threads that one run uses. Results do not depend on it. */
  threads: number;
  /** Default {@linkcode CPU}. */
  device?: Device;
  /**
   * For models whose weights are large: a folder for a file with them, which ONNX Runtime maps into
   * memory and which is gone when the session is open. They are then in memory once, and ONNX
   * Runtime packs no second copy of them, which costs batches of few tokens some speed. Without it,
   * weights are part of the model, of at most 2 GB.
   */
  weightsFolder?: string;
}

/** A graph made ready to run. Its memory is freed by `await using`, also where something throws. */
export interface Session extends AsyncDisposable {
  /**
   * Computes all outputs.
   *
   * @param feeds the graph's inputs by name.
   * @param into outputs to be written into given arrays of the right size, instead of new ones.
   * @returns the outputs by name, all float32.
   */
  run(
    feeds: Readonly<Record<string, Value>>,
    into?: Readonly<Record<string, Value<Float32Array>>>,
  ): Promise<Record<string, Value<Float32Array>>>;
}

/**
 * Compiles a graph.
 *
 * @param outputs what to compute, by name.
 * @param options threads, device, place for weights.
 * @returns a session; throws a {@linkcode UserError} where memory or disk do not suffice.
 */
export async function openSession(
  outputs: Readonly<Record<string, Tensor>>,
  { threads, device = CPU, weightsFolder }: SessionOptions,
): Promise<Session> {
  const names = Object.keys(outputs);
  // else cuBLAS rounds the factors of float32 products to 10 bits (TF32)
  if (device.provider === "cuda") Deno.env.set("NVIDIA_TF32_OVERRIDE", "0");
  await using resources = new AsyncDisposableStack();
  const weights = weightsFolder === undefined
    ? undefined
    : resources.use(openWeightFile(resolve(weightsFolder)));
  const model = toOnnx(outputs, {
    precision: device.precision,
    fused: device.provider !== "webgpu",
    ...(weights && { weights }),
  });
  const session = await withinMemory(() =>
    ort.InferenceSession.create(model, {
      executionProviders: [device.provider],
      graphOptimizationLevel: "all",
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      ...(weights && mappedWeights(weights.folder)),
    })
  );
  // a mapped file lives on without its name, except on Windows
  const keptFile = Deno.build.os === "windows" ? resources.move() : undefined;
  const tensor = ({ data, dims }: Value) =>
    data instanceof Float32Array
      ? new ort.Tensor("float32", data, dims)
      : new ort.Tensor("int64", data, dims);
  const tensors = (values: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensor(value)]));
  return {
    async run(feeds, into = {}) {
      const fetches = {
        ...Object.fromEntries(names.map((name) => [name, null])),
        ...tensors(into),
      };
      const results = await withinMemory(() => session.run(tensors(feeds), fetches));
      return Object.fromEntries(names.map((name) => {
        const { data, dims } = results[name];
        return [name, { data: data as Float32Array, dims }];
      }));
    },
    async [Symbol.asyncDispose]() {
      await session.release();
      await keptFile?.disposeAsync();
    },
  };
}

/** Settings that keep weights in memory once: as the pages of their file, not packed anew. */
function mappedWeights(folder: string): ort.InferenceSession.SessionOptions {
  return {
    enableMemPattern: false, // a plan for each shape of a batch, which is kept in memory
    extra: {
      session: {
        disable_prepacking: "1",
        model_external_initializers_file_folder_path: folder,
      },
    },
  };
}

/** Says what to do where ONNX Runtime or the device runs out of memory. */
async function withinMemory<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !/alloc|out of memory/i.test(error.message)) throw error;
    throw new UserError(
      `Cannot run the model: it must fit into memory, got "${error.message.trim()}"`,
      "Choose a smaller token budget, a smaller model, or --dtype float16 on a GPU.",
      { cause: error },
    );
  }
}
