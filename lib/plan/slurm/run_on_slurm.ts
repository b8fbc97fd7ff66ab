/**
 * `--engine slurm`: a run whose steps are jobs.
 *
 * @module
 */
import { join } from "node:path";
import { onSecondInterrupt } from "../../core/interruption.ts";
import { commandLine } from "../../core/flags.ts";
import { EXPERIMENT_FLAGS, type ExperimentFlags, RUN_FLAGS } from "../../experiment/flags.ts";
import { rateOf, secondsFor } from "../estimate.ts";
import type { RunStepsOptions } from "../run_steps.ts";
import { type Run, type Step, stepsOf } from "../steps.ts";
import { openSlurm } from "./client.ts";
import type { EngineFlags } from "./flags.ts";
import { follow } from "./follow.ts";

/** A task of an array should take about so long, seconds: much longer than Slurm needs to start one. */
const TASK = 600;

/**
 * Has the steps of a run done by Slurm. What lives of an earlier request of the same run is taken up.
 *
 * @param run the experiments and their workbench.
 * @param flags of the run, with which every step is called, and those of the engine.
 * @param options who is told, and what is done when an experiment has ended.
 */
export async function runOnSlurm(
  run: Run,
  { engine: _, sbatch = [], tasks, poll = 10, ...flags }: ExperimentFlags & EngineFlags,
  { begin = () => {}, each }: RunStepsOptions,
): Promise<void> {
  const steps = await stepsOf(run);
  const rate = await rateOf(run.bench);
  const slurm = openSlurm(sbatch);
  const isCut = ({ pieces }: Step) => pieces > 1;
  const { live, end } = follow(steps, {
    slurm,
    commandFor: (step) => commandFor(step, flags),
    tasksFor: (step) =>
      isCut(step) ? tasks ?? Math.min(1000, Math.ceil(secondsFor(step.cost, rate) / TASK)) : 1,
    logs: join(run.bench.cache.root, "slurm"),
    say: begin,
    async ended({ experiment }, problem) {
      if (experiment) await each(experiment, problem, true);
    },
    wait: () => new Promise((go) => setTimeout(go, 1000 * poll)),
  });
  using _second = onSecondInterrupt({
    first: "The jobs go on, and the same command takes them up. Ctrl-C again cancels them.",
    second: () => slurm.cancel(live()),
  });
  await end;
}

/** What a job runs. Nodes have cores of their own: a step uses those that it was given. */
function commandFor(step: Step, { json: _, threads, ...flags }: ExperimentFlags): string {
  const line = commandLine(`step ${step.key} --shard $part`, EXPERIMENT_FLAGS, flags);
  const given = threads === RUN_FLAGS.threads.default ? "${SLURM_CPUS_ON_NODE:-1}" : threads;
  const own = line.replace("deno task", `'${Deno.execPath()}' task --quiet`); // as it is installed here
  return `exec ${own} --threads ${given}`;
}
