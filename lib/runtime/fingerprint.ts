/**
 * A fingerprint of the arithmetic of this machine: equal where ONNX Runtime's kernels round alike,
 * so that artifacts can be expected to be the same to the last byte.
 *
 * @module
 */
import { sha256 } from "../core/json.ts";
import { stream } from "../core/random.ts";
import { exp, sigmoid, sqrt, tanh } from "../graph/elementwise.ts";
import { matmul } from "../graph/matmul.ts";
import { reduceSum, softmax } from "../graph/reduce.ts";
import { input } from "../graph/tensor.ts";
import { CPU, type Device, openSession } from "./session.ts";

/**
 * Runs small products, sums and elementary functions.
 *
 * @param device what calculates. Default {@linkcode CPU}.
 * @returns 16 hexadecimal digits of a hash over the bits of the results, behind the device's name
 * where it is not the CPU, since devices that agree on these small products need not agree on
 * others.
 */
export async function kernelFingerprint(device: Device = CPU): Promise<string> {
  const random = stream("kernel fingerprint");
  const draw = (rows: number, columns: number) => ({
    data: Float32Array.from({ length: rows * columns }, () => random.normal()),
    dims: [rows, columns],
  });
  // fed, since a graph of constants is calculated on the CPU when a session opens, whatever the
  // device
  const feeds = { a: draw(33, 257), b: draw(257, 47) };
  const product = matmul(input("a", feeds.a.dims), input("b", feeds.b.dims));
  const outputs = {
    product,
    probabilities: softmax(product),
    sum: reduceSum(product, [1]),
    exponential: exp(softmax(product)),
    gate: sigmoid(product),
    squash: tanh(product),
    root: sqrt(softmax(product)),
  };
  await using session = await openSession(outputs, { threads: 1, device });
  const values = await session.run(feeds);
  const hashes = Object.keys(outputs).map((name) => {
    const { data } = values[name];
    return sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  });
  const fingerprint = sha256(hashes.join()).slice(0, 16);
  const { provider, precision } = device;
  return provider === "cpu" ? fingerprint : `${provider}-${precision}-${fingerprint}`;
}
