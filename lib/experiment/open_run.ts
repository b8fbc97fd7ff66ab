/**
 * A run of experiments, opened as its flags say: which of them, the workbench that they share, and where their artifacts are.
 *
 * @module
 */
import { UsageError } from "../core/errors.ts";
import { sayBeforehand } from "../workbench/beforehand.ts";
import { openWorkbench } from "../workbench/open_workbench.ts";
import type { Workbench } from "../workbench/workbench.ts";
import { type Experiment, missingFor } from "./experiment.ts";
import { resultsFolder, type RunFlags, runOptions } from "./flags.ts";

/** What of an experiment says whether it can run. */
export type Runnable = Pick<Experiment, "name" | "run" | "train" | "missing">;

/** A run that can begin. */
export interface OpenRun<E> {
  /** What is run. */
  experiments: E[];
  /** Suite and models. */
  bench: Workbench;
  /** Where artifacts go, or are. */
  folder: string;
}

/** What a run is opened with. */
export interface OpenRunOptions {
  /** Whether the experiments were asked for by name, so that none of them may be left out. */
  named: boolean;
  /** Told what a user should know. */
  say: (message: string) => void;
}

/**
 * Opens a run.
 *
 * @param experiments what was asked for, whether it can run or not.
 * @returns the run; throws a `UsageError` where flags do not go together, a `UserError` where suite or models cannot be loaded.
 */
export async function openRun<E extends Runnable>(
  experiments: readonly E[],
  flags: RunFlags,
  { named, say }: OpenRunOptions,
): Promise<OpenRun<E>> {
  const bench = await openWorkbench(runOptions(flags, say));
  sayBeforehand(bench);
  const folder = resultsFolder(flags, bench.suite.name);
  return { experiments: runnable(experiments, bench, named), bench, folder };
}

/**
 * Leaves out what makes no sense with models from outside.
 *
 * @param bench that they run on; its `say` is told what is left out.
 * @param named whether they were asked for by name.
 * @returns those to be run; throws a {@linkcode UsageError} where one that was named cannot be.
 */
export function runnable<E extends Runnable>(
  experiments: readonly E[],
  bench: Workbench,
  named: boolean,
): E[] {
  const wants = experiments.map((experiment) => missingFor(experiment, bench));
  const cannot = experiments.flatMap(({ name }, i) =>
    wants[i] === undefined ? [] : [`${name} (needs ${wants[i]})`]
  );
  if (cannot.length === 0) return [...experiments];
  if (named) {
    throw new UsageError(
      `Cannot run ${cannot.join(", ")} with these models`,
      "Leave it out, or leave --model out.",
    );
  }
  bench.options.say(`Left out: ${cannot.join(", ")}.`);
  return experiments.filter((_, i) => wants[i] === undefined);
}
