/**
 * `deno task fit --engine slurm`: models and passes as jobs, then one more that fits the monitor to them.
 *
 * @module
 */
import { pick } from "../../core/flags.ts";
import { RUN_FLAGS } from "../../experiment/flags.ts";
import { type FitOptions, openFit } from "../../monitor/fit_on_data.ts";
import { FIT_FLAGS } from "../../monitor/flags.ts";
import { rateOfCpu } from "../estimate.ts";
import { fitSteps } from "../fit_steps.ts";
import type { EngineFlags } from "./flags.ts";
import { jobCommand, tasksOf, toTheEnd } from "./see_through.ts";

const FLAGS = { ...FIT_FLAGS, ...pick(RUN_FLAGS, "covariance", "quick", "cache") };

/**
 * Has a monitor fitted by Slurm. What lives of an earlier request of the same monitor is taken up.
 *
 * @param options as `fitOnData` takes them, and those of the engine.
 * @param told what a user should know, and what begins and ends.
 * @returns what the job that fitted it wrote; throws a `UserError` where a step failed.
 */
export async function fitOnSlurm(
  options: FitOptions & EngineFlags,
  { say, begin }: { say: (message: string) => void; begin: (line: string) => void },
): Promise<string> {
  const { maker, settings } = await openFit(options, say);
  const { engine: _, sbatch: __, tasks, poll: ___, ...given } = options;
  const steps = await fitSteps(maker, settings, options);
  const monitor = steps.at(-1)!;
  const rate = await rateOfCpu(maker);
  return await toTheEnd(steps, options, {
    commandFor: ({ key }) =>
      jobCommand(key === monitor.key ? "fit" : `fit --step ${key} --shard $part`, FLAGS, given),
    tasksFor: (step) => tasksOf(step, rate, tasks),
    cache: maker.cache,
    begin,
  });
}
