/** `deno task bench`: how fast this machine trains and scores. @module */
import { positiveInteger } from "../core/flags.ts";
import { RUN_FLAGS } from "../experiment/flags.ts";
import { printJson, printTable } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "how fast this machine trains and scores",
  help: () => `
Prints rates of training and scoring, and their ratio to ONNX Runtime's own matrix product in the same run.
  --threads N          threads to compute with                             [all cores]
  --json               the same as JSON, for machines
Example: deno task bench --threads 1`,
  flags: { threads: RUN_FLAGS.threads, json: { type: "boolean" } },
  async run({ values }) {
    const { benchmark, speedTable } = await import("../workbench/benchmark.ts");
    const speed = await benchmark(positiveInteger("threads", values.threads));
    values.json ? printJson(speed) : printTable(speedTable(speed));
  },
});

export default command;
