/**
 * For tests: a suite small enough to train on in seconds.
 *
 * @module
 */
import { join } from "node:path";
import { makeFolder } from "../core/files.ts";
import type { Row } from "./row.ts";
import { SPLITS } from "./scenes.ts";
import { miniSuite, toJsonl } from "./suite.ts";

/**
 * Writes a part of the embedded suite, every domain and label in proportion.
 *
 * @param folder where to; the suite is a folder in it.
 * @param n one row of so many is kept.
 * @returns the suite's folder.
 */
export function writeTinySuite(folder: string, n: number): string {
  const path = join(folder, "tiny");
  makeFolder(path);
  const suite = miniSuite();
  for (const split of SPLITS) {
    Deno.writeTextFileSync(join(path, `${split}.jsonl`), toJsonl(thinned(suite[split], n)));
  }
  return path;
}

/** Every nth row of each domain and label. */
function thinned(rows: readonly Row[], n: number): Row[] {
  const groups = Map.groupBy(rows, ({ domain, malign }) => `${domain} ${malign}`).values();
  return [...groups].flatMap((group) => group.filter((_, i) => i % n === 0));
}
