/**
 * The steps of a run as jobs of Slurm: submitted with what they wait for, followed, and submitted again where they were cut off.
 *
 * A job is known by its name, which is its step's key, so that whoever asks for the same run finds the jobs of it that live; and a
 * step is done when what it makes is there. So nothing has to be written down beside the jobs: a submitting process that is killed
 * loses nothing, and two at a time at worst do a step twice, which ends in the same bytes.
 *
 * @module
 */
import { join } from "node:path";
import { UsageError, UserError } from "../../core/errors.ts";
import { makeFolder } from "../../core/files.ts";
import { countDone } from "../plan.ts";
import { piecesOf } from "../do_step.ts";
import type { Step } from "../steps.ts";
import type { Ending, LiveTask, Slurm } from "./client.ts";
import { endOfLog } from "./logs.ts";

/** A step as far as it is followed. */
export interface FollowedStep extends Pick<Step, "key" | "name" | "pieces" | "isDone"> {
  /** What it waits for. */
  readonly after: readonly { readonly key: string }[];
}

/** How steps are run. */
export interface FollowOptions<S> {
  /** The cluster. */
  slurm: Slurm;
  /** What does a part of a step, for a shell: `$part` in it stands for which of how many. */
  commandFor(step: S): string;
  /** Into how many tasks a step is cut. */
  tasksFor(step: S): number;
  /** Folder for the jobs' output. */
  logs: string;
  /** Told what is done, and what went wrong, a line each. */
  say(line: string): void;
  /** Told when a step has ended, well or not, and the numbers of its last jobs. */
  ended(step: S, problem: UserError | undefined, jobs: readonly string[]): Promise<void>;
  /** Waits before the queue is looked at again. */
  wait(): Promise<void>;
}

/** A step that is cut off so often with nothing new made is given up. */
const MOST_ATTEMPTS = 5;

/** The queue is asked for so often in vain. */
const MOST_FAILURES = 30;

/** A job that has left the queue may have made what is not seen yet, on a file system that several machines share: looks. */
const GRACE = 3;

/** How Slurm ends jobs that nothing is wrong with. */
const CUT_OFF = ["PREEMPTED", "TIMEOUT", "NODE_FAIL", "BOOT_FAIL", "REVOKED", "DEADLINE"];

const SIGKILL = 9;

/** What is known of a step. */
interface Known {
  state: "waiting" | "submitted" | "done" | "failed";
  /** Numbers of its jobs that live, or did last. */
  jobs: string[];
  /** How often it was submitted since something new was made. */
  attempts: number;
  /** How often it was seen neither in the queue nor done. */
  missed: number;
  made: number;
  /** Why it failed, or a step before it. */
  problem?: UserError;
}

/**
 * Sees a run through.
 *
 * @param steps in an order in which they can be done.
 * @param options the cluster, and whom to tell.
 * @returns the jobs that live, at any time, for who has to cancel them; and the end.
 */
export function follow<S extends FollowedStep>(
  steps: readonly S[],
  options: FollowOptions<S>,
): { live: () => string[]; end: Promise<void> } {
  const known = new Map(steps.map(({ key }): [string, Known] => [
    key,
    { state: "waiting", jobs: [], attempts: 0, missed: 0, made: 0 },
  ]));
  const has = (state: Known["state"]) => [...known.values()].filter((of) => of.state === state);
  const finish = async () => {
    makeFolder(options.logs);
    for (;;) {
      const queue = Map.groupBy(await patiently(options), ({ name }) => name);
      for (const step of steps) {
        await look(step, queue.get(nameOf(step)) ?? [], known, options);
      }
      if (has("waiting").length + has("submitted").length === 0) return;
      await options.wait();
    }
  };
  return { live: () => has("submitted").flatMap(({ jobs }) => jobs), end: finish() };
}

/** The queue, though Slurm's controller may be away for a while, as when it is started again. */
async function patiently(
  { slurm, say, wait }: Pick<FollowOptions<never>, "slurm" | "say" | "wait">,
): Promise<LiveTask[]> {
  for (let failed = 1;; failed++) {
    try {
      return await slurm.queue();
    } catch (error) {
      const mayPass = error instanceof UserError && !(error instanceof UsageError);
      if (!mayPass || failed === MOST_FAILURES) throw error;
      if (failed === 1) say(`${error.message}. It is asked again.`);
      await wait();
    }
  }
}

/** The name of a step's job. */
export function nameOf({ key }: Pick<Step, "key">): string {
  return `ood-${key.slice(0, 24)}`;
}

