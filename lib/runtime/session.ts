/**
 * Running a graph on ONNX Runtime.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { toOnnx } from "../graph/onnx.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Values of a tensor, row by row, and its dimensions. */
export interface Value<D extends Float32Array | BigInt64Array = Float32Array | BigInt64Array> {
  /** As many as the dimensions multiply to. */
  readonly data: D;
  /** Outermost first; `[]` for a scalar. */
  readonly dims: readonly number[];
}

/** Settings of a session. */
export interface SessionOptions {
  /** Threads that one run uses. Results do not depend on it. */
  threads: number;
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
 * @param options threads.
 * @returns a session.
 */
export async function openSession(
  outputs: Readonly<Record<string, Tensor>>,
  { threads }: SessionOptions,
): Promise<Session> {
  const names = Object.keys(outputs);
  const session = await ort.InferenceSession.create(toOnnx(outputs), {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
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
      const results = await session.run(tensors(feeds), fetches);
      return Object.fromEntries(names.map((name) => {
        const { data, dims } = results[name];
        return [name, { data: data as Float32Array, dims }];
      }));
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}
