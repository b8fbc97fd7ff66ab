/** `deno task plan`: what a run, a fit or a scoring would do. @module */
import * as flag from "../core/flag.ts";
import { pick } from "../core/flags.ts";
import { EXPERIMENT_FLAGS, RUN_FLAGS } from "../experiment/flags.ts";
import { FIT_FLAGS, SCORE_FLAGS } from "../monitor/flags.ts";
import type { Step } from "../plan/steps.ts";
import { printJson, printTable, warn } from "../report/terminal.ts";
import { type Command, defineCommand, experimentsHelp } from "./command.ts";

const json = flag.toggle({ help: "instead of a table, one JSON document, for machines" });

const run = defineCommand({
  summary: "what `deno task reproduce` with the same flags would do, step by step",
  about: `
For each step: what it waits for, how much of it is in the cache, tokens, operations, weights, memory, and a time that is estimated
from this machine's speed. The tokenizer is trained for it, where there is none. \`deno task plan fit\` and \`deno task plan score\`
say the same of these tasks, with their flags.`,
  flags: { ...EXPERIMENT_FLAGS, json },
  closing: (experiments) => `
${experimentsHelp(experiments)}
Examples:
  deno task plan --only fusion
  deno task plan fit --train labelled.jsonl --output my-monitor`,
  async run({ values, experiments }) {
    const { openRun } = await import("../experiment/open_run.ts");
    const { stepsOf } = await import("../plan/steps.ts");
    const { rateOf } = await import("../plan/estimate.ts");
    const named = values.only !== undefined;
    const run = await openRun(await experiments.load(values.only), values, { named, say: warn });
    await show("this run", await stepsOf(run), await rateOf(run.bench), values);
  },
});

const fit = defineCommand({
  summary: "what `deno task fit` with the same flags would do, step by step",
  flags: { ...FIT_FLAGS, ...pick(RUN_FLAGS, "covariance", "quick", "threads", "cache"), json },
  closing: () => "Example: deno task plan fit --train labelled.jsonl --output my-monitor",
  async run({ values }) {
    const { openFit } = await import("../monitor/fit_on_data.ts");
    const { fitSteps } = await import("../plan/fit_steps.ts");
    const { rateOfCpu } = await import("../plan/estimate.ts");
    const { maker, settings } = await openFit(values, warn);
    await show("this fit", await fitSteps(maker, settings, values), await rateOfCpu(maker), values);
  },
});

const score = defineCommand({
  summary: "what `deno task score` with the same flags would take",
  about: `
The first 1,000 conversations are counted; those that follow are taken to be like them. A compressed log is unpacked for it.`,
  flags: { ...SCORE_FLAGS, ...pick(RUN_FLAGS, "threads", "cache"), json },
  closing: () =>
    "Example: deno task plan score --monitor my-monitor --input logs.jsonl --output scored.jsonl",
  async run({ values }) {
    const { scoreSteps } = await import("../plan/score_steps.ts");
    const { rateOfCpu } = await import("../plan/estimate.ts");
    await show("this scoring", await scoreSteps(values, warn), await rateOfCpu(values), values);
  },
});

async function show(
  what: string,
  steps: readonly Step[],
  rate: number,
  { json }: { json: boolean },
): Promise<void> {
  const { planOf, planTable } = await import("../plan/plan.ts");
  const plan = await planOf(steps, rate);
  json ? printJson(plan) : printTable(planTable(plan, what));
}

/** The task; its first word may be the name of another one. */
const command: Command = {
  summary: "what `deno task reproduce`, `fit` or `score` with the same flags would do",
  invoke(name, args, experiments) {
    const others = new Map([["reproduce", run], ["fit", fit], ["score", score]]);
    const [first = "", ...rest] = args;
    const other = others.get(first);
    return other === undefined
      ? run.invoke(name, args, experiments)
      : other.invoke(`${name} ${first}`, rest, experiments);
  },
};

export default command;
