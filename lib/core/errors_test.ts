import assert from "node:assert/strict";
import fc from "fast-check";
import { nearestName, suggestName, UsageError, UserError } from "./errors.ts";

const known = ["guard_generalization", "mahalanobis", "perplexity", "--results", "--seeds"];

Deno.test("nearestName() finds the name that was meant", () => {
  for (
    const [given, meant] of [
      ["guard_generalisation", "guard_generalization"], // one letter changed
      ["mahalanobi", "mahalanobis"], // one left out
      ["preplexity", "perplexity"], // two swapped
      ["--result", "--results"],
      ["--seed", "--seeds"],
    ]
  ) assert.equal(nearestName(given, known), meant);
});

Deno.test("nearestName() suggests nothing where more than half would change", () => {
  assert.equal(nearestName("kitten", ["sitting"]), "sitting"); // 3 edits of 6 letters
  assert.equal(nearestName("xyzzy", known), undefined);
  assert.equal(nearestName("", known), undefined);
  assert.equal(nearestName("x", []), undefined);
});

Deno.test("nearestName() takes the first of equally near names", () => {
  assert.equal(nearestName("cat", ["bat", "hat"]), "bat");
});

Deno.test("nearestName() finds every known name itself", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 });
  fc.assert(fc.property(names, (names) => {
    names.forEach((name) => assert.equal(nearestName(name, names), name));
  }));
});

Deno.test("suggestName() asks about the nearest name and lists all", () => {
  assert.equal(suggestName("catt", ["cat", "dog"]), 'Did you mean "cat"? Known: cat, dog.');
  assert.equal(suggestName("horse", ["cat", "dog"]), "Known: cat, dog.");
});

Deno.test("UserError carries its remedy and its cause; wrong usage is told apart", () => {
  const cause = new Error("why");
  const error = new UserError("Cannot do it", "Do this.", { cause });
  assert.equal(String(error), "UserError: Cannot do it");
  assert.deepEqual([error.remedy, error.cause], ["Do this.", cause]);
  const usage = new UsageError("Cannot run", "Write it so.");
  assert.ok(usage instanceof UserError);
  assert.equal(String(usage), "UsageError: Cannot run");
});
