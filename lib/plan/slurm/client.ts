/**
 * Slurm's own programs, as far as they are needed: `sbatch`, `squeue`, `scontrol`, `sacct` and `scancel`.
 *
 * @module
 */
import { UsageError, UserError } from "../../core/errors.ts";

/** Runs a program; tests have their own. */
export type Execute = (program: string, args: readonly string[]) => Promise<Executed>;

/** How a program ended. */
export interface Executed {
  /** Its exit code. */
  code: number;
  /** Its standard output. */
  out: string;
  /** Its standard error. */
  err: string;
}

/** A job to be submitted. */
export interface Job {
  /** By which it is found again. */
  name: string;
  /** What it runs, for a shell. */
  script: string;
  /** Where its output goes; `%A` stands for its number, `%a` for that of the task. */
  log: string;
  /** Jobs that must have ended well before. */
  after: readonly string[];
  /** Numbers of its tasks, where it is an array. */
  tasks?: readonly number[];
}

/** A job, or a task of an array, that has not ended. */
export interface LiveTask {
  /** Number of the job. */
  job: string;
  /** Its name. */
  name: string;
  /** Such as `PENDING` or `RUNNING`. */
  state: string;
  /** Why it waits, such as `Priority`. */
  reason: string;
}

/** How a task of a job ended. */
export interface Ending {
  /** Such as `FAILED`, `TIMEOUT` or `NODE_FAIL`. */
  state: string;
  /** Why, in a word of Slurm's. */
  reason: string;
  /** Its exit code. */
  code: number;
  /** The signal that ended it, or 0. */
  signal: number;
}

/** A cluster. */
export interface Slurm {
  /** Submits a job and returns its number; throws a {@linkcode UserError} where Slurm refuses. */
  submit(job: Job): Promise<string>;
  /** All jobs of this user that have not ended. */
  queue(): Promise<LiveTask[]>;
  /** How the tasks of a job ended; none where it is forgotten. */
  endings(job: string): Promise<Ending[]>;
  /** Cancels jobs. */
  cancel(jobs: readonly string[]): Promise<void>;
}

/**
 * The cluster of this machine.
 *
 * @param options the user's own, handed to `sbatch`.
 * @param execute runs programs.
 * @returns the cluster.
 */
export function openSlurm(options: readonly string[] = [], execute: Execute = run): Slurm {
  const must = async (program: string, args: readonly string[], doing: string) => {
    const { code, out, err } = await execute(program, args);
    if (code === 0) return out;
    throw new UserError(
      `Cannot ${doing}: ${program} says: ${(err || out).trim().split("\n").at(-1)}`,
      "Slurm must run, and its options (--sbatch) must be those of this cluster.",
    );
  };
  return {
    async submit({ name, script, log, after, tasks }) {
      const out = await must("sbatch", [
        "--parsable",
        `--job-name=${name}`,
        `--output=${log}`,
        "--requeue", // after preemption and where a node fails
        ...after.length > 0
          ? [`--dependency=afterok:${after.join(":")}`, "--kill-on-invalid-dep=yes"]
          : [],
        ...tasks === undefined ? [] : [`--array=${tasks.join(",")}`],
        ...options,
        `--wrap=${script}`,
      ], `submit "${name}"`);
      return out.trim().split(";")[0]; // behind a semicolon stands the cluster
    },
    async queue() {
      const args = ["--me", "--noheader", "--array", "--format=%F|%j|%T|%r"];
      const out = await must("squeue", args, "look at the queue");
      return out.split("\n").filter((line) => line !== "").map((line) => {
        const [job, name, state, reason] = line.split("|");
        return { job, name, state, reason };
      });
    },
    async endings(job) {
      const shown = await execute("scontrol", ["--oneliner", "show", "job", job]);
      if (shown.code === 0) {
        return shown.out.split("\n").filter((line) => line.includes("JobState="))
          .map((line) => {
            const field = (name: string) => new RegExp(`\\b${name}=(\\S*)`).exec(line)?.[1] ?? "";
            return {
              state: field("JobState"),
              reason: field("Reason"),
              ...exitOf(field("ExitCode")),
            };
          });
      }
      // accounting remembers longer, where there is any
      const format = ["--noheader", "--parsable2", "--allocations", "--format=State,ExitCode"];
      const told = await execute("sacct", ["--jobs", job, ...format]);
      if (told.code !== 0) return [];
      return told.out.split("\n").filter((line) => line.includes("|")).map((line) => {
        const [state, exit] = line.split("|");
        return { state: state.split(" ")[0], reason: "", ...exitOf(exit) };
      });
    },
    async cancel(jobs) {
      if (jobs.length > 0) await must("scancel", jobs, "cancel jobs");
    },
  };
}

/** `1:0` is code 1 without a signal. */
function exitOf(text: string): { code: number; signal: number } {
  const [code = 0, signal = 0] = text.split(":").map(Number);
  return { code, signal };
}

async function run(program: string, args: readonly string[]): Promise<Executed> {
  try {
    const command = new Deno.Command(program, { args: [...args], stdin: "null" });
    const { code, stdout, stderr } = await command.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new UsageError(
        `Cannot run ${program}: this task may start no other program`,
        "`deno task slurm`, `slurm-fit` and `slurm-score`, with the flags of reproduce, fit and score, may start those of Slurm.",
        { cause: error },
      );
    }
    if (error instanceof Deno.errors.NotFound) {
      return { code: 127, out: "", err: "it is not installed here" };
    }
    throw error;
  }
}
