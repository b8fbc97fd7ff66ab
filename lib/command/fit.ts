/** `deno task fit`: a monitor of one's own. @module */
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import type { Suite } from "../conversation/suite.ts";
import { positiveInteger } from "../core/flags.ts";
import { RUN_FLAGS } from "../experiment/run_flags.ts";
import { print, printTable, warn } from "../report/terminal.ts";
import type { FitSummary } from "../tool/fit_monitor.ts";
import type { Table } from "../report/table.ts";
import { HEADLINE_FPR } from "../stats/tpr_at_fpr.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "fits a monitor on labelled conversations and saves it as one folder",
  help: () => `
Trains a language model, a guard and a detector, and chooses on calibration rows how they are fused and
where conversations are flagged. Without flags it fits on the embedded suite.
  --train FILE         labelled conversations (.jsonl, .jsonl.gz or .parquet), one a line: any shape that
                       \`deno task score\` takes, and malign (1 where what the assistant does is unsafe, else 0)
  --calibration FILE   others, to calibrate on                       [a fifth of --train, held out by the hash
                                                                      of the text]
  --no-thoughts        leave out of them what a model thought
  --suite mini|mood|FOLDER  instead of --train: a suite              [mini]
  --output DIR         the folder to be written; must not exist      [.cache/monitor/NAME of the data]
  --fpr F,F            false-positive rates to have thresholds for; the smallest, F, takes 1/F safe
                       calibration rows                              [0.005,0.01,0.02]
  --seed N             of the guard, from 0                          [0]
  --quick              a small model and short training, to see that everything runs
  --threads N          threads to compute with; the monitor does not change  [all cores]
  --cache DIR          where trained models are kept                 [.cache]
Example: deno task fit --train labelled.jsonl --output my-monitor`,
  flags: {
    train: { type: "string" },
    calibration: { type: "string" },
    "no-thoughts": { type: "boolean", default: false },
    suite: { type: "string" },
    output: { type: "string" },
    fpr: { type: "string", default: "0.005,0.01,0.02" },
    seed: { type: "string", default: "0" },
    quick: RUN_FLAGS.quick,
    threads: RUN_FLAGS.threads,
    cache: RUN_FLAGS.cache,
  },
  async run({ values }) {
    const { train, calibration, quick, cache } = values;
    requireOneSource(values);
    const [fprTargets, seed] = [rates(values.fpr), wholeNumber("seed", values.seed)];
    const threads = positiveInteger("threads", values.threads);
    const { loadSuite } = await import("../conversation/suite.ts");
    const { loadLabelledSuite } = await import("../log/labelled_suite.ts");
    const { trainedWorkbench } = await import("../workbench/trained_workbench.ts");
    const { fitMonitor } = await import("../tool/fit_monitor.ts");
    const suite = train === undefined
      ? await loadSuite(values.suite ?? "mini", { cache, say: warn })
      : await loadLabelledSuite(train, calibration, {
        thoughts: !values["no-thoughts"],
        say: warn,
      });
    const output = values.output ??
      join(".cache", "monitor", quick ? `${suite.name}-quick` : suite.name);
    const options = { suite: suite.name, quick, seeds: 1, threads, cache, say: warn };
    const bench = trainedWorkbench(suite, options);
    const summary = await fitMonitor(bench, { output, seed, fprTargets });
    printTable(tableOf(summary, suite, output));
    const rate = fprTargets.includes(HEADLINE_FPR) ? "" : ` --fpr ${fprTargets[0]}`;
    print(
      `Try it: deno task score --monitor ${output} --input logs.jsonl --output scored.jsonl${rate}`,
    );
  },
});

export default command;

function tableOf(
  { coefficient, thresholds, rows }: FitSummary,
  suite: Suite,
  output: string,
): Table {
  const percent = (share: number) => (100 * share).toFixed(1);
  const { train, calibration } = rows;
  return {
    title: `Monitor "${output}", fitted on ${suite.name}`,
    columns: ["target FPR %", "flagged above", "FPR reached %", "recall %"],
    rows: thresholds.map(({ target, threshold, fpr, recall }) => [
      percent(target),
      threshold.toFixed(3),
      percent(fpr),
      percent(recall),
    ]),
    notes: [
      `Trained on ${train.safe} safe and ${train.unsafe} unsafe conversations,`,
      `calibrated on ${calibration.safe} safe and ${calibration.unsafe} unsafe ones that it was not trained on.`,
      `Scores are in standard deviations of the guard on safe rows; weight of the detectors: ${coefficient}.`,
      "Rates are those on the calibration rows, on which fusion and thresholds were chosen: expect less recall elsewhere.",
      ...suite.synthetic ? ["The conversations of this suite are synthetic."] : [],
    ],
  };
}

function requireOneSource(
  { train, calibration, suite, "no-thoughts": noThoughts }:
    & Partial<Record<"train" | "calibration" | "suite", string>>
    & { "no-thoughts": boolean },
): void {
  if (train !== undefined && suite !== undefined) {
    throw new UsageError(
      "Cannot use --train and --suite together: each says what to fit on",
      "Leave one out.",
    );
  }
  if (noThoughts && train === undefined) {
    throw new UsageError(
      "Cannot use --no-thoughts: it goes with --train",
      "The conversations of a suite are taken as they are.",
    );
  }
  if (calibration !== undefined && train === undefined) {
    throw new UsageError(
      "Cannot use --calibration: it goes with --train",
      "A suite has a calibration file of its own.",
    );
  }
}

function rates(text: string): number[] {
  const values = text.split(",").map(Number);
  if (values.every((rate) => rate > 0 && rate < 1)) {
    return [...new Set(values)].sort((a, b) => a - b);
  }
  throw new UsageError(
    `Cannot use --fpr ${text}: rates must lie between 0 and 1`,
    "Give numbers separated by commas, such as 0.01,0.05.",
  );
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(
    `Cannot use --${flag} ${text}: it must be a whole number, at least 0`,
    `Give, for instance, --${flag} 1.`,
  );
}
