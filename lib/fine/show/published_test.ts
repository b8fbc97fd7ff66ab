import assert from "node:assert/strict";
import { publishedScores } from "./published.ts";

const models = publishedScores();

Deno.test("published CS and CSS are of 14 different models, highest CS first", () => {
  assert.equal(new Set(models.map(({ model }) => model)).size, 14);
  assert.deepEqual(models.toSorted((a, b) => b.cs - a.cs), models);
});

Deno.test("published CSS is never over CS", () => {
  for (const { model, cs, css } of models) assert.ok(0 <= css && css <= cs && cs <= 100, model);
});

Deno.test("published CS and CSS are shares of 75 questions to within 0.1 percent", () => {
  for (const { model, cs, css } of models) {
    for (const percent of [cs, css]) {
      const nearest = 100 * Math.round(0.75 * percent) / 75;
      assert.ok(Math.abs(percent - nearest) < 0.1, `${model}: ${percent}`);
    }
  }
});
