/** `deno task fit`: a monitor of one's own. @module */
import * as flag from "../core/flag.ts";
import { commandLine, goingWith } from "../core/flags.ts";
import { RUN_FLAGS } from "../experiment/flags.ts";
import { FIT_FLAGS, SCORE_FLAGS } from "../monitor/flags.ts";
import { ENGINE_FLAGS } from "../plan/slurm/flags.ts";
import { print, printTable, warn } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

const { covariance, quick, threads, cache } = RUN_FLAGS;

/** The task. */
const command: Command = defineCommand({
  summary: "fits a monitor on labelled conversations and saves it as one folder",
  about: `
Trains a language model, a guard and a detector, and calibrates them on safe conversations that are held
out: of safe conversations like those, no more than the rate that you score at is flagged, on average
over calibrations. Without flags it fits on the embedded suite. With --model, guard and language model
are made of a pretrained model, of which the folder holds the name and the hash.`,
  flags: {
    ...FIT_FLAGS,
    covariance,
    quick: { ...quick, help: "a small model and short training, to see that everything runs" },
    threads: { ...threads, help: "threads to compute with; the monitor does not change" },
    cache: { ...cache, help: "where trained models are kept" },
    ...ENGINE_FLAGS,
    step: flag.text({
      value: "KEY",
      help: "do one step of it alone, as the jobs of --engine slurm do: a model, or a pass",
    }),
    ...goingWith("step", "Without it the whole monitor is fitted.", {
      shard: flag.part({ shown: "1/1", help: "the I-th of N parts of that step" }),
    }),
  },
  closing: () => "Example: deno task fit --train labelled.jsonl --output my-monitor",
  async run({ values: { step, shard = { i: 1, n: 1 }, ...values } }) {
    if (step !== undefined) {
      const { doFitStep } = await import("../plan/fit_step.ts");
      return print(await doFitStep(values, { step, shard }, warn));
    }
    if (values.engine === "slurm") {
      const { fitOnSlurm } = await import("../plan/slurm/fit_on_slurm.ts");
      return print(await fitOnSlurm(values, { say: warn, begin: warn }));
    }
    const { fitOnData } = await import("../monitor/fit_on_data.ts");
    const { output, table, rates } = await fitOnData(values, warn);
    printTable(table);
    const usual = SCORE_FLAGS.fpr.default!;
    const next = commandLine("score", SCORE_FLAGS, {
      monitor: output,
      input: "logs.jsonl",
      output: "scored.jsonl",
      fpr: rates.includes(usual) ? usual : rates[0],
    });
    print(`Try it: ${next}`);
  },
});

export default command;
