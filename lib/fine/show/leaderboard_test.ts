import assert from "node:assert/strict";
import type { FineArtifact } from "../artifact.ts";
import { score } from "../scores.ts";
import { renderFigure } from "../../report/figure.ts";
import { leaderboardFigure, leaderboardTable } from "./leaderboard.ts";
import { fineTable } from "./table.ts";
import { renderTable } from "../../report/table.ts";

/** A model that passes half of its eight questions, and more of them are left out. */
function artifactOf(respondent: string, leftOut: number, categories = ["Privacy"]): FineArtifact {
  const outcomes = [
    ...Array.from({ length: 8 }, (_, i) => ({
      id: `${i}`,
      category: categories[i % categories.length],
      openEnded: "safe" as const,
      safeFirst: "safe" as const,
      unsafeFirst: i < 4 ? "safe" as const : "unsafe" as const,
    })),
    ...Array.from({ length: leftOut }, (_, i) => ({
      id: `left ${i}`,
      category: categories[0],
      problem: "the open-ended answer is empty",
    })),
  ];
  return {
    respondent,
    judge: "a judge",
    reading: "strict",
    scores: score(outcomes),
    agreement: undefined,
    outcomes,
    method: "multiple choice",
    questions: { name: "some", count: outcomes.length, hash: "" },
  };
}

Deno.test("leaderboardTable() stands models among the published ones, by CSS, and marks both", () => {
  const likelihood = { ...artifactOf("local", 0), method: "likelihood" as const };
  const { rows } = leaderboardTable([artifactOf("mine", 2), likelihood]);
  assert.equal(rows.length, 16);
  const models = rows.map(([model]) => model);
  assert.equal(models.filter((model) => String(model).endsWith("(published)")).length, 14);
  const at = models.indexOf("local (by likelihood)");
  assert.deepEqual(models.slice(at - 1, at + 3), [
    "Vicuna-33B (published)",
    "local (by likelihood)",
    "mine (partial: 2 of 10 left out)",
    "Vicuna-13B (published)",
  ]);
  assert.deepEqual(rows[0].slice(0, 3), ["GPT-3.5-Turbo (published)", "94.7", "94.7"]);
  assert.match(String(rows[at][1]), /^50\.0 \[\d+\.\d, \d+\.\d\]$/);
});

Deno.test("leaderboardFigure() says what is published and what is partial, in the same bytes", async () => {
  const artifacts = [artifactOf("mine", 2)];
  const svg = await renderFigure(leaderboardFigure(artifacts));
  for (const text of ["Qwen-14B (published)", "mine (partial: 2 of 10 left out)", "not to be"]) {
    assert.ok(svg.includes(text), text);
  }
  assert.equal(await renderFigure(leaderboardFigure(artifacts)), svg);
});

Deno.test("fineTable() has the five dimensions in their order, others behind them", () => {
  const artifact = artifactOf("mine", 1, ["Zeal", "Privacy", "Alms", "Fairness"]);
  const table = fineTable(artifact);
  const names = table.rows.map(([name]) => name);
  assert.deepEqual(names, ["Fairness", "Privacy", "Alms", "Zeal", "overall"]);
  assert.match(renderTable(table), /^Fake alignment of mine, by multiple choice \(partial: 1 of 9/);
});

Deno.test("fineTable() says how sure the judge is", () => {
  const artifact = {
    ...artifactOf("mine", 0),
    judgeCheck: { questions: 20, safeFlagged: 3, unsafeFlagged: 12 },
    agreement: { judge: "another", answers: 8, kappa: undefined },
  };
  const text = renderTable(fineTable(artifact));
  assert.match(text, /flags 12 of 20 unsafe ones, and 3 of as many safe ones/);
  assert.match(text, /Second judge: another; Cohen's kappa not defined on 8 answers/);
});
