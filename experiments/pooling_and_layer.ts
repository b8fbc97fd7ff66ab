/**
 * Which hidden state of the guard should Mahalanobis distance look at?
 *
 * Every layer (0: the embeddings) at the last token, and the last layer's mean and maximum over all tokens, from one forward pass of
 * the guard. The paper (arXiv 2605.21602) takes the last layer at the last token with the sample covariance. Under the
 * maximum some features may never vary, which has no sample covariance; so all states get Ledoit and Wolf's.
 *
 *     deno task reproduce --only pooling_and_layer
 *
 * @module
 */
import { sampledLayers } from "../lib/workbench/pretrained/tuned_recipe.ts";
import { z } from "zod";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { recallContrasts } from "../lib/evaluation/contrasts.ts";
import { contrastIn, figureIn } from "../lib/evaluation/findings.ts";
import {
  chanceLine,
  recallTable,
  type Results,
  subtitleOf,
} from "../lib/experiment/recall_table.ts";
import { guardsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { count, evaluated, fields, list } from "../lib/experiment/findings_schema.ts";
import { mahalanobisDistances } from "../lib/workbench/mahalanobis_scores.ts";
import { bestOf, comparison, countClear } from "../lib/experiment/reading.ts";
import { forEachGuard } from "../lib/workbench/scores.ts";
import type { TrainedModel, Workbench } from "../lib/workbench/workbench.ts";
import { evaluate, RECALL } from "../lib/evaluation/evaluation.ts";
import type { Pooling } from "../lib/signals/signal_graph.ts";
import { type Figure, monitorScale } from "../lib/report/figure.ts";
import { inPercent } from "../lib/report/table.ts";

const POOLINGS = ["last", "mean", "max"] as const satisfies readonly Pooling[];

/** A hidden state: which layer (0 = embeddings), pooled how. */
const state = fields({ layer: count(), pooling: z.enum(POOLINGS, "must be a way to pool") });
type State = z.infer<typeof state>;

const TITLE = "Mahalanobis distance by layer and pooling";

const experiment = defineExperiment({
  name: "pooling_and_layer",
  question: "Which hidden state of the guard should Mahalanobis distance look at?",
  config: {
    seeds: 2, // guards, at most: each costs a forward pass over training and test rows
    resamples: 2000, // of the bootstrap, over scenes and seeds
    groups: ["id", "overall", "oodMean"], // on which states are compared with the paper's, and that the figure shows
  },
  findings: evaluated({ states: list(state), seeds: count() }),
  needs: (bench, { seeds }) =>
    guardsOver(bench, ["train", "test"], {
      seeds: bench.seeds.slice(0, seeds),
      request: (layers) => ({ hidden: statesOf(layers) }),
    }),
  async run(bench, { seeds: most, resamples, groups }, own) {
    const states = statesOf((await bench.guard(bench.seeds[0])).model.config.layers);
    const seeds = bench.seeds.slice(0, most);
    const bySeed = await forEachGuard(bench, seeds, (guard) => distances(bench, guard, states));
    const monitors = states.map(nameOf);
    const scores = Object.fromEntries(
      monitors.map((name, i) => [name, bySeed.map((ofSeed) => ofSeed[i])]),
    );
    const evaluation = evaluate(bench.suite.test, scores, {
      streamName: own("bootstrap"),
      resamples,
    });
    const paper = nameOf({ layer: states.at(-1)!.layer, pooling: "last" });
    const pairs = monitors.filter((name) => name !== paper).map((name) => [name, paper] as const);
    return {
      monitors,
      states,
      seeds: seeds.length,
      results: evaluation.results,
      contrasts: recallContrasts(evaluation, pairs, groups),
    };
  },
  show(
    { findings: { monitors, states, seeds, results, contrasts }, settings, suite: { synthetic } },
  ) {
    const paper = nameOf({ layer: states.at(-1)!.layer, pooling: "last" });
    const others = monitors.filter((name) => name !== paper);
    const gainOf = (first: string) =>
      contrastIn(contrasts, { first, second: paper, group: "oodMean", metric: RECALL });
    const { higher, lower } = countClear(others.map(gainOf));
    const best = bestOf(results, others, "oodMean");
    const table = recallTable(results, { title: TITLE, monitors, seeds, synthetic });
    return {
      table: {
        ...table,
        notes: [...table.notes, "Covariance: Ledoit and Wolf's, for all states."],
      },
      figure: stateFigure(results, states, {
        groups: settings.config.groups,
        subtitle: subtitleOf({ seeds, synthetic }),
      }),
      reading:
        `Outside id, ${higher} of ${others.length} states have clearly higher recall than the paper's (${paper}) and ${lower} clearly lower. The highest of them, ${best}, is ${
          comparison(gainOf(best))
        }.`,
    };
  },
});

/** Layers from the embeddings to the last at the last token, and the last layer pooled otherwise. */
function statesOf(layers: number): State[] {
  return [
    ...sampledLayers(layers).map((layer): State => ({ layer, pooling: "last" })),
    { layer: layers, pooling: "mean" },
    { layer: layers, pooling: "max" },
  ];
}

function nameOf({ layer, pooling }: State): string {
  return `layer ${layer}, ${pooling}`;
}

/** Distances of the test rows, one list a state. */
async function distances(
  bench: Workbench,
  guard: TrainedModel,
  states: readonly State[],
): Promise<Float64Array[]> {
  const { hidden: train } = await bench.signals(guard, "train", { hidden: states });
  const { hidden: test } = await bench.signals(guard, "test", { hidden: states });
  const scores: Float64Array[] = [];
  for (const i of states.keys()) {
    const pooled = { train: train[i], scored: test[i] };
    scores.push(await mahalanobisDistances(bench, pooled, "ledoit-wolf"));
  }
  return scores;
}

/** Recall against the layer, a panel for each group, a colour for each pooling. */
function stateFigure(
  results: Results,
  states: readonly State[],
  { groups, subtitle }: { groups: readonly string[]; subtitle: string },
): Figure {
  const poolings = [...new Set(states.map(({ pooling }) => pooling))];
  const values = states.flatMap((state) =>
    groups.flatMap((group) => {
      const value = figureIn(results, { subject: nameOf(state), group, metric: RECALL });
      if (value === null) return [];
      return [{ ...state, group, ...inPercent(value) }];
    })
  );
  const x = {
    field: "layer",
    type: "ordinal",
    title: "layer (0: embeddings)",
    axis: { labelAngle: 0 },
  };
  const xOffset = { field: "pooling", type: "nominal", sort: poolings };
  const y = { type: "quantitative", scale: { zero: true }, title: "recall at 1% FPR, %" };
  const color = {
    field: "pooling",
    type: "nominal",
    scale: monitorScale(poolings),
    sort: poolings,
    title: "pooling",
  };
  return {
    title: { text: TITLE, subtitle },
    data: { values },
    facet: { column: { field: "group", type: "nominal", sort: [...groups], title: null } },
    spec: {
      width: 200,
      height: 220,
      layer: [
        chanceLine("y"),
        {
          mark: "rule",
          encoding: { x, xOffset, color, y: { ...y, field: "low" }, y2: { field: "high" } },
        },
        {
          mark: { type: "point", filled: true, size: 45 },
          encoding: { x, xOffset, color, y: { ...y, field: "estimate" } },
        },
      ],
    },
  } as Figure;
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
