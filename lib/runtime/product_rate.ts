/**
 * How fast this machine multiplies matrices: what the speed of models is measured by, and guessed from.
 *
 * @module
 */
import process from "node:process";
import { matmul } from "../graph/matmul.ts";
import { input } from "../graph/tensor.ts";
import { openSession, type SessionOptions } from "./session.ts";

const SIZE = 1024;
const PRODUCTS = 3;
const TRIES = 12;

/**
 * A clock that stands still while other processes have the processor: what a machine does that is busy is then known as if it were
 * quiet.
 *
 * @param threads that work at the same time, of which each has its own share of the processor time.
 * @returns a clock, in milliseconds.
 */
export function processorClock(threads: number): () => number {
  return () => process.cpuUsage().user / 1000 / threads;
}

/**
 * Measures the product of two square matrices of 1,024 rows, some 80 GFLOP of it. The fastest of twelve tries counts: others may meet
 * another guest of the host, or the engine as it compiles.
 *
 * @param options threads and device.
 * @param clock what time is taken by, milliseconds. Default: that of the wall.
 * @returns FLOP/s; a multiplication and an addition are two FLOP.
 */
export async function productRate(
  options: SessionOptions,
  clock: () => number = () => performance.now(),
): Promise<number> {
  const dims = [SIZE, SIZE];
  const operand = { data: new Float32Array(SIZE * SIZE).fill(0.5), dims };
  const into = { y: { data: new Float32Array(SIZE * SIZE), dims } };
  const y = matmul(input("a", dims), input("b", dims));
  await using session = await openSession({ y }, options);
  const feeds = { a: operand, b: operand };
  await session.run(feeds, into);
  let fastest = Infinity; // milliseconds
  for (let t = 0; t < TRIES; t++) {
    const started = clock();
    for (let i = 0; i < PRODUCTS; i++) await session.run(feeds, into);
    fastest = Math.min(fastest, clock() - started);
  }
  return 2 * SIZE ** 3 * PRODUCTS / (fastest / 1000);
}
