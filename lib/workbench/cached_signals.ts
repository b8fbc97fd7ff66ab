/**
 * Forward passes over a split that are made once and kept.
 *
 * @module
 */
import { join } from "node:path";
import type { Cache } from "../core/cache.ts";
import type { Signals } from "../signals/signals.ts";
import { readSignalsFile, writeSignals } from "../signals/signals_file.ts";

/**
 * Signals from the cache where they were read before.
 *
 * @param cache where they are kept.
 * @param parts all that they depend on.
 * @param read makes the forward pass.
 * @returns the signals, row by row.
 */
export async function cachedSignals(
  cache: Cache,
  parts: unknown,
  read: () => Promise<Signals>,
): Promise<Signals> {
  const folder = await cache.entry("signals", parts, async (folder) => {
    writeSignals(join(folder, FILE), await read());
  });
  return readSignalsFile(join(folder, FILE));
}

const FILE = "signals.safetensors";
