/**
 * For tests: a suite small enough to train on in seconds.
 *
 * @module
 */
import { join } from "node:path";
import { makeFolder } from "../core/files.ts";
import { SPLITS } from "./scenes.ts";
import { miniSuite, thinSuite, toJsonl } from "./suite.ts";

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
  const suite = thinSuite(miniSuite(), n);
  for (const split of SPLITS) {
    Deno.writeTextFileSync(join(path, `${split}.jsonl`), toJsonl(suite[split]));
  }
  return path;
}
