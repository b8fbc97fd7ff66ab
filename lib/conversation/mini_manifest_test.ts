import assert from "node:assert/strict";
import { ID_DOMAINS, OOD_DOMAINS, SHIFT_DOMAINS, TWINS } from "./domains.ts";
import { SPLITS } from "./scenes.ts";
import { varietyOf } from "./variety.ts";
import { splitTurns } from "./render.ts";
import type { Row } from "./row.ts";
import { miniSuite } from "./suite.ts";
import { tokenizerOf } from "../tokenizer/tokenizer.ts";
import { trainBpe } from "../tokenizer/train.ts";
import { MANIFEST_PATH, manifestText } from "./mini_manifest.ts";

const suite = miniSuite();
const rows = [...suite.train, ...suite.calibration, ...suite.test];
const scenesOf = (rows: readonly Row[]) => new Set(rows.map(({ scene }) => scene!));

Deno.test("mini's manifest is that of the suite generated now", () => {
  const remedy = "the suite has changed; if that is meant, run `deno task mini`";
  const train = (texts: readonly string[], size: number) => tokenizerOf(trainBpe(texts, size));
  assert.equal(manifestText(suite, train), Deno.readTextFileSync(MANIFEST_PATH), remedy);
});

Deno.test("mini has ids and conversations only once", () => {
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
  assert.equal(new Set(rows.map(({ conversation }) => conversation)).size, rows.length);
});

Deno.test("mini keeps scenes apart: 420 to train on, 200 to calibrate and test on, 64 a failure, 24 a twin", () => {
  const splits = [suite.train, suite.calibration, suite.test].map(scenesOf);
  const all = splits.reduce((a, b) => a.union(b));
  assert.equal(all.size, splits.reduce((sum, scenes) => sum + scenes.size, 0));
  const count = (scenes: Set<string>, domains: readonly string[]) =>
    [...scenes].filter((scene) => domains.includes(scene.split("/")[0])).length;
  assert.ok(count(splits[0], ID_DOMAINS) >= 420);
  assert.ok(count(splits[1].union(splits[2]), ID_DOMAINS) >= 200);
  for (const domain of OOD_DOMAINS) assert.ok(count(splits[2], [domain]) >= 64, domain);
  for (const domain of SHIFT_DOMAINS) assert.ok(count(splits[2], [domain]) >= 40, domain);
  for (const domain of Object.values(TWINS)) assert.ok(count(splits[2], [domain]) >= 24, domain);
});

Deno.test("mini's first version is what it was, and its scenes keep their splits in the second", () => {
  const first = miniSuite("mini@1");
  assert.equal(first.hash, "2f5b5546fe8b05e607552b7d170fd17efb96bdc6da4754335f48e112f31d0642");
  for (const split of SPLITS) {
    assert.ok(scenesOf(first[split]).isSubsetOf(scenesOf(suite[split])), split);
  }
});

Deno.test("mini's scenes are unlike each other: none shares half of its four-word runs with another", () => {
  assert.ok(varietyOf(suite).nearestMost < 0.5);
});

Deno.test("mini shares no sentence of eight words or more between training and test", () => {
  const sentences = (rows: readonly Row[]) =>
    new Set(
      rows.flatMap(({ conversation }) => splitTurns(conversation))
        .flatMap(({ text }) => text.toLowerCase().split(/(?<=[.!?])\s+|\n+/))
        .filter((sentence) => sentence.trim().split(/\s+/).length >= 8),
    );
  assert.deepEqual([...sentences(suite.train).intersection(sentences(suite.test))], []);
});

Deno.test("mini has conversations of one to four exchanges that end with the assistant", () => {
  for (const { id, conversation } of rows) {
    const speakers = splitTurns(conversation).map(({ speaker }) => speaker);
    assert.equal(speakers.at(-1), "Assistant", id);
    const humans = speakers.filter((speaker) => speaker === "Human").length;
    assert.ok(humans >= 1 && humans <= 4, `${id}: ${humans} exchanges`);
  }
});

Deno.test("mini's README shows rows of the suite", () => {
  const readme = Deno.readTextFileSync(MANIFEST_PATH.replace("manifest.json", "README.md"));
  const examples = [...readme.matchAll(/<!-- (\S+) -->\n((?: {4}.*\n|\n)+)/g)];
  assert.ok(examples.length >= 20);
  for (const [, scene, block] of examples) {
    const conversation = `\n\n${block.replaceAll(/^ {4}/gm, "").trim()}`;
    const found = rows.some((row) => row.scene === scene && row.conversation === conversation);
    assert.ok(found, `no row of ${scene} is the one in the README`);
  }
});
