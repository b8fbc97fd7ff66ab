/** `deno task bench`: how fast this machine trains and scores. @module */
import * as flag from "../core/flag.ts";
import { RUN_FLAGS } from "../experiment/flags.ts";
import { printJson, printTable } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "how fast this machine trains and scores",
  about: `
Prints rates of training and scoring, and their ratio to ONNX Runtime's own matrix product in the
same run.`,
  flags: {
    threads: { ...RUN_FLAGS.threads, help: "threads to compute with" },
    json: flag.toggle({ help: "the same as JSON, for machines" }),
  },
  closing: () => "Example: deno task bench --threads 1",
  async run({ values: { threads, json } }) {
    const { benchmark, speedTable } = await import("../workbench/benchmark.ts");
    const speed = await benchmark(threads);
    json ? printJson(speed) : printTable(speedTable(speed));
  },
});

export default command;
