/**
 * The version of this code. Models and signals are cached by what they are made of, and by a number that is raised where the same
 * would be made otherwise; what experiments find has no such number, and is taken for old after any change.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import { once } from "../core/once.ts";
import { readBytes } from "../core/files.ts";

const ROOT = join(import.meta.dirname!, "../..");

const version = once(() => {
  const hash = createHash("sha256");
  const files = ["lib", "experiments"].flatMap((folder) => sourcesIn(join(ROOT, folder)));
  for (const path of [...files.sort(), join(ROOT, "deno.lock")]) {
    hash.update(`${relative(ROOT, path)}\0`).update(readBytes(path)).update("\0");
  }
  return { hash: hash.digest("hex") };
});

/**
 * Over all sources but tests, and the lock file of the libraries.
 *
 * @returns a SHA-256.
 */
export function codeVersion(): string {
  return version().hash;
}

function sourcesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return sourcesIn(join(folder, name));
    return name.endsWith(".ts") && !name.endsWith("_test.ts") ? [join(folder, name)] : [];
  });
}
