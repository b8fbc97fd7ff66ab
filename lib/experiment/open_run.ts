/**
 * A run of experiments, opened as its flags say: which of them, the workbench that they share, and where their artifacts are.
 *
 * @module
 */
import { openWorkbench } from "../workbench/open_workbench.ts";
import type { Workbench } from "../workbench/workbench.ts";
import type { Experiment } from "./experiment.ts";
import { resultsFolder, type RunFlags, runnable, runOptions } from "./flags.ts";

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
 * @param experiments what was asked for.
 * @returns the run; throws a `UsageError` where flags do not go together, a `UserError` where suite or models cannot be loaded.
 */
export async function openRun<E extends Pick<Experiment, "name" | "trains">>(
  experiments: readonly E[],
  flags: RunFlags,
  { named, say }: OpenRunOptions,
): Promise<OpenRun<E>> {
  const options = runOptions(flags, say);
  const chosen = runnable(experiments, options, named);
  const bench = await openWorkbench(options);
  return { experiments: chosen, bench, folder: resultsFolder(flags, bench.suite.name) };
}
