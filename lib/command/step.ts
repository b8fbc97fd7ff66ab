/** `deno task step`: one step of a run. @module */
import { UsageError } from "../core/errors.ts";
import * as flag from "../core/flag.ts";
import { EXPERIMENT_FLAGS } from "../experiment/flags.ts";
import { print, warn } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

const { json: _, ...flags } = EXPERIMENT_FLAGS;

/** The task. */
const command: Command = defineCommand({
  summary: "does one step of `deno task reproduce` with the same flags",
  words: "KEY",
  about: `
KEY is what deno task plan shows, or its first digits. Processes on several machines may do steps at the same time, in one
cache folder that they share: a step is written whole or not at all, and ends in the same bytes whoever does it.`,
  flags: {
    ...flags,
    shard: flag.part({
      default: { i: 1, n: 1 },
      help: "the I-th of N parts of it, I from 1; passes have as many pieces as the plan says",
    }),
  },
  closing: () => "Example: deno task step 3fa94c10 --quick --shard 2/8",
  async run({ values, words, experiments }) {
    const { openRun } = await import("../experiment/open_run.ts");
    const { stepsOf } = await import("../plan/steps.ts");
    const { doStepNamed } = await import("../plan/do_step.ts");
    if (words.length !== 1) {
      throw new UsageError(
        `Cannot do a step: it takes one KEY, got ${words.length}`,
        "`deno task plan` with the same flags lists the keys.",
      );
    }
    const named = values.only !== undefined;
    const run = await openRun(await experiments.load(values.only), values, { named, say: warn });
    print(await doStepNamed(await stepsOf(run), words[0], values.shard));
  },
});

export default command;
