/**
 * The steps of a run of experiments: what is made before them, in an order in which it can be made, and the experiments themselves.
 * Each is named by a key, which is the hash of all that it depends on, and can be done by any process that sees the same cache.
 *
 * @module
 */
import { join } from "node:path";
import { exists, readBytes, readText, writeFileAtomic } from "../core/files.ts";
import { canonicalJson, hashOf, sha256 } from "../core/json.ts";
import { type Experiment, runExperiment } from "../experiment/experiment.ts";
import { secondsOnly } from "../workbench/planned/costs.ts";
import { type Cost, NOTHING, sumOf, type Work } from "../workbench/planned/work.ts";
import type { Workbench } from "../workbench/workbench.ts";
import { codeVersion } from "./code_version.ts";

/** A step of a run. */
export interface Step extends Work {
  /** The experiment that it is, if it is one. */
  readonly experiment?: Experiment;
}

/** What a run is planned from. */
export interface Run {
  /** In the order in which they are run. */
  experiments: readonly Experiment[];
  /** Their workbench. */
  bench: Workbench;
  /** Where their artifacts go. */
  folder: string;
}

/** Seconds that an experiment takes when all that it needs is there, for each row that is tested on: mostly resamples. */
const PER_ROW = 4e-4;

/**
 * Plans a run. The tokenizer is trained for it, where there is none: tokens are counted by it.
 *
 * @param run experiments that the workbench has what it takes for.
 * @returns the steps; each comes after those that it waits for, and what an experiment needs stands before it.
 */
export async function stepsOf({ experiments, bench, folder }: Run): Promise<Step[]> {
  const asked: Step[] = [];
  for (const experiment of experiments) {
    const needs = await needsOf(experiment, bench);
    asked.push(...needs, await experimentStep(experiment, needs, bench, folder));
  }
  return inOrder(asked);
}

/**
 * Puts work into an order in which it can be done.
 *
 * @param asked what is wanted.
 * @returns that and all that it waits for, each once and behind what it waits for; without what nothing is to be made for.
 */
export function inOrder(asked: readonly Step[]): Step[] {
  const steps = new Map<string, Step>();
  const add = (step: Step) => {
    if (steps.has(step.key)) return;
    step.after.forEach(add);
    if (step.pieces > 0) steps.set(step.key, step);
  };
  asked.forEach(add);
  return [...steps.values()];
}

/**
 * What an experiment needs to have been made. What cannot be said of that shows when it is run.
 *
 * @param experiment which.
 * @param bench its workbench.
 * @returns models and passes; none where that cannot be said.
 */
export async function needsOf({ needs, config }: Experiment, bench: Workbench): Promise<Work[]> {
  try {
    return await needs?.(bench, config) ?? [];
  } catch {
    return [];
  }
}

/** What models of an experiment's own take; where that cannot be said, it shows when it is run. */
async function costOf({ cost, config }: Experiment, bench: Workbench): Promise<Cost> {
  try {
    return await cost?.(bench, config) ?? NOTHING;
  } catch {
    return NOTHING;
  }
}

async function experimentStep(
  experiment: Experiment,
  after: readonly Work[],
  bench: Workbench,
  folder: string,
): Promise<Step> {
  const { name, config } = experiment;
  const { suite, device, cache, options: { quick, seeds, covariance, judgeScores, given } } = bench;
  const key = hashOf(plain({
    experiment: name,
    config,
    suite: suite.hash,
    after: after.map(({ key }) => key),
    settings: { quick, seeds, covariance, judgeScores, given, device },
    code: codeVersion(),
    folder,
  }));
  const mark = join(cache.root, "steps", `${key.slice(0, 24)}.json`);
  const artifact = join(folder, `${name}.json`);
  const isDone = () => exists(mark) && exists(artifact) && readText(mark) === markOf(artifact);
  // where it was run before, its models are in the cache
  const own = isDone() ? NOTHING : await costOf(experiment, bench);
  return {
    name,
    key,
    after,
    pieces: 1,
    cost: sumOf([secondsOnly(PER_ROW * suite.test.length), own]),
    experiment,
    isDone,
    async make() {
      const made = await runExperiment(experiment, bench, folder);
      writeFileAtomic(mark, markOf(artifact));
      return made;
    },
  };
}

/** Says which artifact a step has made: an older one of the same name, or a changed one, is another. */
function markOf(artifact: string): string {
  return canonicalJson({ artifact: sha256(readBytes(artifact)) });
}

/** Without what is left out. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
