import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../core/testing.ts";
import { loadLabelledSuite } from "./labelled_suite.ts";

const rows = Array.from({ length: 400 }, (_, i) => ({
  id: `r${i}`,
  text: `text ${i % 300}`, // the last hundred repeat the first
  malign: i % 3 === 0 ? 1 : 0,
}));

/** Paths of files with some rows. */
function files(folder: string, contents: Record<string, object[]>): string[] {
  return Object.entries(contents).map(([name, rows]) => {
    const path = join(folder, name);
    Deno.writeTextFileSync(path, rows.map((row) => JSON.stringify(row)).join("\n"));
    return path;
  });
}

Deno.test("loadLabelledSuite() holds a fifth out, by the text alone", async () => {
  using temporary = temporaryFolder();
  const [path, reversed] = files(temporary.path, {
    "own.jsonl": rows,
    "reversed.jsonl": rows.toReversed().map((row) => ({ ...row, id: `other ${row.id}` })),
  });
  const suite = await loadLabelledSuite(path);
  const texts = (of: readonly { conversation: string }[]) =>
    new Set(of.map(({ conversation }) => conversation));
  const [train, calibration] = [texts(suite.train), texts(suite.calibration)];
  assert.deepEqual([suite.name, suite.test, suite.synthetic], ["own", [], false]);
  assert.equal(suite.train.length + suite.calibration.length, 400);
  assert.equal(train.intersection(calibration).size, 0);
  assert.ok(calibration.size > 40 && calibration.size < 80, `${calibration.size} of 300`);
  assert.deepEqual(texts((await loadLabelledSuite(reversed)).calibration), calibration);
});

Deno.test("loadLabelledSuite() holds rows of a scene out together", async () => {
  using temporary = temporaryFolder();
  const [path, broken] = files(temporary.path, {
    "own.jsonl": rows.map((row, i) => ({ ...row, text: `text ${i}`, scene: i % 40 })),
    "broken.jsonl": [{ ...rows[0], scene: ["a"] }],
  });
  const { train, calibration } = await loadLabelledSuite(path);
  const scenes = (of: readonly { scene?: string }[]) => new Set(of.map(({ scene }) => scene));
  assert.equal(scenes(train).intersection(scenes(calibration)).size, 0);
  assert.equal(scenes(train).size + scenes(calibration).size, 40);
  assert.ok(calibration.length > 0 && calibration.length % 10 === 0);
  await assert.rejects(
    () => loadLabelledSuite(broken),
    /broken\.jsonl" line 1: "scene" must be text or a number, got \["a"\]/,
  );
});

Deno.test("loadLabelledSuite() takes a calibration file that shares nothing with the training rows", async () => {
  using temporary = temporaryFolder();
  const [train, calibration, leaking] = files(temporary.path, {
    "train.jsonl": rows.slice(0, 200),
    "calibration.jsonl": rows.slice(200, 300),
    "leaking.jsonl": rows.slice(290),
  });
  const suite = await loadLabelledSuite(train, calibration);
  assert.deepEqual([suite.train.length, suite.calibration.length], [200, 100]);
  await assert.rejects(
    () => loadLabelledSuite(train, leaking),
    /Cannot calibrate on ".*leaking\.jsonl": the conversation "r300" stands in ".*train\.jsonl" too, as "r0"/,
  );
});
