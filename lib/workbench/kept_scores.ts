/**
 * Scores that are worked out once and kept: neighbours, word counts and the places of tokens take seconds.
 *
 * @module
 */
import { join } from "node:path";
import type { Cache } from "../core/cache.ts";
import { readText, writeFileAtomic } from "../core/files.ts";

/** A monitor's scores of a split, row by row. */
export type NamedScores = readonly [name: string, scores: Float64Array];

/**
 * A finding, taken from the cache where it is there.
 *
 * @param bench whose cache.
 * @param parts all that it depends on.
 * @param make works it out.
 * @returns it, as JSON gives it back.
 */
export async function keptFinding<T>(
  { cache }: { readonly cache: Cache },
  parts: unknown,
  make: () => Promise<T> | T,
): Promise<T> {
  const folder = await cache.entry("scores", parts, async (folder) => {
    writeFileAtomic(join(folder, "scores.json"), JSON.stringify(await make()));
  });
  return JSON.parse(readText(join(folder, "scores.json")));
}

/**
 * Scores by name, taken from the cache where they are there.
 *
 * @param bench whose cache.
 * @param parts all that they depend on.
 * @param make works them out.
 * @returns them.
 */
export async function keptScores(
  bench: { readonly cache: Cache },
  parts: unknown,
  make: () => Promise<NamedScores[]> | NamedScores[],
): Promise<NamedScores[]> {
  const named = await keptFinding(
    bench,
    parts,
    async () => (await make()).map(([name, scores]) => [name, [...scores]] as const),
  );
  return named.map(([name, scores]) => [name, Float64Array.from(scores)]);
}

/**
 * Scores of monitors with one seed.
 *
 * @param named the only scores of each.
 * @returns by monitor, one list.
 */
export function oneSeed(named: readonly NamedScores[]): Record<string, Float64Array[]> {
  return Object.fromEntries(named.map(([name, scores]) => [name, [scores]]));
}
