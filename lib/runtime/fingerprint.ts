/**
 * A fingerprint of the arithmetic of this machine: equal where ONNX Runtime's kernels round alike, so that artifacts
 * can be expected to be the same to the last byte.
 *
 * @module
 */
import { sha256 } from "../core/json.ts";
import { stream } from "../core/random.ts";
import { exp, sigmoid, sqrt, tanh } from "../graph/elementwise.ts";
import { matmul } from "../graph/matmul.ts";
import { reduceSum, softmax } from "../graph/reduce.ts";
import { constant } from "../graph/tensor.ts";
import { openSession } from "./session.ts";

/**
 * Runs small products, sums and elementary functions.
 *
 * @returns 16 hexadecimal digits of a hash over the bits of the results.
 */
export async function kernelFingerprint(): Promise<string> {
  const random = stream("kernel fingerprint");
  const draw = (rows: number, columns: number) =>
    constant(Float32Array.from({ length: rows * columns }, () => random.normal()), [rows, columns]);
  const product = matmul(draw(33, 257), draw(257, 47));
  const outputs = {
    product,
    probabilities: softmax(product),
    sum: reduceSum(product, [1]),
    exponential: exp(softmax(product)),
    gate: sigmoid(product),
    squash: tanh(product),
    root: sqrt(softmax(product)),
  };
  await using session = await openSession(outputs, { threads: 1 });
  const values = await session.run({});
  const hashes = Object.keys(outputs).map((name) => {
    const { data } = values[name];
    return sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  });
  return sha256(hashes.join()).slice(0, 16);
}
