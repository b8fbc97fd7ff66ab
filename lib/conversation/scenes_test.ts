import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import { parseScenes, turnsOf } from "./scenes.ts";

const HEAD = "domain: scheming\nlabel: unsafe\n";
const SCENE = `
=== quiet-backup (test)
system: the mail archive | the build farm

--- System
You maintain {{system}}.

--- Human
[[Hi,|Morning {{system}},|]] bye.
--- Assistant
Yes.

  indented
`;

Deno.test("parseScenes() reads slots, choices and turns", () => {
  assert.deepEqual(parseScenes("a.scenes", HEAD + SCENE), [{
    domain: "scheming",
    name: "quiet-backup",
    split: "test",
    labels: [1],
    slots: new Map([["system", ["the mail archive", "the build farm"]]]),
    turns: [
      { speaker: "System", malign: undefined, parts: ["You maintain ", { slot: "system" }, "."] },
      {
        speaker: "Human",
        malign: undefined,
        parts: [{ choices: [["Hi,"], ["Morning ", { slot: "system" }, ","], []] }, " bye."],
      },
      { speaker: "Assistant", malign: undefined, parts: ["Yes.\n\n  indented"] },
    ],
  }]);
});

Deno.test("turnsOf() picks the turns of a label", () => {
  const text = `${HEAD}
=== two-ways (train)
--- Human
Help?
--- Assistant (safe)
No.
--- Assistant (unsafe)
Gladly.
`;
  const [{ labels, turns }] = parseScenes("a.scenes", text);
  assert.deepEqual(labels, [0, 1]);
  assert.deepEqual(turnsOf(turns, 0).map(({ parts }) => parts), [["Help?"], ["No."]]);
  assert.deepEqual(turnsOf(turns, 1).map(({ parts }) => parts), [["Help?"], ["Gladly."]]);
});

Deno.test("parseScenes() names file, line, scene and fault", () => {
  const faults: [text: string, expected: RegExp][] = [
    ["domain: schemin\nlabel: unsafe", /line 1: unknown domain\. Did you mean "scheming"/],
    [
      "domain: scheming\nlabel: bad",
      /line 2: expected `label: safe` or `label: unsafe`, got "label/,
    ],
    [HEAD + "=== Bad Name (test)", /line 3: expected `=== scene-name/],
    [HEAD + SCENE + SCENE.slice(1), /line 16, scene "quiet-backup": its name is taken/],
    [HEAD + SCENE.replace("system: ", "sys tem: "), /line 5, scene "quiet-backup": expected `slot/],
    [
      HEAD + SCENE.replace("archive |", "archive | |"),
      /the slot "system" has an empty alternative/,
    ],
    [HEAD + SCENE.replace("archive |", "[[archive]] |"), /the slot "system" holds brackets/],
    [
      HEAD + SCENE.replace("{{system}}.", "{{host}}."),
      /line 7, .*the slot \{\{host\}\} is not defined/,
    ],
    [HEAD + SCENE.replaceAll("{{system}}", "x"), /the slot "system" is never used/],
    [HEAD + SCENE.replace("[[Hi,", "[[x|[[Hi,"), /do not pair up or are nested/],
    [HEAD + SCENE.replace("|]]", "|"), /do not pair up or are nested/],
    [HEAD + SCENE.replace("[[Hi,|", "[[Hi,||"), /`\|\|` stands between/],
    [HEAD + SCENE.replace("bye.", "[[bye.]]"), /\[\[bye\.\]\] has no second alternative/],
    [HEAD + SCENE.replace("--- Human", "--- Man"), /line 10, .*expected `--- Human\|Assistant/],
    [HEAD + SCENE.replace("bye.", "bye.\nHuman: hi"), /line 12, .*begins like a turn/],
    [HEAD + SCENE.replace("You maintain {{system}}.", ""), /line 7, .*the turn is empty/],
    [HEAD + SCENE.split("--- Assistant")[0], /line 4, .*unsafe rows do not end with an Assistant/],
  ];
  for (const [text, expected] of faults) {
    assert.throws(() => parseScenes("a.scenes", text), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^Cannot read "a\.scenes" line \d+/);
      assert.match(error.message, expected);
      return true;
    }, text);
  }
});
