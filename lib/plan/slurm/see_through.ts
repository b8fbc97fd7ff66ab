/**
 * What every run on Slurm has in common, whatever its steps are: the cluster of this machine, the wait between two looks, Ctrl-C, and
 * what a job calls.
 *
 * @module
 */
import { join } from "node:path";
import type { UserError } from "../../core/errors.ts";
import { commandLine, type Flags, type ValueOf } from "../../core/flags.ts";
import { onSecondInterrupt } from "../../core/interruption.ts";
import { RUN_FLAGS } from "../../experiment/flags.ts";
import type { Cost } from "../../workbench/planned/work.ts";
import { secondsFor } from "../estimate.ts";
import { openSlurm } from "./client.ts";
import type { EngineFlags } from "./flags.ts";
import { follow, type FollowedStep, type FollowOptions } from "./follow.ts";
import { lastLog } from "./logs.ts";

/** A task of an array should take about so long, seconds: much longer than Slurm needs to start one. */
const TASK = 600;

/**
 * Has steps done by Slurm. What lives of an earlier request of the same steps is taken up.
 *
 * @param steps in an order in which they can be done.
 * @param flags of the engine.
 * @param options what jobs run, and who is told.
 */
export async function seeThrough<S extends FollowedStep>(
  steps: readonly S[],
  { sbatch = [], poll = 10 }: EngineFlags,
  options: Omit<FollowOptions<S>, "slurm" | "wait">,
): Promise<void> {
  const slurm = openSlurm(sbatch);
  const wait = () => new Promise<void>((go) => setTimeout(go, 1000 * poll));
  const { live, end } = follow(steps, { ...options, slurm, wait });
  using _second = onSecondInterrupt({
    first: "The jobs go on, and the same command takes them up. Ctrl-C again cancels them.",
    second: () => slurm.cancel(live()),
  });
  await end;
}

/** What is followed where the last step says what was made. */
export interface ToTheEnd<S> extends Pick<FollowOptions<S>, "commandFor" | "tasksFor"> {
  /** Folder of the cache, in which logs are. */
  cache: string;
  /** Told what is done, and what went wrong, a line each. */
  begin(line: string): void;
}

/**
 * Has steps done by Slurm for the sake of the last of them.
 *
 * @param steps in an order in which they can be done.
 * @param flags of the engine.
 * @param options what jobs run, and who is told.
 * @returns what the last step's job wrote; throws a `UserError` where a step failed.
 */
export async function toTheEnd<S extends FollowedStep>(
  steps: readonly S[],
  flags: EngineFlags,
  { cache, begin, ...calls }: ToTheEnd<S>,
): Promise<string> {
  const logs = logsIn(cache);
  const problems: UserError[] = [];
  let last: readonly string[] = [];
  await seeThrough(steps, flags, {
    ...calls,
    logs,
    say: begin,
    ended(step, problem, jobs) {
      if (problem !== undefined) problems.push(problem);
      if (step === steps.at(-1)) last = jobs;
      return Promise.resolve();
    },
  });
  if (problems.length > 0) throw problems[0]; // the others failed by themselves, which was said, or for want of it
  return lastLog(logs, last)?.text ?? "";
}

/** Where jobs write what they have to say. */
export function logsIn(cache: string): string {
  return join(cache, "slurm");
}

/**
 * Into how many tasks a step is cut.
 *
 * @param step any.
 * @param rate of this machine, FLOP/s.
 * @param asked how many a user wants.
 * @returns those, or as many as take some ten minutes each.
 */
export function tasksOf(
  { pieces, cost }: { pieces: number; cost: Cost },
  rate: number,
  asked: number | undefined,
): number {
  if (pieces === 1) return 1;
  return asked ?? Math.min(1000, Math.ceil(secondsFor(cost, rate) / TASK));
}

/**
 * What a job runs. Nodes have cores of their own: a step uses those that it was given.
 *
 * @param task with what stands before its flags, such as `step 3fa94c10 --shard $part`.
 * @param flags its table.
 * @param values of them; those of others are left out.
 * @returns a line for a shell.
 */
export function jobCommand<F extends Flags>(
  task: string,
  flags: F,
  { threads, ...values }: { [K in keyof F]?: ValueOf<F[K]> | undefined } & { threads: number },
): string {
  const line = commandLine(task, flags, values as { [K in keyof F]?: ValueOf<F[K]> | undefined });
  const given = threads === RUN_FLAGS.threads.default ? "${SLURM_CPUS_ON_NODE:-1}" : threads;
  const own = line.replace("deno task", `'${Deno.execPath()}' task --quiet`); // as it is installed here
  return `exec ${own} --threads ${given}`;
}
