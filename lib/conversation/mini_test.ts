import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { expandScene, generateMini, type Quota } from "./mini.ts";
import { parseScenes } from "./scenes.ts";

const sceneFile = (scenes: string) =>
  parseScenes("a.scenes", `domain: scheming\nlabel: unsafe\n${scenes}`);

const scene = (name: string, split = "test") => `
=== ${name} (${split})
x: a | b | c | d | e | f
--- Human
${name} {{x}} [[1|2|3|4|5|6]] [[1|2|3|4|5|6]] {{x}}
--- Assistant
Yes.
`;

const quota = (rows: number, malign: 0 | 1 = 1): Quota => ({
  split: "test",
  domain: "scheming",
  malign,
  rows,
});

Deno.test("expandScene() gives a slot one value in a row and draws choices anew", () => {
  const [template] = sceneFile(scene("s"));
  const drawn = new Set<string>();
  for (let n = 0; n < 500; n++) {
    const text = expandScene(template, 1, stream(`test/${n}`));
    const match = /^\n\nHuman: s ([a-f]) ([1-6]) ([1-6]) ([a-f])\n\nAssistant: Yes\.$/.exec(text)!;
    assert.equal(match[1], match[4]);
    drawn.add(text);
  }
  // 216 different rows; the chance that 500 draws miss more than 60 of them is under 1e-4.
  assert.ok(drawn.size > 156);
});

Deno.test("expandScene() closes the gap that an empty choice leaves, and no other", () => {
  const [template] = sceneFile(`
=== gaps (test)
--- Human
[[|]] one [[|]] [[|]] two  # three [[|]]
[[|]] four[[|]], five
  indented [[|]]
--- Assistant
[[|]] Yes.
`);
  const text = expandScene(template, 1, stream("test"));
  assert.equal(text, "\n\nHuman: one two  # three\nfour, five\n  indented\n\nAssistant: Yes.");
});

Deno.test("generateMini() spreads rows over scenes, without duplicates, numbered from 1", () => {
  const scenes = sceneFile(scene("p") + scene("q") + scene("r") + scene("other", "train"));
  const { train, calibration, test } = generateMini(scenes, [quota(100)]);
  assert.deepEqual([train, calibration], [[], []]);
  const counts = Object.groupBy(test, (row) => row.scene!);
  assert.deepEqual(Object.values(counts).map((rows) => rows!.length).sort(), [33, 33, 34]);
  assert.equal(new Set(test.map((row) => row.conversation)).size, 100);
  assert.equal(test[0].id, "scheming-0001");
  assert.equal(test[99].id, "scheming-0100");
  assert.ok(Object.keys(counts).every((name) => /^scheming\/[pqr]$/.test(name)));
  assert.ok(test.every((row) => row.domain === "scheming" && row.malign === 1));
});

Deno.test("generateMini() gives a scene the same conversations whatever the other scenes are", () => {
  const rowsOf = (...scenes: string[]) =>
    generateMini(sceneFile(scenes.join("")), [quota(10 * scenes.length)]).test
      .filter((row) => row.scene === "scheming/p").map((row) => row.conversation).sort();
  assert.deepEqual(rowsOf(scene("p")), rowsOf(scene("q"), scene("p")));
});

Deno.test("generateMini() says which scenes are wanting", () => {
  assert.throws(
    () => generateMini(sceneFile(scene("p")), [quota(1, 0)]),
    /no safe scene of scheming for test/,
  );
  assert.throws(
    () => generateMini(sceneFile(scene("p")), [quota(217)]), // it has 6 * 6 * 6 = 216
    /scheming\/p has no 217 different rows/,
  );
});
