import assert from "node:assert/strict";
import { UsageError } from "../../core/errors.ts";
import { scoreOnSlurm } from "./score_on_slurm.ts";

Deno.test("scoreOnSlurm() refuses to be asked for one part", async () => {
  const quiet = () => {};
  const options = {
    ...{ monitor: "m", input: "in.jsonl", output: "out.jsonl", fpr: 0.01, keep: [] },
    ...{ noThoughts: false, spans: false, overwrite: false, threads: 1, cache: "c" },
    shard: { i: 1, n: 2 },
  };
  await assert.rejects(scoreOnSlurm(options, { say: quiet, begin: quiet }), UsageError);
});
