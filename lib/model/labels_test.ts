import assert from "node:assert/strict";
import { labelsOf } from "./labels.ts";

const unsafeOf = (names: string[], asked?: string) =>
  labelsOf({ id2label: { ...names } }, "x", asked).unsafe;

Deno.test("labelsOf() finds the label that means unsafe by its name", () => {
  const cases: [string[], number | undefined][] = [
    [["safe", "unsafe"], 1],
    [["unsafe", "safe"], 0],
    [["LABEL_0", "LABEL_1"], 1],
    [["Harmful", "Harmless"], 0],
    [["MALIGN", "whatever"], 0],
    [["benign", "jailbreak"], 1],
    [["Not safe", "Safe"], 0],
    [["LABEL_0"], 0],
    [["unsafe"], 0],
    [["safe"], undefined],
  ];
  for (const [names, unsafe] of cases) assert.equal(unsafeOf(names), unsafe, `${names}`);
  assert.equal(labelsOf({}, "x").unsafe, 1);
  assert.deepEqual(labelsOf({ num_labels: 1 }, "x"), { names: ["LABEL_0"], unsafe: 0 });
  assert.equal(labelsOf({ label2id: { safe: 1, unsafe: 0 } }, "x").unsafe, 0);
  assert.equal(labelsOf({ id2label: { 0: "a", 1: "b", 2: "c" } }, "x", undefined, 2).unsafe, 1);
});

Deno.test("labelsOf() takes the name that a person gives", () => {
  assert.equal(unsafeOf(["refusal", "Fine"], "REFUSAL"), 0);
  assert.equal(unsafeOf(["safe", "unsafe"], "safe"), 0);
  assert.equal(unsafeOf(["score"], "score"), 0);
  assert.throws(() => unsafeOf(["a", "b"], "c"), {
    name: "UserError",
    message: 'Cannot load "x": the label that means unsafe must be "a" or "b", got "c"',
  });
});

Deno.test("labelsOf() refuses labels that contradict each other, or do not tell", () => {
  const refused: [Record<string, unknown>, RegExp][] = [
    [{ id2label: { 0: "a", 1: "b", 2: "c" } }, /must have 1 label .* got 3$/],
    [
      { id2label: { 0: "safe", 1: "unsafe" }, label2id: { safe: 1, unsafe: 0 } },
      /"id2label" and "label2id" must say the same, got \{/,
    ],
    [{ id2label: { 0: "safe", 1: "unsafe" }, num_labels: 1 }, /"num_labels" must be the number/],
    [{ id2label: { 1: "safe", 2: "unsafe" } }, /must be numbered from 0/],
    [{ id2label: { 0: "toxic", 1: "harmful" } }, /one label must mean unsafe and the other safe/],
    [{ id2label: { 0: "yes", 1: "no" } }, /must say which one means unsafe, got "yes" or "no"$/],
    [{ id2label: { 0: "reward" } }, /must say which one means unsafe, got "reward"$/],
  ];
  for (const [hub, message] of refused) {
    assert.throws(() => labelsOf(hub, "x"), { name: "UserError", message });
  }
});
