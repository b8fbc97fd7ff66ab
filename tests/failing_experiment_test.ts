/** `deno task reproduce` with a pretrained model on a suite of a user's own, on which an experiment cannot be run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { randomModel, writeRandomCheckpoint } from "../lib/model/testing.ts";
import { task, withFolder } from "./testing.ts";

Deno.test("reproduce ends with a report though an experiment fails, and says which and why", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 40);
    // no domain without unsafe rows, from which an assistant could learn what is harmless, and no benign twins
    const keep = (split: string, kept: RegExp) => {
      const path = join(suite, `${split}.jsonl`);
      const rows = Deno.readTextFileSync(path).trimEnd().split("\n").filter((row) =>
        kept.test(row)
      );
      Deno.writeTextFileSync(path, rows.join("\n"));
    };
    for (const split of ["train", "calibration"]) keep(split, /"hh-rlhf-harmless"/);
    keep("test", /"(hh-rlhf-harmless|controlling|scheming)"/);
    const model = randomModel("language-model", { contextLength: 256 });
    const { code, out, err } = await task(
      "reproduce",
      ...["--suite", suite, "--model", writeRandomCheckpoint(join(folder, "model"), model)],
      ...["--only", "guard_generalization,repair,benign_shift", "--seeds", "1"],
      ...["--cache", join(folder, "cache"), "--results", join(folder, "results")],
    );
    assert.equal(code, 1, err);
    assert.match(err, /repair failed; what else there is to do goes on/);
    assert.match(
      err,
      /\nerror: repair failed: Cannot train assistants: the training split must have safe .*, got 0\.\n.*--only\.\n$/,
    );
    const path = join(folder, "results", "report.html");
    assert.ok(out.includes(path));
    const report = Deno.readTextFileSync(path);
    assert.match(report, /Does a guard trained on/);
    assert.match(report, /What does each monitor cost/);
    assert.match(report, /not evaluated: guard-tells-controlling-from-firm-advice/);
    assert.doesNotMatch(err, /\n\s+at /);
  }, "results/quick");
});
