/**
 * What is fuzzed: a reader of outside data, and good inputs to begin with.
 *
 * @module
 */
import { dirname, join, relative } from "node:path";
import { Buffer } from "node:buffer";

/** The files of an input, by their paths in its folder. */
export type Files = Record<string, Uint8Array>;

/** A reader of outside data. */
export interface Reader {
  /** What it is called in reports. */
  name: string;
  /** How often it is chosen, against the others. Default 1. */
  weight?: number;
  /** Good inputs. */
  seeds: readonly Files[];
  /** Which of its files are changed. Default all. */
  changes?: RegExp;
  /** Puts right what would have a changed input refused at the door, such as a hash over it. */
  seal?(files: Files): Files;
  /** Reads an input as the tasks do; whatever it throws must be an error of this project. */
  read(folder: string): unknown;
}

/**
 * Text as bytes; data as JSON.
 *
 * @param data text, or a value.
 * @returns the bytes in UTF-8.
 */
export function bytes(data: unknown): Uint8Array {
  return new TextEncoder().encode(typeof data === "string" ? data : JSON.stringify(data));
}

/**
 * Values as JSON Lines.
 *
 * @param values one a line.
 * @returns the bytes.
 */
export function lines(...values: unknown[]): Uint8Array {
  return bytes(values.map((value) => JSON.stringify(value) + "\n").join(""));
}

/**
 * Bytes as text.
 *
 * @param data in UTF-8, or nearly.
 * @returns the text.
 */
export function textOf(data: Uint8Array): string {
  return Buffer.from(data).toString("utf8");
}

/**
 * Reads the files of a folder and those below it.
 *
 * @param folder which.
 * @returns their contents by their paths in it.
 */
export function filesIn(folder: string): Files {
  const found: Files = {};
  const visit = (path: string): void => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      const inner = join(path, name);
      if (isDirectory) visit(inner);
      else found[relative(folder, inner)] = Deno.readFileSync(inner);
    }
  };
  visit(folder);
  return found;
}

/**
 * Writes an input.
 *
 * @param folder where to; it is made.
 * @param files what.
 */
export function writeFiles(folder: string, files: Files): void {
  Deno.mkdirSync(folder, { recursive: true });
  for (const [path, data] of Object.entries(files)) {
    Deno.mkdirSync(dirname(join(folder, path)), { recursive: true });
    Deno.writeFileSync(join(folder, path), data);
  }
}
