/** `deno task bench`: how fast this machine trains and scores. @module */
import { positiveInteger, printTable, RUN_FLAGS } from "../experiment/command_line.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "how fast this machine trains and scores",
  help: () => `
Prints rates of training and scoring, and their ratio to ONNX Runtime's own matrix product in the same run.
  --threads N          threads to compute with                             [all cores]`,
  flags: { threads: RUN_FLAGS.threads },
  async run({ values }) {
    const { benchmark } = await import("../experiment/benchmark.ts");
    printTable(await benchmark(positiveInteger("threads", values.threads)));
  },
});

export default command;
