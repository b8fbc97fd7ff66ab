/** `deno task plan` and `deno task step` as a user runs them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { writeTinyMonitor } from "../lib/monitor/testing.ts";
import { task, withFolder } from "./testing.ts";

Deno.test("plan lists the steps of a run, and step does one of them", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 60);
    const flags = ["--suite", suite, "--quick", "--seeds", "1", "--cache", join(folder, "cache")];
    const only = ["--only", "guard_generalization", "--results", join(folder, "results")];
    const planned = await task("plan", ...flags, ...only, "--json");
    assert.equal(planned.code, 0, planned.err);
    const { steps, seconds } = JSON.parse(planned.out);
    assert.ok(seconds > 0);
    const [first] = steps;
    assert.deepEqual([first.name, first.done, first.after], ["language model", 0, []]);

    const made = await task("step", first.key.slice(0, 8), ...flags, ...only);
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /^language model: 1 of 1 pieces made/);
    const again = await task("step", first.key.slice(0, 8), ...flags, ...only, "--shard", "1/1");
    assert.match(again.out, /^language model: 0 of 1 pieces made/);
    const table = await task("plan", ...flags, ...only);
    assert.match(table.out, /1 language model +[0-9a-f]{8} +1\/1/);
    assert.match(table.out, /About .* on this machine when it is quiet/);

    const other = await task(
      "step",
      first.key.slice(0, 8),
      ...only,
      ...flags,
      "--seeds=2",
      "--shard",
      "3/2",
    );
    assert.equal(other.code, 2);
    const unknown = await task("step", "zz", ...flags, ...only);
    assert.deepEqual([unknown.code, /no step of this run/.test(unknown.err)], [2, true]);
  });
});

Deno.test("plan says of fit and score what they take, and what they would refuse", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 60);
    const cache = ["--cache", join(folder, "cache")];
    const monitor = await writeTinyMonitor(join(folder, "monitors"));
    const flags = ["fit", "--suite", suite, "--quick", ...cache];
    const fit = await task("plan", ...flags, "--output", join(folder, "new"), "--json");
    assert.equal(fit.code, 0, fit.err);
    const { steps, seconds } = JSON.parse(fit.out);
    assert.deepEqual(steps.map(({ name }: { name: string }) => name), [
      "language model",
      "guard 0",
      "guard 0 over train",
      "safe language model",
      `monitor "${join(folder, "new")}"`,
    ]);
    assert.ok(seconds > 0 && steps.at(-1).tokens > 0);
    const exists = await task("plan", ...flags, "--output", monitor);
    assert.deepEqual([exists.code, /it exists/.test(exists.err)], [1, true], exists.err);

    const log = join(folder, "log.jsonl");
    Deno.writeTextFileSync(log, `{"conversation":"\\n\\nHuman: the"}\n`.repeat(50));
    const to = ["score", "--monitor", monitor, "--output", join(folder, "scored.jsonl"), ...cache];
    const score = await task("plan", ...to, "--input", log);
    assert.match(score.out, /1 ".*scored\.jsonl" .* 0\/1 /, score.err);
    const unknown = await task("plan", ...to, "--input", "-");
    assert.deepEqual([unknown.code, /must be a file/.test(unknown.err)], [1, true], unknown.err);
    const missing = await task("plan", ...to, "--input", join(folder, "none.jsonl"));
    assert.match(missing.err, /^error: Cannot read ".*none.jsonl": there is no such file/m);
  });
});
