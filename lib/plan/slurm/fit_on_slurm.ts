/**
 * `deno task fit --engine slurm`: models and passes as jobs, then one more that fits the monitor to them.
 *
 * @module
 */
import { resolve } from "node:path";
import { pick } from "../../core/flags.ts";
import { hashOf } from "../../core/json.ts";
import { exists } from "../../core/files.ts";
import { RUN_FLAGS } from "../../experiment/flags.ts";
import { requireFittable } from "../../monitor/fit.ts";
import { type FitOptions, openFit } from "../../monitor/fit_on_data.ts";
import { FIT_FLAGS } from "../../monitor/flags.ts";
import { CPU } from "../../runtime/session.ts";
import { NOTHING } from "../../workbench/planned/work.ts";
import { rateOf } from "../estimate.ts";
import { inOrder } from "../steps.ts";
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
  requireFittable(maker, settings);
  const { threads, cache, suite } = maker;
  const needs = inOrder(await maker.needs());
  const { engine: _, sbatch: __, tasks, poll: ___, ...given } = options;
  const monitor = {
    name: `monitor "${settings.output}"`,
    key: hashOf({
      needs: needs.map(({ key }) => key),
      suite: suite.hash,
      settings: JSON.stringify({ ...settings, covariance: options.covariance }),
      output: resolve(settings.output),
    }),
    after: needs,
    pieces: 1,
    cost: NOTHING,
    isDone: () => exists(settings.output),
  };
  const rate = await rateOf({ cache: { root: cache }, device: CPU, options: { threads } });
  return await toTheEnd([...needs, monitor], options, {
    commandFor: ({ key }) =>
      jobCommand(key === monitor.key ? "fit" : `fit --step ${key} --shard $part`, FLAGS, given),
    tasksFor: (step) => tasksOf(step, rate, tasks),
    cache,
    begin,
  });
}
