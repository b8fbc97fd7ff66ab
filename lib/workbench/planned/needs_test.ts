import assert from "node:assert/strict";
import { join } from "node:path";
import { scratchFolder } from "../../core/testing.ts";
import { writeTinySuite } from "../../conversation/testing.ts";
import { exists } from "../../core/files.ts";
import { randomModel, writeRandomCheckpoint } from "../../model/testing.ts";
import { scoredParts } from "../fused.ts";
import { openWorkbench } from "../open_workbench.ts";
import type { RunOptions } from "../workbench.ts";
import { reportScores } from "../language_model_scores.ts";
import { partsOver, reportsOver } from "./needs.ts";
import type { Work } from "./work.ts";

const scratch = scratchFolder();
const suite = writeTinySuite(scratch, 60);
const checkpoint = (head: "language-model" | "guard") =>
  writeRandomCheckpoint(
    join(scratch, head),
    randomModel(head, { vocabSize: 300, layers: 6 }, "a"),
  );
const model = checkpoint("language-model");

/** What is made is told by the folders of the cache. */
const madeIn = (cache: string) =>
  ["signals", "adapter", "head"].map((kind) =>
    exists(join(cache, kind)) ? [...Deno.readDirSync(join(cache, kind))].length : 0
  );

async function makeAll(works: readonly Work[]): Promise<void> {
  for (const { after, pieces, isDone, make } of works) {
    await makeAll(after);
    for (let piece = 0; piece < pieces; piece++) if (!await isDone(piece)) await make(piece);
  }
}

for (
  const [name, given] of Object.entries({
    "heads on a frozen model": {},
    "guards with low-rank updates": { monitors: "lora" },
    "a given guard": { guard: checkpoint("guard") },
  })
) {
  Deno.test(`partsOver() says all that is asked of ${name}, and processes after it know that it is made`, async () => {
    const cache = join(scratch, `cache of ${name}`);
    const options = {
      suite,
      given: { model, device: "cpu", dtype: "float32", ...given },
      quick: false,
      seeds: 1,
      threads: 1,
      cache,
      say: () => {},
    } as RunOptions;
    const open = () => openWorkbench(options);
    const planned = await partsOver(await open(), "test");
    assert.ok(planned.every(({ cost }) => Number.isFinite(cost.flops + cost.memory)));
    for (const { key } of planned) { // each by a process of its own
      await makeAll((await partsOver(await open(), "test")).filter((work) => work.key === key));
    }
    const made = madeIn(cache);
    const bench = await open();
    for (const { name, pieces, isDone } of await partsOver(bench, "test")) {
      for (let piece = 0; piece < pieces; piece++) assert.ok(await isDone(piece), name);
    }
    await scoredParts(bench, "test");
    assert.deepEqual(madeIn(cache), made);

    const reports = await reportsOver(await open(), "test");
    assert.equal(await reports.isDone(0), false);
    await makeAll([reports]);
    const withReports = madeIn(cache);
    assert.ok(await (await reportsOver(bench, "test")).isDone(0));
    await reportScores(bench, "test");
    assert.deepEqual(madeIn(cache), withReports);
  });
}
