/**
 * A process that reads inputs one after another. Where one takes too long or too much, a thread beside says so, and the parent,
 * which knows which it is, ends the process and starts another behind it.
 *
 *     deno run … shard.ts '{"folder": "…", "seed": 1, "from": 0, "runs": 100}'
 *
 * @module
 */
import { join } from "node:path";
import { makeCase, type Outcome, runCase } from "./case.ts";
import { corpusOf } from "./corpus.ts";
import { type Reader, writeFiles } from "./reader.ts";
import { allReaders } from "./readers.ts";

/** What to read: the corpus and the numbers from 0 are one list, the corpus first. */
export interface Order {
  /** An empty folder, where it writes. */
  folder: string;
  /** Of the run. */
  seed: number;
  /** A place in the list, from 0. */
  from: number;
  /** How many numbers there are. */
  runs: number;
  /** One of them instead, and the folder that it is written to. */
  only?: { id: string; keep: string };
}

/** A line that the process prints: how many inputs there are, which is begun, what became of it, or which limit it went over. */
export type Said =
  | { total: number }
  | { begun: string; reader: string }
  | Pick<Outcome, "kind" | "why">
  | { over: string };

function print(line: Said): void {
  const text = new TextEncoder().encode(JSON.stringify(line) + "\n");
  for (let at = 0; at < text.length;) at += Deno.stdout.writeSync(text.subarray(at));
}

/** What is loaded late must not count against the first input that needs it; and seeds that are refused test nothing. */
async function readSeeds(readers: readonly Reader[], folder: string): Promise<void> {
  for (const { name, seeds: [files] } of readers) {
    const { kind, why } = await runCase(readers, { reader: name, files }, folder);
    if (kind !== "read") throw new Error(`"${name}" does not read its own seed: ${why}`);
  }
}

const { folder, seed, from, runs, only }: Order = JSON.parse(Deno.args[0]);
const readers = await allReaders(join(folder, "seeds"));
const corpus = corpusOf(readers);
const names = [...corpus.keys()];
const cases = join(folder, "cases");
Deno.mkdirSync(cases);
const watch = new Worker(import.meta.resolve("./watch.ts"), { type: "module" });
await readSeeds(readers, cases);

async function read(id: string, keep?: string): Promise<void> {
  const made = corpus.get(id) ?? makeCase(readers, seed, Number(id));
  if (keep !== undefined) writeFiles(keep, made.files);
  print({ begun: id, reader: made.reader });
  watch.postMessage("begun");
  const { kind, why } = await runCase(readers, made, cases);
  watch.postMessage("ended");
  print({ kind, why: why.slice(0, 5000) });
}

const total = only === undefined ? names.length + runs : 1;
print({ total });
if (only !== undefined) await read(only.id, only.keep);
else for (let at = from; at < total; at++) await read(names[at] ?? String(at - names.length));
watch.terminate();
