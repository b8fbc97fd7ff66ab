/**
 * Signals kept in a file, one array each; values at tokens lie one conversation after the other.
 *
 * @module
 */
import { type Parameter } from "../model/parameters.ts";
import { readSafetensors, writeSafetensors } from "../model/safetensors.ts";
import type { Signals } from "./signals.ts";

/**
 * Writes signals.
 *
 * @param path the file.
 * @param signals what to write.
 */
export function writeSignals(
  path: string,
  { guard, nll, hidden, tokenNll, entropy }: Signals,
): void {
  const arrays: [string, Float32Array | undefined][] = [
    ["guard", guard],
    ["nll", nll],
    ...hidden.map((matrix, i): [string, Float32Array] => [`hidden${i}`, matrix]),
    ["counts", tokenNll && Float32Array.from(tokenNll, ({ length }) => length)],
    ["tokenNll", tokenNll && joined(tokenNll)],
    ["entropy", entropy && joined(entropy)],
  ];
  const present = arrays.flatMap(([name, data]): Parameter[] =>
    data ? [{ name, shape: [data.length], data }] : []
  );
  writeSafetensors(path, present);
}

/**
 * Reads signals.
 *
 * @param path a file that {@linkcode writeSignals} wrote.
 * @returns the signals; throws a `UserError` where the file is missing or damaged.
 */
export function readSignalsFile(path: string): Signals {
  const { parameters } = readSafetensors(path);
  const array = (name: string) => parameters.get(name)?.data;
  const hidden = [...parameters.keys()].filter((name) => name.startsWith("hidden")).map((name) =>
    array(name)!
  );
  const [guard, nll, counts] = ["guard", "nll", "counts"].map(array);
  const [tokenNll, entropy] = ["tokenNll", "entropy"].map((name) =>
    counts && split(array(name)!, counts)
  );
  return {
    hidden,
    ...(guard && { guard }),
    ...(nll && { nll }),
    ...(tokenNll && { tokenNll }),
    ...(entropy && { entropy }),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function split(all: Float32Array, counts: Float32Array): Float32Array[] {
  let at = 0;
  return Array.from(counts, (count) => all.subarray(at, at += count));
}
