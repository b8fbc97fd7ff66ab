import assert from "node:assert/strict";
import fc from "fast-check";
import { fitContext, joinTurns, SPEAKERS, splitTurns } from "./render.ts";

const example =
  "\n\nSystem: Be kind.\n\nHuman: Hi\n\nHow are you?\n\nFunction: call f {}\n\nAssistant: Well.";

Deno.test("splitTurns() finds speakers and what they say", () => {
  const turns = splitTurns(example).map(({ speaker, text }) => [speaker, text]);
  assert.deepEqual(turns, [
    ["System", "Be kind."],
    ["Human", "Hi\n\nHow are you?"],
    ["Function", "call f {}"],
    ["Assistant", "Well."],
  ]);
});

Deno.test("splitTurns() takes a first turn without blank line, and text before the first turn", () => {
  assert.deepEqual(splitTurns("Human: Hi\nAssistant: no"), [
    { speaker: "Human", text: "Hi\nAssistant: no", start: 0, end: 23 },
  ]);
  assert.deepEqual(splitTurns("Note\n\nAssistant:"), [
    { speaker: undefined, text: "Note", start: 0, end: 4 },
    { speaker: "Assistant", text: "", start: 4, end: 16 },
  ]);
  assert.deepEqual(splitTurns(""), []);
});

Deno.test("splitTurns() takes apart what joinTurns() put together", () => {
  const turn = fc.record({
    speaker: fc.constantFrom(...SPEAKERS),
    text: fc.string({ unit: fc.constantFrom("a", " ", "\n", ":", "Human", "é") })
      .filter((text) => splitTurns(`x\n\n${text}`).length === 1 && !text.startsWith("\n")),
  }, { noNullPrototype: true });
  fc.assert(fc.property(fc.array(turn), (turns) => {
    const conversation = joinTurns(turns);
    const found = splitTurns(conversation);
    assert.deepEqual(found.map(({ speaker, text }) => ({ speaker, text })), turns);
    assert.equal(
      found.map(({ start, end }) => conversation.slice(start, end)).join(""),
      conversation,
    );
  }));
});

/** Three turns of 4, 3 and 2 tokens; every token is 10 units long and its id is its number. */
const encoding = {
  ids: Int32Array.from({ length: 9 }, (_, t) => t),
  starts: Int32Array.from({ length: 9 }, (_, t) => 10 * t),
};
const turns = [{ start: 0 }, { start: 40 }, { start: 70 }];
const fit = (maxTokens: number) => fitContext(encoding, turns, 99, maxTokens);

Deno.test("fitContext() leaves a conversation that fits as it is", () => {
  assert.deepEqual(fit(10), { ids: Int32Array.of(99, 0, 1, 2, 3, 4, 5, 6, 7, 8), dropped: 0 });
});

Deno.test("fitContext() drops whole turns from the front", () => {
  assert.deepEqual(fit(9), { ids: Int32Array.of(99, 4, 5, 6, 7, 8), dropped: 4 });
  assert.deepEqual(fit(6), { ids: Int32Array.of(99, 4, 5, 6, 7, 8), dropped: 4 });
  assert.deepEqual(fit(5), { ids: Int32Array.of(99, 7, 8), dropped: 7 });
});

Deno.test("fitContext() keeps the end of a last turn that is too long by itself", () => {
  assert.deepEqual(fit(2), { ids: Int32Array.of(99, 8), dropped: 8 });
  assert.throws(() => fit(1), /^RangeError: .* maxTokens must be an integer >= 2, got 1/);
});

Deno.test("fitContext() leaves out a token that only ends in the turn it cuts at", () => {
  const fitted = fitContext(encoding, [{ start: 0 }, { start: 35 }], 99, 8);
  assert.deepEqual(fitted, { ids: Int32Array.of(99, 4, 5, 6, 7, 8), dropped: 4 });
});
