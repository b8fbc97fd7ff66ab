/**
 * One input and what becomes of it.
 *
 * @module
 */
import { join } from "node:path";
import { UserError } from "../../lib/core/errors.ts";
import { stream } from "../../lib/core/random.ts";
import { mutate } from "./mutate.ts";
import { type Files, type Reader, writeFiles } from "./reader.ts";

/** An input. */
export interface Case {
  /** The reader's name. */
  reader: string;
  /** The input. */
  files: Files;
}

/** What became of it. */
export interface Outcome {
  /** The reader's name. */
  reader: string;
  /** `failed` by an exception that is not the project's own, or by leaving files outside of its folder. */
  kind: "read" | "refused" | "failed";
  /** What was said. */
  why: string;
}

/**
 * Makes a case: the same for the same seed and number, whatever came before.
 *
 * @param readers the table.
 * @param seed of the run.
 * @param number of the case, from 0.
 * @returns a good input with one to three changes.
 */
export function makeCase(readers: readonly Reader[], seed: number, number: number): Case {
  const random = stream(`fuzz/${seed}/${number}`);
  const reader = chosen(readers, random.uniform());
  const files = { ...random.pick(reader.seeds) };
  const names = Object.keys(files).filter((name) => reader.changes?.test(name) ?? true).sort();
  for (let n = 1 + (random.below(3) === 0 ? random.below(3) : 0); n > 0; n--) {
    const name = random.pick(names);
    files[name] = mutate(name, files[name], random);
  }
  return { reader: reader.name, files: reader.seal?.(files) ?? files };
}

function chosen(readers: readonly Reader[], share: number): Reader {
  const weights = readers.map(({ weight = 1 }) => weight);
  let left = share * weights.reduce((sum, weight) => sum + weight, 0);
  return readers.find((_, i) => (left -= weights[i]) < 0) ?? readers.at(-1)!;
}

/**
 * Has an input read.
 *
 * @param readers the table.
 * @param given the input.
 * @param folder an empty one, in which the input's own is made.
 * @returns what became of it; the folder is empty again.
 */
export async function runCase(
  readers: readonly Reader[],
  { reader: name, files }: Case,
  folder: string,
): Promise<Outcome> {
  const reader = readers.find((one) => one.name === name)!;
  const path = join(folder, "input");
  writeFiles(path, files);
  let outcome: Outcome;
  try {
    await reader.read(path);
    outcome = { reader: name, kind: "read", why: "" };
  } catch (error) {
    outcome = { reader: name, ...judged(error) };
  }
  Deno.removeSync(path, { recursive: true });
  const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
  if (left.length === 0) return outcome;
  for (const other of left) Deno.removeSync(join(folder, other), { recursive: true });
  return { reader: name, kind: "failed", why: `wrote outside of its folder: ${left}` };
}

function judged(error: unknown): Pick<Outcome, "kind" | "why"> {
  if (!(error instanceof UserError)) {
    return { kind: "failed", why: String(error instanceof Error ? error.stack : error) };
  }
  return error.message.startsWith("internal")
    ? { kind: "failed", why: error.message }
    : { kind: "refused", why: error.message };
}
