/** `deno task report` as a user runs it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { root, task, withFolder } from "./testing.ts";

Deno.test("report writes one page and its figures beside the artifacts, and says where", async () => {
  await withFolder(async (folder) => {
    const [from, to] = [join(root, "results/mini"), join(folder, "results")];
    Deno.mkdirSync(to);
    Deno.copyFileSync(join(from, "fusion.json"), join(to, "fusion.json"));
    const { code, out, err } = await task("report", to);
    assert.equal(code, 0, err);
    assert.equal(out.trim(), join(to, "report.html"));
    const names = [...Deno.readDirSync(to)].map(({ name }) => name).sort();
    const figures = ["claims.svg", "fusion.json", "fusion.svg", "recall_heat_map.svg"];
    assert.deepEqual(names, [...figures, "report.html"]);
    assert.match(Deno.readTextFileSync(join(to, "report.html")), /^<!doctype html>/);
  }, "results/quick");
});

Deno.test("report refuses an empty folder and two folders, each with a remedy", async () => {
  await withFolder(async (folder) => {
    const empty = await task("report", folder);
    assert.equal(empty.code, 1);
    assert.match(empty.err, /^error: Cannot report on .*got none\.\nRun `deno task reproduce`/);
  }, "results/quick");
  assert.equal((await task("report", "a", "b")).code, 2);
});
