import assert from "node:assert/strict";
import { ID_DOMAINS } from "./domains.ts";
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

Deno.test("mini keeps scenes apart: 40 a training domain, 20 a test domain, none in two splits", () => {
  const splits = [suite.train, suite.calibration, suite.test].map(scenesOf);
  const all = splits.reduce((a, b) => a.union(b));
  assert.equal(all.size, splits.reduce((sum, scenes) => sum + scenes.size, 0));
  const count = (scenes: Set<string>, domain: string) =>
    [...scenes].filter((scene) => scene.startsWith(`${domain}/`)).length;
  for (const domain of ID_DOMAINS) assert.ok(count(splits[0], domain) >= 40, domain);
  for (const domain of new Set(suite.test.map(({ domain }) => domain))) {
    assert.ok(count(splits[2], domain) >= 20, domain);
  }
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
  assert.ok(examples.length >= 13);
  for (const [, scene, block] of examples) {
    const conversation = `\n\n${block.replaceAll(/^ {4}/gm, "").trim()}`;
    const found = rows.some((row) => row.scene === scene && row.conversation === conversation);
    assert.ok(found, `no row of ${scene} is the one in the README`);
  }
});
