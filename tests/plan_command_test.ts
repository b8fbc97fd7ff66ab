/** `deno task plan` and `deno task step` as a user runs them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
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
