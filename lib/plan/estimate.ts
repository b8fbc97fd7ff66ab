/**
 * How long work takes on this machine, from its operations and the rate of a small matrix product, which is measured and kept in
 * the cache.
 *
 * @module
 */
import { join } from "node:path";
import { exists, readText, writeFileAtomic } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import { processorClock, productRate } from "../runtime/product_rate.ts";
import { CPU, type Device } from "../runtime/session.ts";
import type { Cost } from "../workbench/planned/work.ts";

/**
 * What it costs to hand a value from one operation to the next, in operations at that rate. The products of a decoder run at about
 * the rate of the large one, and this is the rest: chosen so that training a model of 1.06 million parameters comes to 17,800
 * tokens/s where the product runs at 237 GFLOP/s, as was measured.
 */
const PER_VALUE = 72;

/** Seconds to open a model: its graph is made and optimised. */
const OPENING = 0.3;

/** Where a rate is kept, and what of the machine is measured. */
export interface MeasuredMachine {
  /** Its folder. */
  cache: { root: string };
  /** What computes. */
  device: Device;
  /** How many threads. */
  options: { threads: number };
}

/**
 * Measures this machine, a moment long, by processor time, so that it may be busy. The fastest that was ever measured counts, since
 * what else a machine does can only make it slower.
 *
 * @param machine a workbench, or its cache, device and threads.
 * @returns FLOP/s of a product of 1,024-cubed matrices.
 */
export async function rateOf(
  { cache, device, options: { threads } }: MeasuredMachine,
): Promise<number> {
  const id = hashOf({ threads, device, cores: navigator.hardwareConcurrency }).slice(0, 24);
  const path = join(cache.root, "machine", `${id}.json`);
  const before = exists(path) ? Number(JSON.parse(readText(path)).flops) : 0;
  // only of a CPU is it known how long it worked for this process
  const clock = device.provider === "cpu" ? [processorClock(threads)] : [];
  const flops = await productRate({ threads, device }, ...clock);
  if (flops > before) writeFileAtomic(path, JSON.stringify({ flops }));
  return Math.max(before, flops);
}

/**
 * Measures this machine's processor.
 *
 * @param options how many threads, and the folder in which the rate is kept.
 * @returns FLOP/s, as {@linkcode rateOf} has it.
 */
export function rateOfCpu(
  { threads, cache }: { threads: number; cache: string },
): Promise<number> {
  return rateOf({ cache: { root: cache }, device: CPU, options: { threads } });
}

/**
 * Estimates.
 *
 * @param cost what is to be done.
 * @param rate of this machine, FLOP/s.
 * @returns seconds on this machine when it is quiet.
 */
export function secondsFor({ flops, values, seconds, tokens }: Cost, rate: number): number {
  return seconds + (tokens > 0 ? OPENING : 0) + (flops + values * PER_VALUE) / rate;
}
