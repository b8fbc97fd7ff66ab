/**
 * Every experiment on a suite small enough to train on in seconds. All share one workbench, so each model is trained once a
 * pass, and what two experiments both measure must be the same in both.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../lib/core/testing.ts";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { openCatalogue } from "../lib/experiment/catalogue.ts";
import { contrastIn, type Contrasts } from "../lib/evaluation/findings.ts";
import { parseArtifact } from "../lib/results/artifact.ts";
import { judgeClaim } from "../lib/results/claims.ts";
import type { Results } from "../lib/experiment/recall_table.ts";
import {
  type Artifact,
  artifactOf,
  type Experiment,
  missingFor,
} from "../lib/experiment/experiment.ts";
import { FUSED } from "../lib/workbench/fused.ts";
import { publishedClaims } from "../lib/results/published_claims.ts";
import { exists } from "../lib/core/files.ts";
import type { Work } from "../lib/workbench/planned/work.ts";
import type { Workbench } from "../lib/workbench/workbench.ts";
import { openWorkbench } from "../lib/workbench/open_workbench.ts";
import { renderFigure } from "../lib/report/figure.ts";
import { renderTable } from "../lib/report/table.ts";

type AnyExperiment = Experiment<Record<string, unknown>, unknown>;

const CLAIMS = publishedClaims();

const loadExperiments = async () =>
  await openCatalogue(import.meta.dirname!).load() as AnyExperiment[];

/** Its own test has more of it, and checks what its claims ask for: of so few questions some shares are not defined. */
const TINY_FAKE_ALIGNMENT = {
  quickTraining: { formatSteps: 3, tuningSteps: 2, maxTokens: 3 },
  quickQuestions: 1,
};

/** The settings with few resamples. */
function quickly({ name, config }: AnyExperiment): Record<string, unknown> {
  return {
    ...config,
    ...("resamples" in config && { resamples: 20 }),
    ...(name === "fake_alignment" && TINY_FAKE_ALIGNMENT),
  };
}

async function assertShows(experiment: AnyExperiment, artifact: Artifact): Promise<void> {
  const { table, figure } = experiment.show(artifact as Artifact<never, never>);
  for (const row of table.rows) assert.equal(row.length, table.columns.length);
  const svg = await renderFigure(figure);
  assert.match(svg, /^<svg[^]*<\/svg>\n$/);
  assert.doesNotMatch(renderTable(table) + svg, /NaN|undefined/);
}

/** Estimates, without the intervals, which come from resamples of each experiment's own. */
function estimates({ findings }: Artifact, monitor: string) {
  const { results } = findings as { results: Results };
  return Object.entries(results[monitor]).map(([group, { metrics }]) => [
    group,
    Object.entries(metrics).map(([metric, value]) => [metric, value?.estimate]),
  ]);
}

/** Makes work and what it waits for, as a run does before an experiment. */
async function makeAll({ after, pieces, isDone, make }: Work): Promise<void> {
  for (const work of after) await makeAll(work);
  for (let piece = 0; piece < pieces; piece++) if (!await isDone(piece)) await make(piece);
}

/** Models and passes that are in a cache. */
const madeIn = ({ cache: { root } }: Workbench) =>
  ["model", "signals"].flatMap((kind) =>
    exists(join(root, kind)) ? [...Deno.readDirSync(join(root, kind))].map(({ name }) => name) : []
  ).sort();

/** These train models of their own, which no other experiment asks for. */
const TRAINS = ["judge", "fake_alignment"];

/** Monitors that are the same in several experiments, by experiment and name. */
const SAME = [
  [["guard_generalization", "guard"], ["detector_comparison", "guard"], ["fusion", "guard"], [
    "benign_shift",
    "guard",
  ]],
  [["detector_comparison", "perplexity"], ["benign_shift", "perplexity"]],
  [["detector_comparison", "mahalanobis"], ["benign_shift", "mahalanobis"]],
  [["guard_generalization", "bag of words"], ["benign_shift", "bag of words"]],
  [["fusion", FUSED], ["benign_shift", FUSED]],
];

Deno.test("every experiment gives the same artifact twice, a table and a figure of it, and what claims ask for", async (t) => {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  const suite = writeTinySuite(folder, 50);
  const options = { suite, quick: true, seeds: 2, threads: 1, say: () => {} };
  const benches = await Promise.all(
    ["a", "b"].map((cache) => openWorkbench({ ...options, cache: join(folder, cache) })),
  );
  const artifacts: Record<string, Artifact> = {};
  const experiments = await loadExperiments();
  const names = new Set(experiments.map(({ name }) => name));
  for (const { predicate: { artifact } } of CLAIMS) assert.ok(names.has(artifact), artifact);
  for (const experiment of experiments) {
    const { name } = experiment;
    if (missingFor(experiment, benches[0]) !== undefined) continue; // has a test of its own
    await t.step(name, async () => {
      const needs = await experiment.needs?.(benches[0], quickly(experiment)) ?? [];
      for (const work of needs) await makeAll(work);
      const before = madeIn(benches[0]);
      const text = await artifactOf(experiment, benches[0], quickly(experiment));
      if (!TRAINS.includes(name)) {
        assert.deepEqual(madeIn(benches[0]), before, "it says all that it needs");
      }
      const again = await artifactOf(experiment, benches[1], quickly(experiment));
      assert.equal(again, text);
      const artifact = artifacts[name] = parseArtifact(name, experiment as Experiment, text);
      await assertShows(experiment, artifact);
      if (name === "fake_alignment") return;
      for (const claim of CLAIMS.filter(({ predicate }) => predicate.artifact === name)) {
        assert.equal(judgeClaim(claim, artifact).missing, null);
      }
    });
  }
  await t.step("experiments agree on what they share", () => {
    for (const [[name, monitor], ...others] of SAME) {
      const expected = estimates(artifacts[name], monitor);
      for (const [other, same] of others) {
        assert.deepEqual(estimates(artifacts[other], same), expected, `${other}: ${same}`);
      }
    }
  });
  await t.step(
    "scaling ends with the recipe's own size, and its claim is about both ends",
    () => {
      const { scales, results, contrasts } = artifacts.scaling.findings as {
        scales: { parameters: number; guard: string; fused: string }[];
        results: Results;
        contrasts: Contrasts;
      };
      const [smallest, largest] = [scales[0], scales.at(-1)!];
      assert.ok(largest.parameters >= 20 * smallest.parameters);
      for (const [ours, theirs] of [[largest.guard, "guard"], [largest.fused, FUSED]]) {
        assert.deepEqual(estimates(artifacts.scaling, ours), estimates(artifacts.fusion, theirs));
      }
      const recall = (monitor: string) => results[monitor].overall.metrics["recall@0.01"]!.estimate;
      const detection = recall(smallest.fused) - recall(smallest.guard);
      const growth = recall(largest.guard) - recall(smallest.guard);
      const title = "gain of detection at size s − gain of a guard at 20 s";
      const { estimate } = contrastIn(contrasts, {
        title,
        group: "overall",
        metric: "recall@0.01",
      })!;
      assert.ok(Math.abs(estimate - (detection - growth)) < 1e-5);
    },
  );
});
