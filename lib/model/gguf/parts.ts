/**
 * The parts of a model that was split over several GGUF files: `NAME-00001-of-00003.gguf` and so on.
 *
 * @module
 */
import { basename, join } from "node:path";
import { exists } from "../../core/files.ts";
import { unusableGguf } from "./errors.ts";

/**
 * Whether a name is that of a GGUF file.
 *
 * @param path of a file or folder.
 * @returns whether it ends in `.gguf`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(["a/b.gguf", "a/gguf"].map(isGguf), [true, false]);
 * ```
 */
export function isGguf(path: string): boolean {
  return path.endsWith(".gguf");
}

/**
 * The names of all parts of the model that a file is of.
 *
 * @param file path or name of any of them.
 * @returns as many paths or names as the name says; the name itself where the model is in one file.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(partNames("m-00002-of-00002.gguf"), ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]);
 * ```
 */
export function partNames(file: string): string[] {
  const [, stem, total] = /^(.*)-\d{5}-of-(\d{5})\.gguf$/s.exec(file) ?? [];
  if (stem === undefined) return [file];
  return Array.from({ length: Number(total) }, (_, i) => {
    const number = String(i + 1).padStart(5, "0");
    return `${stem}-${number}-of-${total}.gguf`;
  });
}

/**
 * The files that a model is in.
 *
 * @param path of any of them.
 * @returns the paths of all, in order; throws a `UserError` where some are missing.
 */
export function partsOf(path: string): string[] {
  const parts = partNames(path);
  const missing = parts.filter((part) => !exists(part)).map((part) => basename(part));
  const named = missing.slice(0, 5).join('", "') + (missing.length > 5 ? '", "…' : "");
  if (missing.length === 0) return parts;
  throw unusableGguf(
    path,
    parts.length === 1
      ? "there is no such file"
      : `all ${parts.length} parts of it must be in "${
        join(path, "..")
      }", but "${named}" is missing`,
    parts.length === 1
      ? "Check the path."
      : "Get the missing parts, and put them beside the others.",
  );
}
