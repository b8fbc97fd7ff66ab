/** What Ctrl-C, SIGTERM and SIGKILL leave behind: nothing, or what the next run takes up or sweeps. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { spawnTask, task, withFolder } from "./testing.ts";

/** All folders and files below a folder that are temporary. */
function leftovers(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => [
    ...name.includes(".tmp-") ? [name] : [],
    ...isDirectory ? leftovers(join(folder, name)) : [],
  ]);
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};

Deno.test("reproduce and verify end on a signal in one sentence, and leave nothing behind", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 50);
    const [cache, results] = ["cache", "results"].map((name) => join(folder, name));
    Deno.mkdirSync(cache);
    Deno.mkdirSync(results);
    Deno.writeTextFileSync(join(results, "guard_generalization.json"), "{}");
    const flags = ["--suite", suite, "--quick", "--seeds", "1", "--cache", cache];
    const only = ["--only", "guard_generalization", "--results", results];
    const stopped = async (name: string, signal: Deno.Signal, code: number) => {
      const child = spawnTask(name, ...flags, ...only);
      const output = child.output();
      await until(() => leftovers(cache).length > 0);
      child.kill(signal);
      const ended = await output;
      if (signal === "SIGKILL") return;
      const err = new TextDecoder().decode(ended.stderr);
      const said = err.trimEnd().split("\n").at(-1); // before it, that conversations were cut
      assert.equal(said, `Stopped by ${signal}; what was finished is kept for the next run.`);
      assert.equal(ended.code, code);
      assert.deepEqual(leftovers(folder), []);
    };
    await stopped("reproduce", "SIGINT", 130);
    await stopped("reproduce", "SIGTERM", 143);
    await stopped("reproduce", "SIGKILL", 137);
    assert.ok(leftovers(cache).length > 0);
    assert.equal((await task("reproduce", ...flags, ...only)).code, 0);
    assert.deepEqual(leftovers(folder), []);
    Deno.removeSync(cache, { recursive: true }); // else it is done before the signal comes
    Deno.mkdirSync(cache);
    await stopped("verify", "SIGINT", 130);
    await stopped("verify", "SIGKILL", 137);
    assert.equal((await task("verify", ...flags, ...only)).code, 0);
    assert.deepEqual(leftovers(folder), []);
  });
});
