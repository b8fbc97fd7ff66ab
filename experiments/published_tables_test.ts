import assert from "node:assert/strict";
import { findingsOf } from "../lib/experiment/experiment.ts";
import type { Workbench } from "../lib/workbench/workbench.ts";
import { renderTable } from "../lib/report/table.ts";
import experiment from "./published_tables.ts";

// the experiment reads nothing but the published tables
const noBench = undefined as unknown as Workbench;
const findings = await findingsOf(experiment, noBench, experiment.config);

Deno.test("published_tables finds the two rows whose overall is not the mean of their groups", () => {
  const amiss = findings.rows.filter(({ addsUp }) => !addsUp);
  assert.deepEqual(
    amiss.map((
      { table, monitor, mean, excess },
    ) => [table, monitor, mean.toFixed(4), excess.toFixed(4)]),
    [ // sums by hand: 341.9 / 8 and 366.2 / 8
      ["release", "guard+perplexity", "42.7375", "0.3625"],
      ["release", "guard+perplexity+mahalanobis", "45.7750", "0.7250"],
    ],
  );
  assert.equal(findings.rows.length, 14);
});

Deno.test("published_tables lists where the release and the leaderboard disagree", () => {
  assert.deepEqual(
    findings.disagreements.map(({ monitor, group, first, other }) =>
      `${monitor} ${group}: ${first} ${other}`
    ),
    [
      "guard+perplexity jailbroken: 59.9 61.1",
      "guard+perplexity scheming: 45 45.7",
      "guard+perplexity sycophantic: 57.5 58.6",
      "guard+mahalanobis function-calling-missing: 2.6 17.4",
      "guard+mahalanobis overall: 44.8 46.7",
      "guard+perplexity+mahalanobis function-calling-missing: 0.6 6.6",
    ],
  );
});

Deno.test("published_tables shows every figure and where an overall may come from", () => {
  const suite = { name: "mini", synthetic: true, hash: "0" };
  const settings = { quick: false, seeds: 3, recipe: {}, config: experiment.config };
  const { name, question } = experiment;
  const artifact = { experiment: name, question, suite, kernels: "0", settings, findings };
  const text = renderTable(experiment.show(artifact).table.full!);
  assert.match(text, /12 of 14 rows add up/);
  assert.match(
    text,
    /release: guard\+perplexity does not; its overall is the mean of the row in leaderboard\./,
  );
  assert.match(
    text,
    /leaderboard: guard\+mahalanobis +91\.3 .* 17\.4 .* 46\.7 +46\.69 +\+0\.01 +yes/,
  );
});
