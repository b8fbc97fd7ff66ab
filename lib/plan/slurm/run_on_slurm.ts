/**
 * `deno task reproduce --engine slurm`: a run whose steps are jobs.
 *
 * @module
 */
import { EXPERIMENT_FLAGS, type ExperimentFlags } from "../../experiment/flags.ts";
import { rateOf } from "../estimate.ts";
import type { RunStepsOptions } from "../run_steps.ts";
import { type Run, stepsOf } from "../steps.ts";
import type { EngineFlags } from "./flags.ts";
import { jobCommand, logsIn, seeThrough, tasksOf } from "./see_through.ts";

/**
 * Has the steps of a run done by Slurm. What lives of an earlier request of the same run is taken up.
 *
 * @param run the experiments and their workbench.
 * @param flags of the run, with which every step is called, and those of the engine.
 * @param options who is told, and what is done when an experiment has ended.
 */
export async function runOnSlurm(
  run: Run,
  flags: ExperimentFlags & EngineFlags,
  { begin = () => {}, each }: RunStepsOptions,
): Promise<void> {
  const steps = await stepsOf(run);
  const rate = await rateOf(run.bench);
  const { json: _, ...given } = flags;
  await seeThrough(steps, flags, {
    commandFor: ({ key }) => jobCommand(`step ${key} --shard $part`, EXPERIMENT_FLAGS, given),
    tasksFor: (step) => tasksOf(step, rate, flags.tasks),
    logs: logsIn(run.bench.cache.root),
    say: begin,
    async ended({ experiment }, problem) {
      if (experiment) await each(experiment, problem, true);
    },
  });
}
