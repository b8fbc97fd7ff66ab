import assert from "node:assert/strict";
import type { Row } from "./row.ts";
import type { Suite } from "./suite.ts";
import { varietyOf } from "./variety.ts";

const row = (id: string, scene: string, conversation: string): Row => ({
  id,
  scene,
  conversation,
  domain: "hh-rlhf-helpful",
  malign: 0,
});
const a = "\n\nHuman: one two three four five\n\nAssistant: six";
const b =
  "\n\nSystem: x\n\nHuman: one two three four nine\n\nAssistant: y\n\nHuman: z\n\nAssistant: w";
const suite: Suite = {
  name: "tiny",
  synthetic: true,
  hash: "",
  train: [row("1", "s/a", a)],
  calibration: [row("2", "s/a", a)],
  test: [row("3", "s/b", b)],
};

Deno.test("varietyOf() counts words, exchanges and what scenes share", () => {
  const found = varietyOf(suite);
  assert.deepEqual([found.rows, found.scenes], [3, 2]);
  // human, assistant, system, one to six, nine, x, y, z, w
  assert.equal(found.distinctWords, 14);
  assert.equal(found.wordsPerRow, (8 + 8 + 14) / 3);
  assert.equal(found.severalExchanges, 1 / 3);
  assert.equal(found.systemPrompts, 1 / 3);
  // "human one two three" and "one two three four", of 5 and of 11 runs of four words
  assert.ok(Math.abs(found.nearestMost - 2 / 5) < 1e-12);
  assert.ok(Math.abs(found.nearestMean - (2 / 5 + 2 / 11) / 2) < 1e-12);
});
