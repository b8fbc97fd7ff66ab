/** Scores in files, read again as others would. */
import assert from "node:assert/strict";
import { parquetMetadata } from "hyparquet";
import { join } from "node:path";
import { readRecords } from "../conversation/records.ts";
import type { Row } from "../conversation/row.ts";
import { UsageError } from "../core/errors.ts";
import { writeFileAtomic } from "../core/files.ts";
import { temporaryFolder } from "../core/testing.ts";
import { analyze } from "../evaluation/analyze.ts";
import { seededRows } from "./row_scores.ts";
import { ABOUT, scoresParquet, writeResultsFiles } from "./scores_files.ts";

const about = { suite: { name: "a suite" }, settings: { seeds: 2 } };

/** A safe row with a scene, and an unsafe one without. */
const rows: Row[] = [
  { id: "a", conversation: "\n\nHuman: é", domain: "hh-rlhf-helpful", malign: 0, scene: "s/1" },
  { id: "b", conversation: "\n\nHuman: b", domain: "scheming", malign: 1 },
];

/** The guard differs by seed, perplexity does not; 0.1 + 0.2 takes all digits. */
const scores = {
  "guard": [Float64Array.of(0.1 + 0.2, -1), Float64Array.of(1, 2)],
  "perplexity, windows of 16": [Float64Array.of(7, 1e-300)],
};

const all = {
  test: { rows, scores },
  calibration: {
    rows: rows.slice(0, 1),
    scores: { ...scores, guard: [Float64Array.of(3), Float64Array.of(4)] },
  },
};

const table = () => {
  const { monitors, rows } = seededRows(all, 2);
  return scoresParquet(monitors, rows, about);
};

Deno.test("scoresParquet() holds every conversation once a seed, to the last bit, and says what of", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "scores.parquet");
  const bytes = table();
  writeFileAtomic(path, bytes);
  const found = (await Array.fromAsync(readRecords(path, () => true))).map(({ value }) => value);
  const [a, b] = [
    { id: "a", domain: "hh-rlhf-helpful", malign: 0, scene: "s/1" },
    { id: "b", domain: "scheming", malign: 1, scene: null },
  ];
  const line = (row: object, split: string, seed: number, guard: number, windowed: number) => ({
    ...{ ...row, split, seed },
    ...{ guard, "perplexity, windows of 16": windowed },
  });
  assert.deepEqual(found, [
    line(a, "test", 0, 0.1 + 0.2, 7),
    line(b, "test", 0, -1, 1e-300),
    line(a, "test", 1, 1, 7),
    line(b, "test", 1, 2, 1e-300),
    line(a, "calibration", 0, 3, 7),
    line(a, "calibration", 1, 4, 7),
  ]);
  const metadata = parquetMetadata(bytes.buffer as ArrayBuffer);
  const entry = metadata.key_value_metadata?.find(({ key }) => key === ABOUT);
  assert.deepEqual(JSON.parse(entry!.value!), about);
});

Deno.test("scoresParquet() gives the same bytes twice", () => {
  assert.deepEqual(table(), table());
});

Deno.test("writeResultsFiles() writes a file a seed, which analyze() reads", async () => {
  using temporary = temporaryFolder();
  const chosen = ["guard", "perplexity-windows-of-16"];
  const written = await writeResultsFiles(temporary.path, all.test, chosen);
  const names = ["guard-seed-0.jsonl", "guard-seed-1.jsonl", "perplexity-windows-of-16.jsonl"];
  assert.deepEqual(written, names.map((name) => join(temporary.path, name)));
  const lines = Deno.readTextFileSync(written[1]).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [
    { ...rows[0], score: 1 },
    { ...rows[1], score: 2 },
  ]);
  const { report } = await analyze([written[1]], { intervals: false });
  assert.equal(report.groups.scheming.auroc, 1);
});

Deno.test("writeResultsFiles() refuses a monitor that there is none of, with one that it might be", async () => {
  using temporary = temporaryFolder();
  await assert.rejects(
    writeResultsFiles(temporary.path, all.test, ["gard"]),
    (error) =>
      error instanceof UsageError && /"gard": there is no such monitor/.test(error.message) &&
      /guard/.test(error.remedy),
  );
  assert.deepEqual([...Deno.readDirSync(temporary.path)], []);
});
