/** `deno task scores` as a user runs it: others find in the scores what the experiments found. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readRecords } from "../lib/conversation/records.ts";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { task, withFolder } from "./testing.ts";

Deno.test("scores writes a table and results.jsonl files in which analyze finds what the experiment found", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 25);
    const results = join(folder, "results");
    const run = ["--suite", suite, "--quick", "--seeds", "1", "--cache", join(folder, "cache")];
    const flags = [...run, "--results", results];
    const { code, out, err } = await task("scores", ...flags, "--jsonl", "guard,bag-of-words");
    assert.equal(code, 0, err);
    const paths = ["scores.parquet", "scores/guard.jsonl", "scores/bag-of-words.jsonl"]
      .map((name) => join(results, name));
    assert.deepEqual(out.trim().split("\n"), paths);
    const rows = (await Array.fromAsync(readRecords(paths[0], () => true))).map(({ value }) =>
      value
    );
    const lines = Deno.readTextFileSync(paths[1]).trimEnd().split("\n").map((l) => JSON.parse(l));
    const tested = rows.filter((row) => (row as { split: string }).split === "test");
    assert.deepEqual(
      tested.map((row) => (row as { guard: number }).guard),
      lines.map(({ score }) => score),
    );
    assert.equal((await task("reproduce", ...flags, "--only", "guard_generalization")).code, 0);
    const { findings } = JSON.parse(
      Deno.readTextFileSync(join(results, "guard_generalization.json")),
    );
    const analysed = await task("analyze", paths[1], "--no-intervals", "--json");
    const { groups } = JSON.parse(analysed.out);
    const { auroc } = findings.results.guard.id.metrics;
    assert.ok(Math.abs(groups.id.auroc - auroc.estimate) < 1e-6, "to the digits of the artifact");
  });
});
