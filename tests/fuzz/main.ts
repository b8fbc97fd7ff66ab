/**
 * `deno task fuzz`: mutated inputs for every reader of outside data. Each must be read, or refused by an error of this project,
 * within 2 s of processor time and 512 MiB. A run that was stopped goes on where it was.
 *
 * @module
 */
import { join } from "node:path";
import * as flag from "../../lib/core/flag.ts";
import { asksForHelp, helpOf, readFlags } from "../../lib/core/flags.ts";
import {
  exists,
  makeFolder,
  readText,
  removeIfPresent,
  writeFileAtomic,
} from "../../lib/core/files.ts";
import { startProgress } from "../../lib/core/progress.ts";
import { exitOnError, print, printTable } from "../../lib/report/terminal.ts";
import { fuzz, nothing, type Run } from "./run.ts";

const FLAGS = {
  runs: flag.count({
    default: 10_000,
    most: 10_000_000,
    help: "how many inputs, besides the corpus",
  }),
  seed: flag.count({ default: 1, least: 0, most: 2 ** 31, help: "another seed, other inputs" }),
  case: flag.text({ value: "ID", help: "one input alone, by its number or name; it is kept" }),
  afresh: flag.toggle({ help: "forget what an earlier run of the seed has found" }),
};

const FOLDER = join(import.meta.dirname!, "../../.cache/fuzz");

/** Reads one input, and says where it is and what became of it. */
async function repeat(id: string, seed: number): Promise<void> {
  const keep = join(FOLDER, `seed-${seed}-${id.replaceAll(/\W+/g, "-")}`);
  removeIfPresent(keep);
  const run = nothing();
  await inFolder((folder) => fuzz(run, { folder, seed, runs: 0, only: { id, keep } }));
  print(`The input is in ${keep}.\n${JSON.stringify(run, null, 2)}`);
}

async function runAll({ seed, runs, afresh }: { seed: number; runs: number; afresh: boolean }) {
  const path = join(FOLDER, `seed-${seed}.json`);
  const run: Run = !afresh && exists(path) ? JSON.parse(readText(path)) : nothing();
  using progress = startProgress("fuzzing");
  const save = () => writeFileAtomic(path, JSON.stringify(run));
  await inFolder((folder) =>
    fuzz(run, {
      folder,
      seed,
      runs,
      tell(total) {
        progress.update(run.done / total, `· ${Object.keys(run.failures).length} failed`);
        if (run.done % 20 === 0) save();
      },
    })
  );
  save();
  show(run, seed);
  if (Object.keys(run.failures).length > 0) Deno.exit(1);
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  makeFolder(FOLDER);
  const folder = Deno.makeTempDirSync({ dir: FOLDER, prefix: "run-" });
  try {
    await use(folder);
  } finally {
    removeIfPresent(folder);
  }
}

function show({ counts, failures }: Run, seed: number): void {
  const kinds = ["read", "refused", "failed"] as const;
  printTable({
    title: `Mutated inputs, seed ${seed}`,
    columns: ["reader", ...kinds],
    rows: Object.entries(counts).sort().map(([name, count]) => [
      name,
      ...kinds.map((kind) => String(count[kind])),
    ]),
    notes: Object.entries(failures).map(([id, { reader, why }]) =>
      `${reader}: ${why}\nAgain: deno task fuzz --seed ${seed} --case "${id}"\n`
    ),
  });
}

await exitOnError(async () => {
  if (asksForHelp(Deno.args)) return print(helpOf(FLAGS));
  const { values } = readFlags(Deno.args, FLAGS);
  if (values.case !== undefined) await repeat(values.case, values.seed);
  else await runAll(values);
});
