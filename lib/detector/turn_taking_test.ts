import assert from "node:assert/strict";
import { readFrom, readOf } from "./testing.ts";
import { offersFunctions, turnTaking } from "./turn_taking.ts";

/** A function should have been called, and the assistant speaks; tokens of markers and their surprises. */
const skipped = readOf(
  ["\n\nSystem:", 9],
  [" Functions: lend(tool)", 8],
  ["\n\n", 0.25],
  ["Human:", 7], // a person's turn does not count
  [" A saw please", 8],
  ["\n\n", 0.5],
  ["Assistant", 4],
  [":", 0.25],
  [" Done", 9],
);

/** An ordinary conversation without functions. */
const ordinary = readOf(
  ["\n\nHuman:", 9],
  [" Hi", 8],
  ["\n\nAssistant:", 0.5],
  [" Hello", 1],
  ["\n\nHuman:", 3],
  [" Bye", 1],
  ["\n\nAssistant:", 1.5],
  [" Bye", 1],
);

/** A call that was asked for, and one that was not. */
const called = readOf(
  ["\n\nHuman:", 9],
  [" A saw please", 8],
  ["\n\n", 9],
  ["Function:", 0.5],
  [" call lend", 1],
  ["\n\n", 9],
  ["Assistant:", 0.25],
  [" Done", 1],
  ["\n\n", 9],
  ["Function:", 3],
  [" call bill", 8],
);

Deno.test("turnTaking() scores the name of the assistant's side that surprises most, as a whole", () => {
  const detector = turnTaking();
  assert.deepEqual([...detector.score([skipped, ordinary, called])], [4.25, 1.5, 3]);
  assert.deepEqual(detector.explain([skipped], 0), {
    speaker: "Assistant",
    from: 6,
    end: 8,
    nll: 4.25,
  });
});

Deno.test("turnTaking() can look at calls alone, or at answers where functions can be called", () => {
  const conversations = [skipped, ordinary, called];
  assert.deepEqual([...turnTaking("answers").score(conversations)], [4.25, 0, 0.25]);
  assert.deepEqual([...turnTaking("calls").score(conversations)], [0, 0, 3]);
  assert.equal(turnTaking("answers").explain([ordinary], 0), undefined);
});

Deno.test("turnTaking() counts no turn that takes over from nobody", () => {
  const alone = readOf(["\n\n", 2], ["Assistant:", 9], [" Hello", 1]);
  const detector = turnTaking();
  // the first turns of the others are too long to be read, wholly or in part
  const cut = [readFrom(ordinary, 6), readFrom(ordinary, 7)];
  assert.deepEqual([...detector.score([alone, ...cut])], [0, 0, 0]);
});

Deno.test("turnTaking() refuses surprise that is no number", () => {
  const broken = readOf([" Hi", 1], ["\n\nAssistant:", NaN], [" Hello", 1]);
  assert.throws(() => turnTaking().score([ordinary, broken]), /got NaN in row 1$/);
});

Deno.test("offersFunctions() is true where the system's turn lists functions, or one is called", () => {
  for (
    const conversation of [
      "\n\nSystem: Tool shed.\n(1) lend(tool, day)\n\nHuman: Hi",
      '\n\nSystem: {"functions": [{"name": "line_status"}]}\n\nHuman: Hi',
      "\n\nSystem: You have the following tool available to you: # {}\n\nHuman: Hi",
      "\n\nHuman: Hi\n\nFunction: call lend {}\n\nAssistant: Done",
    ]
  ) assert.ok(offersFunctions(conversation), conversation);
  for (
    const conversation of [
      "\n\nSystem: Be brief (two sentences).\n\nHuman: Hi",
      "\n\nHuman: What does lend(tool) do?\n\nAssistant: The function lends a tool.",
    ]
  ) assert.ok(!offersFunctions(conversation), conversation);
});
