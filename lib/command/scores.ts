/** `deno task scores`: what every monitor says of every conversation of a suite. @module */
import * as flag from "../core/flag.ts";
import { RUN_FLAGS } from "../experiment/flags.ts";
import { print, printJson, warn } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

const { judgeScores: _, ...flags } = RUN_FLAGS;

/** The task. */
const command: Command = defineCommand({
  summary: "every monitor's score of every conversation, for pandas and for mood-bench",
  about: `
Writes scores.parquet to the results folder, where \`deno task reproduce\` with the same flags writes artifacts; after it, this takes
seconds. A row is a conversation under one seed: id, split (test or calibration), domain, malign (1: unsafe), scene, seed, and a
column for each monitor, whose scores rise with danger. A monitor that does not depend on the guard says the same under every
seed. docs/experiments.md shows how to read it.`,
  flags: {
    ...flags,
    jsonl: flag.list({
      value: "NAME,…",
      shown: "none",
      help:
        "also write the test rows of these monitors as results.jsonl files, a file a seed, which mood-bench and " +
        "`deno task analyze` read; a name is a column's, with - for what is no letter: guard, perplexity-windows-of-16",
    }),
    json: flag.toggle({ help: "print one JSON document, for machines" }),
  },
  closing: () => "Example: deno task scores --jsonl guard,mahalanobis",
  async run({ values }) {
    const { writeScores } = await import("../results/scores.ts");
    const { written, monitors } = await writeScores(values, warn);
    if (values.json) return printJson({ written, monitors });
    written.forEach((path) => print(path));
  },
});

export default command;