/** Looks at one step: what became of its jobs, and whether one is to be submitted. */
async function look<S extends FollowedStep>(
  step: S,
  queue: readonly LiveTask[],
  known: Map<string, Known>,
  options: FollowOptions<S>,
): Promise<void> {
  const own = known.get(step.key)!;
  if (own.state === "done" || own.state === "failed") return;
  if (queue.length > 0) {
    own.jobs = [...new Set(queue.map(({ job }) => job))];
    Object.assign(own, { state: "submitted", missed: 0 });
    return;
  }
  const before = step.after.flatMap(({ key }) => known.get(key) ?? []);
  const end = async (problem?: UserError) => {
    Object.assign(own, problem ? { state: "failed", problem } : { state: "done" });
    const count = [...known.values()].filter(({ state }) => state === own.state).length;
    options.say(
      problem ? `${step.name} failed.` : `${count} of ${known.size} steps done: ${step.name}`,
    );
    await options.ended(step, problem, own.jobs);
  };
  const made = await countDone(step);
  if (made === step.pieces) return await end();
  if (made > own.made) Object.assign(own, { made, attempts: 0 });
  const broken = before.find(({ state }) => state === "failed");
  if (broken !== undefined) return await end(broken.problem);
  if (own.state === "submitted") {
    const verdict = await judge(step, own, options);
    if (verdict === "look again") return;
    if (verdict !== "again") return await end(verdict);
  }
  const jobs = before.filter(({ state }) => state === "submitted").flatMap(({ jobs }) => jobs);
  await submit(step, jobs, own, options);
}

/** What to do about a step whose jobs are gone and that is not done. */
async function judge(
  step: FollowedStep,
  own: Known,
  { slurm, logs, say }: Pick<FollowOptions<never>, "slurm" | "logs" | "say">,
): Promise<"look again" | "again" | UserError> {
  const endings = (await Promise.all(own.jobs.map((job) => slurm.endings(job)))).flat();
  const bad = endings.filter(({ state }) => state !== "COMPLETED");
  if (bad.length === 0 && own.missed++ < GRACE) return "look again";
  const wrong = bad.find((ending) => !mayPass(ending));
  if (wrong === undefined && own.attempts < MOST_ATTEMPTS) {
    const why = bad.map(({ state, signal }) => signal > 0 ? `signal ${signal}` : state);
    say(
      `${step.name} was cut off (${
        [...new Set(why)].join(", ") || "forgotten"
      }), and is submitted again.`,
    );
    return "again";
  }
  const { state, code } = wrong ?? bad[0] ?? { state: "forgotten", code: 0 };
  const log = endOfLog(logs, own.jobs);
  return new UserError(
    `Cannot do ${step.name}: job ${own.jobs.join(", ")} ended as ${state}, exit code ${code}${
      log === undefined ? "" : `. The end of "${log.path}":\n${log.text}`
    }`,
    state === "OUT_OF_MEMORY"
      ? 'Ask for more memory, as by --sbatch "--mem=16G".'
      : "Ask for the run again when that is mended: what is done is kept.",
  );
}

/** Whether another attempt may do. SIGKILL comes from outside. A job whose predecessor was cut off is cancelled with it. */
function mayPass({ state, reason, code, signal }: Ending): boolean {
  return CUT_OFF.includes(state) || signal === SIGKILL || code === 128 + SIGKILL ||
    (state === "CANCELLED" && reason.startsWith("Dependency")) || state === "PENDING" ||
    state === "RUNNING" || state === "COMPLETING";
}

async function submit<S extends FollowedStep>(
  step: S,
  after: readonly string[],
  own: Known,
  { slurm, commandFor, tasksFor, logs }: FollowOptions<S>,
): Promise<void> {
  const n = Math.min(tasksFor(step), step.pieces);
  const parts = Array.from({ length: n }, (_, i) => i + 1);
  const open: number[] = [];
  for (const i of parts) {
    const pieces = piecesOf(step.pieces, { i, n });
    const done = await Promise.all(pieces.map((piece) => step.isDone(piece)));
    if (done.includes(false)) open.push(i);
  }
  const part = n === 1 ? "1/1" : `$SLURM_ARRAY_TASK_ID/${n}`;
  const job = await slurm.submit({
    name: nameOf(step),
    script: commandFor(step).replace("$part", part),
    log: join(logs, n === 1 ? "%A.log" : "%A_%a.log"),
    after,
    ...n > 1 && { tasks: open },
  });
  Object.assign(own, {
    state: "submitted",
    jobs: [job],
    attempts: own.attempts + 1,
    missed: 0,
  });
}
