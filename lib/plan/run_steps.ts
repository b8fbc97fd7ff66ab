/**
 * The steps of a run, one after the other in this process, with how far the whole run is.
 *
 * @module
 */
import { duration, startWhole } from "../core/progress.ts";
import type { Experiment } from "../experiment/experiment.ts";
import type { Work } from "../workbench/planned/work.ts";
import { withFirstSeed } from "../workbench/workbench.ts";
import { rateOf, secondsFor } from "./estimate.ts";
import { countDone } from "./plan.ts";
import { needsOf, type Run, type Step, stepsOf } from "./steps.ts";

/** Who is told, and what is done with experiments. */
export interface RunStepsOptions {
  /** Told what begins, a line a step; of steps that are in the cache nothing is said. Default: nobody is told. */
  begin?: ((line: string) => void) | undefined;
  /**
   * Does an experiment.
   *
   * @param experiment which.
   * @param problem what a step that it needs failed with, if one did.
   * @param made whether its artifact is there: another process has run it.
   */
  each(experiment: Experiment, problem: unknown, made?: boolean): Promise<void>;
  /** Shows what the first experiment finds with the first seed, as soon as that can be known. Default: it is not looked at. */
  glance?: ((experiment: Experiment) => Promise<void>) | undefined;
}

/**
 * Makes what experiments need and has each of them done, in order. A step that fails leaves those standing that do not need it.
 *
 * @param run the experiments and their workbench.
 * @param options who is told, what is done with each.
 */
export async function runSteps(
  run: Run,
  { begin = () => {}, each, glance }: RunStepsOptions,
): Promise<void> {
  const steps = await stepsOf(run);
  const rate = await rateOf(run.bench);
  const estimates = await Promise.all(steps.map(async (step) => {
    const left = step.experiment ? 1 : 1 - await countDone(step) / step.pieces;
    return left * secondsFor(step.cost, rate);
  }));
  const clock = startClock(estimates);
  const broken = new Map<string, unknown>();
  const look = glance && await glanceAt(run, glance);
  for (const [i, step] of steps.entries()) {
    if (estimates[i] === 0) continue;
    await letIn();
    using _ = clock.begin(i);
    begin(`step ${i + 1} of ${steps.length}: ${step.name} · ${clock.left()}`);
    const problem = problemBefore(step, broken);
    if (step.experiment) await each(step.experiment, problem);
    else if (problem !== undefined) broken.set(step.key, problem);
    else await makeAll(step).then(() => look?.(step), (error) => broken.set(step.key, error));
  }
}

/**
 * Looks at the first experiment as soon as all is there that it needs with the first seed, and only where something is missing then
 * that it needs with all seeds.
 */
async function glanceAt(
  { experiments: [first], bench }: Run,
  glance: (experiment: Experiment) => Promise<void>,
): Promise<(made: Step) => Promise<void>> {
  if (first === undefined) return () => Promise.resolve();
  const all = await needsOf(first, bench);
  const missing = new Set(await unfinished(await needsOf(first, withFirstSeed(bench))));
  const look = async () => {
    if (missing.size > 0 || (await unfinished(all)).length === 0) return;
    await glance(first).catch(() => {}); // what goes wrong goes wrong again when the experiment is run, and is said then
  };
  await look();
  return async ({ key }) => {
    if (missing.delete(key)) await look();
  };
}

/** The keys of work that is not done. */
async function unfinished(works: readonly Work[]): Promise<string[]> {
  const keys: string[] = [];
  for (const work of works) if (await countDone(work) < work.pieces) keys.push(work.key);
  return keys;
}

/** All pieces that are not there. */
async function makeAll(step: Step): Promise<void> {
  for (let piece = 0; piece < step.pieces; piece++) {
    await letIn();
    if (!await step.isDone(piece)) await step.make(piece);
  }
}

/** Gives the event loop a turn: while models are run one after the other it has none, and no signal would be heard. */
function letIn(): Promise<void> {
  return new Promise((go) => setTimeout(go, 0));
}

function problemBefore({ after }: Step, broken: ReadonlyMap<string, unknown>): unknown {
  return after.map(({ key }) => broken.get(key)).find((problem) => problem !== undefined);
}

/** What is taken for done as estimated before anything is, seconds: one slow second says little. */
const PRIOR = 10;

/**
 * How long a run goes on: what is left of the estimates, in the proportion in which those done were right.
 *
 * @param estimates for each step, in order, seconds.
 * @param now the time, milliseconds; tests have their own.
 * @returns a clock.
 */
export function startClock(estimates: readonly number[], now = () => performance.now()): Clock {
  let [at, began, took, wanted] = [0, now(), PRIOR, PRIOR];
  const left = (share = 0) => {
    const rest = estimates.slice(at + 1).reduce((sum, seconds) => sum + seconds, 0) +
      (1 - share) * estimates[at];
    const [tookSo, wantedSo] = [took + (now() - began) / 1000, wanted + share * estimates[at]];
    // what runs now counts as far as it is known to have come
    const pace = share > 0 ? tookSo / wantedSo : took / wanted;
    return `about ${duration(pace * rest)} left in all`;
  };
  return {
    left,
    begin(step) {
      [at, began] = [step, now()];
      const whole = startWhole(left);
      return {
        [Symbol.dispose]() {
          whole[Symbol.dispose]();
          took += (now() - began) / 1000;
          wanted += estimates[step];
        },
      };
    },
  };
}

/** Tells how long a run goes on. */
export interface Clock {
  /** In words, told which share of the present step is done, from 0 to 1. */
  left(share?: number): string;
  /** Begins a step; disposing of it ends it. */
  begin(step: number): Disposable;
}
