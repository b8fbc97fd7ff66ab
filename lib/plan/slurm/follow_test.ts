import assert from "node:assert/strict";
import { join } from "node:path";
import { UsageError, UserError } from "../../core/errors.ts";
import { temporaryFolder } from "../../core/testing.ts";
import { NOTHING } from "../../workbench/planned/work.ts";
import type { Step } from "../steps.ts";
import type { Ending, Job, LiveTask, Slurm } from "./client.ts";
import { follow, nameOf } from "./follow.ts";

/** A step whose pieces are made by whoever adds them to `made`. */
function stepOf(key: string, after: Step[] = [], pieces = 1): Step & { made: Set<number> } {
  const made = new Set<number>();
  return {
    key,
    name: `step ${key}`,
    after,
    pieces,
    cost: NOTHING,
    made,
    isDone: (piece) => made.has(piece),
    make: () => Promise.resolve(),
  };
}

/** A cluster on which each job ends at the next look, as the test says. */
function clusterOf(fate: (job: Job, number: string) => Ending | undefined) {
  const [submitted, endings]: [Job[], Map<string, Ending[]>] = [[], new Map()];
  const slurm: Slurm = {
    submit(job) {
      submitted.push(job);
      const number = String(submitted.length);
      const ending = fate(job, number);
      endings.set(number, [ending ?? { state: "COMPLETED", reason: "", code: 0, signal: 0 }]);
      return Promise.resolve(number);
    },
    queue: () => Promise.resolve([]),
    endings: (job) => Promise.resolve(endings.get(job) ?? []),
    cancel: () => Promise.resolve(),
  };
  return { slurm, submitted };
}

/** Follows steps to their end; what became of each, by its key. */
async function followed(steps: Step[], slurm: Slurm, logs: string) {
  const problems: Record<string, UserError | undefined> = {};
  const lines: string[] = [];
  await follow(steps, {
    slurm,
    commandFor: ({ key }) => `do ${key} $part`,
    tasksFor: () => 3,
    logs,
    say: (line) => lines.push(line),
    ended(step, problem) {
      problems[step.key] = problem;
      return Promise.resolve();
    },
    wait: () => Promise.resolve(),
  }).end;
  return { problems, lines };
}

const cutOff = (state: string): Ending => ({ state, reason: "", code: 0, signal: 0 });

Deno.test("follow() submits steps with what they wait for, and cuts those of several pieces into an array", async () => {
  using folder = temporaryFolder();
  const model = stepOf("a");
  const pass = stepOf("b", [model], 6);
  const { slurm, submitted } = clusterOf(({ name }) => {
    if (name === nameOf(model)) model.made.add(0);
    else for (let i = 0; i < 6; i++) pass.made.add(i);
    return undefined;
  });
  const { problems, lines } = await followed([model, pass], slurm, folder.path);
  assert.deepEqual(problems, { a: undefined, b: undefined });
  assert.deepEqual(lines, ["1 of 2 steps done: step a", "2 of 2 steps done: step b"]);
  const [first, second] = submitted;
  assert.equal(first.script, "do a 1/1");
  assert.equal(first.tasks, undefined);
  assert.equal(second.script, "do b $SLURM_ARRAY_TASK_ID/3");
  assert.deepEqual(second.tasks, [1, 2, 3]);
  assert.deepEqual(second.after, ["1"]);
});

Deno.test("follow() submits again what was cut off, and only the parts that are missing", async () => {
  using folder = temporaryFolder();
  const pass = stepOf("b", [], 6);
  const fates = [cutOff("TIMEOUT"), cutOff("NODE_FAIL"), { ...cutOff("FAILED"), signal: 9 }];
  const { slurm, submitted } = clusterOf((_, number) => {
    const made = [[0, 1, 4, 5], [], [2], [3]][Number(number) - 1];
    made.forEach((piece) => pass.made.add(piece));
    return fates[Number(number) - 1];
  });
  const { problems } = await followed([pass], slurm, folder.path);
  assert.deepEqual(problems, { b: undefined });
  assert.deepEqual(submitted.map(({ tasks }) => tasks), [[1, 2, 3], [2], [2], [2]]);
});

Deno.test("follow() gives up a step that is cut off again and again with nothing made", async () => {
  using folder = temporaryFolder();
  const { slurm, submitted } = clusterOf(() => cutOff("PREEMPTED"));
  const { problems } = await followed([stepOf("a")], slurm, folder.path);
  assert.equal(submitted.length, 5);
  assert.match(problems.a!.message, /^Cannot do step a: job 5 ended as PREEMPTED/);
});

Deno.test("follow() reports a failed job with the end of its log, and does what does not need it", async () => {
  using folder = temporaryFolder();
  const broken = stepOf("a");
  const other = stepOf("c");
  const { slurm } = clusterOf(({ name }, number) => {
    if (name === nameOf(other)) other.made.add(0);
    else {
      Deno.writeTextFileSync(join(folder.path, `${number}.log`), "first\nerror: no memory left\n");
      return { ...cutOff("FAILED"), code: 1 };
    }
  });
  const steps = [broken, stepOf("b", [broken]), other];
  const { problems } = await followed(steps, slurm, folder.path);
  assert.match(
    problems.a!.message,
    /job 1 ended as FAILED, exit code 1\. The end of ".*1\.log":\nfirst\nerror: no memory left$/,
  );
  assert.equal(
    problems.b,
    problems.a,
    "what failed first is what is said of all that waited for it",
  );
  assert.equal(problems.c, undefined);
});

Deno.test("follow() takes up jobs that live, whoever submitted them", async () => {
  using folder = temporaryFolder();
  const step = stepOf("a");
  const live: LiveTask = { job: "7", name: nameOf(step), state: "RUNNING", reason: "None" };
  let looks = 0;
  const { slurm, submitted } = clusterOf(() => undefined);
  const queue = () => {
    if (++looks < 3) return Promise.resolve([live]);
    step.made.add(0);
    return Promise.resolve([]);
  };
  const { problems } = await followed([step], { ...slurm, queue }, folder.path);
  assert.deepEqual(problems, { a: undefined });
  assert.deepEqual(submitted, []);
});

Deno.test("follow() waits for a controller that is away, and gives up at once where it may not ask", async () => {
  using folder = temporaryFolder();
  const step = stepOf("a");
  const { slurm } = clusterOf(() => {
    step.made.add(0);
    return undefined;
  });
  let looks = 0;
  const queue = () =>
    ++looks < 3
      ? Promise.reject(new UserError("Cannot look at the queue", "Slurm must run."))
      : Promise.resolve([]);
  const { problems, lines } = await followed([step], { ...slurm, queue }, folder.path);
  assert.deepEqual(problems, { a: undefined });
  assert.equal(lines[0], "Cannot look at the queue. It is asked again.");
  const denied = () => Promise.reject(new UsageError("Cannot run squeue", "Allow it."));
  await assert.rejects(followed([step], { ...slurm, queue: denied }, folder.path), /run squeue/);
});
