/**
 * The command line behind `deno task …`: finds the task by its name in `lib/command/` and hands it the words that follow.
 *
 * @module
 */
import { join } from "node:path";
import { suggestName, UsageError } from "./lib/core/errors.ts";
import { openCatalogue } from "./lib/experiment/catalogue.ts";
import { exitOnError, print } from "./lib/report/terminal.ts";
import type { Command } from "./lib/command/command.ts";

const TASKS = [
  "reproduce",
  "verify",
  "plan",
  "step",
  "scores",
  "report",
  "fine",
  "judge",
  "fit",
  "score",
  "analyze",
  "new",
  "bench",
  "mini",
];

async function load(name: string): Promise<Command> {
  return (await import(`./lib/command/${name}.ts`)).default;
}

/** All tasks with what they do. */
async function overview(): Promise<string> {
  const width = Math.max(...TASKS.map((name) => name.length));
  const lines = await Promise.all(
    TASKS.map(async (name) => `  ${name.padEnd(width)}  ${(await load(name)).summary}`),
  );
  return `deno task NAME, of which each explains itself with --help:\n${lines.join("\n")}`;
}

await exitOnError(async () => {
  const [name = "--help", ...args] = Deno.args;
  if (name === "--help") return print(await overview());
  if (!TASKS.includes(name)) {
    throw new UsageError(`Cannot do "${name}": there is no such task`, suggestName(name, TASKS));
  }
  const experiments = openCatalogue(join(import.meta.dirname!, "experiments"));
  await (await load(name)).invoke(name, args, experiments);
});
