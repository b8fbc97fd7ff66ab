/** `deno task new` in a copy of the checkout, followed by what it and README tell to do next. */
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { deno, root, task, withFolder } from "./testing.ts";

Deno.test("what new writes passes every check, its test and a run, with nothing registered", async () => {
  await withFolder(async (folder) => {
    for (
      const part of ["deno.json", "deno.lock", "tasks.ts", "mod.ts", "data", "experiments", "lib"]
    ) {
      cpSync(join(root, part), join(folder, part), { recursive: true });
    }
    const suite = writeTinySuite(folder, 50);
    const scripts = ["experiments/my_idea.ts", "experiments/my_idea_test.ts"];
    const run = ["--only", "my_idea", "--quick", "--seeds", "1", "--suite", suite];
    for (
      const args of [
        ["task", "--quiet", "new", "my_idea"],
        ["fmt", "--check", "--quiet", ...scripts],
        ["lint", "--quiet", ...scripts],
        ["check", "--quiet", ...scripts],
        ["task", "--quiet", "test", scripts[1]],
        ["task", "--quiet", "reproduce", ...run],
      ]
    ) {
      const { code, out, err } = await deno(folder, ...args);
      assert.equal(code, 0, `${args.join(" ")}\n${out}${err}`);
    }
    const artifact = Deno.readTextFileSync(join(folder, "results/quick/tiny/my_idea.json"));
    assert.equal(JSON.parse(artifact).experiment, "my_idea");
  });
});

Deno.test("new refuses a name that is taken or is none, and writes nothing", async () => {
  const before = [...Deno.readDirSync(join(root, "experiments"))].length;
  for (const words of [["fusion"], ["My-Idea"], ["a", "b"], ["idea_test"], []]) {
    const { code, err } = await task("new", ...words);
    assert.equal(code, 2);
    assert.match(err, /^error: Cannot (name an experiment|write the experiment) ".*".*\.\n.+\.\n$/);
  }
  assert.equal([...Deno.readDirSync(join(root, "experiments"))].length, before);
});
