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

Deno.test("turnTaking() scores the assistant's marker that surprises most, as a whole", () => {
  const detector = turnTaking();
  assert.deepEqual([...detector.score([skipped, ordinary])], [4.75, 1.5]);
  assert.deepEqual(detector.explain([skipped], 0), {
    speaker: "Assistant",
    from: 5,
    end: 8,
    nll: 4.75,
  });
});

Deno.test("turnTaking() can look at conversations with functions only", () => {
  const detector = turnTaking({ functionsOnly: true });
  assert.deepEqual([...detector.score([skipped, ordinary])], [4.75, 0]);
  assert.equal(detector.explain([ordinary], 0), undefined);
});

Deno.test("turnTaking() counts no turn that takes over from nobody", () => {
  const alone = readOf(["\n\nAssistant:", 9], [" Hello", 1]);
  const detector = turnTaking();
  // the second begins with the assistant's last turn, the others are too long to be read
  assert.deepEqual([...detector.score([alone, readFrom(ordinary, 6)])], [0, 0]);
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
