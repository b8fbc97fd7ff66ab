/** `deno task plan`: what a run would do. @module */
import { EXPERIMENT_FLAGS } from "../experiment/flags.ts";
import { printJson, printTable, warn } from "../report/terminal.ts";
import { type Command, defineCommand, experimentsHelp } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "what `deno task reproduce` with the same flags would do, step by step",
  about: `
For each step: what it waits for, how much of it is in the cache, tokens, operations, weights, memory, and a time that is estimated
from this machine's speed. The tokenizer is trained for it, where there is none.`,
  flags: {
    ...EXPERIMENT_FLAGS,
    json: { ...EXPERIMENT_FLAGS.json, help: "instead of a table, one JSON document, for machines" },
  },
  closing: (experiments) => `
${experimentsHelp(experiments)}
Example: deno task plan --only fusion`,
  async run({ values, experiments }) {
    const { openRun } = await import("../experiment/open_run.ts");
    const { planOf, planTable } = await import("../plan/plan.ts");
    const named = values.only !== undefined;
    const plan = await planOf(
      await openRun(await experiments.load(values.only), values, { named, say: warn }),
    );
    values.json ? printJson(plan) : printTable(planTable(plan));
  },
});

export default command;
