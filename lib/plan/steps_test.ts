import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../conversation/testing.ts";
import { UsageError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { type Experiment, firstGlance } from "../experiment/experiment.ts";
import { openCatalogue } from "../experiment/catalogue.ts";
import { openWorkbench } from "../workbench/open_workbench.ts";
import { rateOf } from "./estimate.ts";
import { doStep, piecesOf, stepNamed } from "./do_step.ts";
import { planOf, planTable } from "./plan.ts";
import { runSteps, startClock } from "./run_steps.ts";
import { stepsOf } from "./steps.ts";

const EXPERIMENTS = join(import.meta.dirname!, "../../experiments");

/** A run of some experiments on a suite that is trained on in seconds. */
async function tinyRun(folder: string, cache: string, only: string[], seeds = 1) {
  const experiments = await openCatalogue(EXPERIMENTS).load(only);
  const suite = join(folder, "tiny");
  const options = { suite, quick: true, seeds, threads: 1, say: () => {} };
  const bench = await openWorkbench({ ...options, cache: join(folder, cache) });
  return { experiments, bench, folder: join(folder, `${cache}-results`) };
}

Deno.test("steps done by processes of their own end in the bytes of a run, and are known as done then", async () => {
  using temporary = temporaryFolder();
  writeTinySuite(temporary.path, 60);
  const only = ["guard_generalization"];
  const run = () => tinyRun(temporary.path, "steps", only);
  const planned = async () => {
    const whole = await run();
    return await planOf(await stepsOf(whole), await rateOf(whole.bench));
  };
  const plan = await planned();
  assert.deepEqual(plan.steps.map(({ name }) => name), [
    "language model",
    "guard 0",
    "guard 0 over test",
    "guard_generalization",
  ]);
  const [model, guard, pass, last] = plan.steps;
  assert.deepEqual([model.after, guard.after, pass.after], [[], [model.key], [guard.key]]);
  assert.deepEqual(last.after, [guard.key, pass.key]);
  assert.ok(plan.seconds > 0 && pass.tokens > 1000 && guard.flops > 1e9, JSON.stringify(plan));
  for (const { key, done } of plan.steps) {
    assert.equal(done, 0);
    for (const i of [1, 2]) {
      const again = await run(); // as another process has it, which knows nothing but the cache
      await doStep(stepNamed(await stepsOf(again), key.slice(0, 10)), { i, n: 2 });
    }
  }
  const after = await planned();
  assert.deepEqual(after.steps.map(({ done, pieces }) => done === pieces), [
    true,
    true,
    true,
    false,
  ]);
  assert.equal(await (await stepsOf(await run())).at(-1)!.isDone(0), true);
  assert.equal(planTable(after, "this run").rows.length, 4);

  const whole = await tinyRun(temporary.path, "whole", only);
  const lines: string[] = [];
  await runSteps(whole, {
    begin: (line) => lines.push(line),
    each: async (experiment) => {
      await (await stepsOf(whole)).find((step) => step.experiment === experiment)!.make(0);
    },
  });
  assert.match(lines[2], /^step 3 of 4: guard 0 over test · about .* left in all$/);
  const [there, here] = ["steps", "whole"].map((name) =>
    Deno.readTextFileSync(join(temporary.path, `${name}-results`, "guard_generalization.json"))
  );
  assert.equal(there, here);
});

Deno.test("an experiment whose needs cannot be said is planned without them", async () => {
  using temporary = temporaryFolder();
  writeTinySuite(temporary.path, 60);
  const run = await tinyRun(temporary.path, "cache", ["guard_generalization"]);
  const broken = { ...run.experiments[0], needs: () => Promise.reject(new Error("broken")) };
  const steps = await stepsOf({ ...run, experiments: [broken as Experiment] });
  assert.deepEqual(steps.map(({ name }) => name), ["guard_generalization"]);
});

Deno.test("stepNamed() takes the first digits of a key, and refuses what is none or two", () => {
  const steps = ["aa11", "aa22"].map((key) => ({ key }));
  assert.equal(stepNamed(steps, "aa2"), steps[1]);
  assert.throws(() => stepNamed(steps, "aa"), UsageError);
  assert.throws(() => stepNamed(steps, "b"), UsageError);
});

Deno.test("piecesOf() deals every piece to one part", () => {
  for (const [pieces, n] of [[1, 1], [7, 3], [3, 7], [1000, 16]]) {
    const dealt = Array.from({ length: n }, (_, k) => piecesOf(pieces, { i: k + 1, n })).flat();
    assert.deepEqual(dealt, [...Array(pieces).keys()]);
  }
});

Deno.test("startClock() goes by the pace of what was done", () => {
  let now = 0;
  const clock = startClock([100, 100, 200], () => now);
  {
    using _ = clock.begin(0);
    assert.equal(clock.left(), "about 6 min 40 s left in all");
    now = 190_000; // twice as long, as ten seconds more that were taken for right have it: 200 for 110
  }
  using _ = clock.begin(1);
  assert.equal(clock.left(), "about 9 min 05 s left in all"); // 200/110 · 300
  now += 105_000;
  assert.equal(clock.left(0.5), "about 7 min 57 s left in all"); // 305/160 · 250
});

Deno.test("runSteps() shows what the first experiment finds with the first seed before it trains the second", async () => {
  using temporary = temporaryFolder();
  writeTinySuite(temporary.path, 60);
  const run = await tinyRun(temporary.path, "cache", ["guard_generalization"], 2);
  const seen: string[] = [];
  const options = {
    begin: (line: string) => seen.push(/: (.*) ·/.exec(line)![1]),
    glance: async (experiment: Experiment) => {
      const { title, notes } = await firstGlance(experiment, run.bench);
      assert.ok(notes.some((note) => note.includes("The other seeds follow")));
      seen.push(title);
    },
    each: ({ name }: Experiment) => Promise.resolve(void seen.push(`${name} is run`)),
  };
  await runSteps(run, options);
  assert.match(seen[3], /^First glance \(1 of 2 seeds\): What a guard notices/);
  const [glance] = seen.splice(3, 1);
  assert.deepEqual(seen, [
    "language model",
    "guard 0",
    "guard 0 over test",
    "guard 1",
    "guard 1 over test",
    "guard_generalization",
    "guard_generalization is run",
  ]);
  seen.length = 0;
  await runSteps(run, options);
  assert.ok(!seen.includes(glance), "with all models there it is run at once");
  seen.length = 0;
  const more = await tinyRun(temporary.path, "cache", ["guard_generalization"], 3);
  await runSteps(more, options);
  assert.deepEqual(seen.slice(0, 2), [glance, "guard 2"], "the first seed was there");
});
