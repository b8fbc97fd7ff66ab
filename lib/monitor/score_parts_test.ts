import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UsageError, UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { planParts, scoreFiles, type ScoreFilesOptions } from "./score_files.ts";
import { writeTinyMonitor } from "./testing.ts";

/** Lines of several lengths, some of them blank, the last without a newline; a line separator of Unicode is none of ours. */
const LINES = Array.from({ length: 23 }, (_, i) => {
  if (i % 7 === 3) return "";
  return JSON.stringify({ id: `row ${i}`, text: `é\u2028 {"line":1, the ${"a ".repeat(i)}` });
});

/** A folder with a monitor and a log. */
async function workplace() {
  const temporary = temporaryFolder();
  const at = (name: string) => join(temporary.path, name);
  const monitor = await writeTinyMonitor(temporary.path);
  Deno.writeTextFileSync(at("log.jsonl"), LINES.join("\n"));
  const options = (output: string): ScoreFilesOptions => ({
    monitor,
    input: at("log.jsonl"),
    output: at(output),
    fpr: 0.01,
    noThoughts: false,
    spans: false,
    overwrite: false,
    threads: 1,
    cache: at("cache"),
    keep: [],
  });
  return {
    at,
    files: () => [...Deno.readDirSync(temporary.path)].map(({ name }) => name).sort(),
    options,
    score: (output: string, given: Partial<ScoreFilesOptions> = {}) =>
      scoreFiles({ ...options(output), ...given }, () => {}),
    [Symbol.dispose]: () => temporary[Symbol.dispose](),
  };
}

Deno.test("parts of a log, joined, are what one process writes, however many there are, and compressed too", async () => {
  using place = await workplace();
  const said = await place.score("whole.jsonl");
  const whole = Deno.readTextFileSync(place.at("whole.jsonl"));
  for (const n of [1, 2, 5, 40]) {
    for (const i of Array.from({ length: n }, (_, k) => n - k)) {
      await place.score("joined.jsonl", { shard: { i, n } });
    }
    assert.deepEqual(await place.score("joined.jsonl", { join: n, overwrite: true }), said);
    assert.equal(Deno.readTextFileSync(place.at("joined.jsonl")), whole, `${n} parts`);
  }
  assert.deepEqual(place.files().filter((name) => name.includes("part")), []);
  await place.score("whole.jsonl.gz");
  for (const i of [1, 2]) await place.score("joined.jsonl.gz", { shard: { i, n: 2 } });
  await place.score("joined.jsonl.gz", { join: 2 });
  const [once, joined] = ["whole", "joined"].map((name) =>
    Deno.readFileSync(place.at(`${name}.jsonl.gz`))
  );
  assert.deepEqual(joined, once);
});

Deno.test("a part that is there is not scored again, and one of other settings is no part of the whole", async () => {
  using place = await workplace();
  const shard = { i: 1, n: 2 };
  await place.score("out.jsonl", { shard });
  assert.deepEqual(await place.score("out.jsonl", { shard }), ["Part 1 of 2 was there."]);
  await assert.rejects(place.score("out.jsonl", { join: 2 }), (error: UserError) => {
    return /part-2-of-2" must be finished/.test(error.message);
  });
  await place.score("out.jsonl", { shard: { i: 2, n: 2 }, spans: true });
  await assert.rejects(place.score("out.jsonl", { join: 2 }), /with the same monitor and settings/);
  assert.equal(place.files().includes("out.jsonl"), false);
});

Deno.test("a log that is compressed is not cut, and a bad line is told with its part", async () => {
  using place = await workplace();
  const shard = { i: 2, n: 2 };
  Deno.writeFileSync(place.at("log.gz"), gzipSync(LINES.join("\n")));
  await assert.rejects(place.score("out.jsonl", { shard, input: place.at("log.gz") }), UsageError);
  Deno.writeTextFileSync(place.at("bad.jsonl"), `${LINES[0]}\n${LINES[1]}\n{"te\n`);
  await assert.rejects(
    place.score("out.jsonl", { shard, input: place.at("bad.jsonl") }),
    /line \d: .*\(lines are counted from the beginning of part 2 of 2\)$/,
  );
});

Deno.test("planParts() tells how far other processes are, and an output that is to be replaced from the one that replaces it", async () => {
  using place = await workplace();
  const options = place.options("out.jsonl");
  const plan = (given: Partial<ScoreFilesOptions> = {}, n = 3) =>
    planParts({ ...options, ...given }, n, () => {});
  const { isScored, isJoined, key } = await plan();
  const scored = () => [0, 1, 2].map(isScored);
  assert.deepEqual([...scored(), isJoined()], [false, false, false, false]);
  await place.score("out.jsonl", { shard: { i: 2, n: 3 } });
  assert.deepEqual([...scored(), isJoined()], [false, true, false, false]);
  for (const i of [1, 3]) await place.score("out.jsonl", { shard: { i, n: 3 } });
  await place.score("out.jsonl", { join: 3 });
  assert.deepEqual([...scored(), isJoined()], [true, true, true, true]); // though the parts are gone

  await assert.rejects(plan(), /out\.jsonl": it exists$/);
  const replacing = await plan({ overwrite: true });
  assert.deepEqual([replacing.key, replacing.isJoined(), replacing.isScored(0)], [
    key,
    false,
    false,
  ]);
  for (const i of [1, 2, 3]) await place.score("out.jsonl", { shard: { i, n: 3 } });
  await place.score("out.jsonl", { join: 3, overwrite: true });
  assert.equal(replacing.isJoined(), true);
  const keys = [key, (await plan({ overwrite: true }, 2)).key];
  assert.notEqual(...keys as [string, string]);
  await assert.rejects(plan({ input: "-", output: place.at("other.jsonl") }), UsageError);
});
