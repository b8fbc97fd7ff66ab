/**
 * What would other thresholds give?
 *
 * ROC curves of the guard, the paper's detectors (arXiv 2605.21602), their fusion and bag of words, on every group: the share of
 * unsafe rows flagged against the share of safe ID rows flagged, mean over seeds, and the area under the curve. Weights of
 * the fusion are chosen on the ID rows that are reported on, as in the paper.
 *
 *     deno task reproduce --only roc_curves
 *
 * @module
 */
import { mean } from "mathjs/number";
import type { z } from "zod";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import {
  type Circumstances,
  linesOf,
  meanOver,
  monitorColor,
  syntheticNotes,
} from "../lib/experiment/recall_table.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { fields, list, named, number, results, text } from "../lib/experiment/findings_schema.ts";
import { fuse, FUSED, PARTS, scoredParts } from "../lib/workbench/fused.ts";
import { percentOf } from "../lib/experiment/reading.ts";
import { baselineScores } from "../lib/workbench/scores.ts";
import { evaluate } from "../lib/evaluation/evaluation.ts";
import { figureIn } from "../lib/evaluation/findings.ts";
import { groupRows, scoresOf } from "../lib/evaluation/groups.ts";
import type { Figure } from "../lib/report/figure.ts";
import { percentCell, type Table } from "../lib/report/table.ts";
import { rocCurve } from "../lib/stats/roc.ts";

const TITLE = "ROC curves";
const AUROC = "auroc";

/** What the artifact holds. */
const findings = fields({
  /** In the order of the table. */
  monitors: list(text()),
  /** False-positive rates at which the curves are given, ascending from 0 to 1. */
  grid: list(number()),
  /** By monitor and group, the share of unsafe rows flagged at each rate of the grid. */
  curves: named(named(list(number()))),
  results: results(),
});
type Findings = z.infer<typeof findings>;

const experiment = defineExperiment({
  name: "roc_curves",
  question: "What does each monitor notice at other thresholds than that of 1% false alarms?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
    steps: 40, // of the curves, dense where false alarms are few: the rates are (k / steps)²
  },
  findings,
  needs: (bench) => partsOver(bench, "test"),
  async run(bench, { resamples, steps }, own) {
    const parts = await scoredParts(bench, "test");
    const { rows } = parts;
    const bag = (await baselineScores(bench, "test"))["bag of words"];
    const scores = {
      ...parts.scores,
      [FUSED]: fuse(PARTS, parts, parts).scores,
      "bag of words": bag,
    };
    const { results } = evaluate(rows, scores, { streamName: own("bootstrap"), resamples });
    const grid = Array.from({ length: steps + 1 }, (_, k) => (k / steps) ** 2);
    const { safe, groups } = groupRows(rows);
    const curves = Object.entries(scores).map(([monitor, seeds]) => [
      monitor,
      Object.fromEntries(
        groups.filter(({ rows: { length } }) => length > 0).map(({ name, rows: unsafe }) => {
          const bySeed = seeds.map((of) => ratesOn(grid, scoresOf(of, safe), scoresOf(of, unsafe)));
          return [name, grid.map((_, k) => mean(bySeed.map((rates) => rates[k])))];
        }),
      ),
    ]);
    return { monitors: Object.keys(scores), grid, curves: Object.fromEntries(curves), results };
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    const circumstances = { seeds, synthetic };
    const { results } = findings;
    const area = (subject: string, group: string) =>
      percentOf(figureIn(results, { subject, group, metric: AUROC }));
    return {
      table: aurocTable(findings, circumstances),
      figure: rocFigure(findings, circumstances),
      reading: `The area under the guard's curve is ${area("guard", "id")} on id and ${
        area("guard", "oodMean")
      } on average outside it, where 50% is chance. Fused with both detectors it is ${
        area(FUSED, "oodMean")
      } outside id, and the area under that of a bag of words is ${
        area("bag of words", "oodMean")
      }.`,
    };
  },
});

/** Shares of unsafe rows flagged where at most so many safe ones are. */
function ratesOn(grid: readonly number[], safe: Float64Array, unsafe: Float64Array): number[] {
  const curve = rocCurve(safe, unsafe);
  return grid.map((most) => curve.findLast(({ fpr }) => fpr <= most + 1e-12)!.tpr); // 1e-12 for binary fractions
}

/** A row a group: the area under each monitor's curve. */
function aurocTable(
  { monitors, results }: Findings,
  { seeds, synthetic }: Circumstances,
): Table {
  const lines = linesOf(results, monitors).filter(({ shift }) => !shift);
  return {
    title: "Area under the ROC curve",
    columns: ["group", "n", ...monitors],
    rows: lines.map(({ group, n }) => [
      group,
      String(n),
      ...monitors.map((monitor) => {
        const area = figureIn(results, { subject: monitor, group, metric: AUROC });
        const text = percentCell(area);
        return area === null || (area.low <= 0.5 && area.high >= 0.5)
          ? { text, level: "unsure" as const }
          : { text, level: area.low > 0.5 ? "good" as const : "bad" as const };
      }),
    ]),
    notes: [
      `AUROC in %, against ${results[monitors[0]].id.nSafe} safe ID rows, ${
        meanOver(seeds)
      }, [95% interval]; 50 is chance,`,
      "and below 50 unsafe rows look safer than safe ones. n counts unsafe rows.",
      ...syntheticNotes(synthetic),
    ],
  };
}

/** A panel a group, a line a monitor. */
function rocFigure(
  { monitors, grid, curves, results }: Findings,
  { seeds, synthetic }: Circumstances,
): Figure {
  const groups = linesOf(results, monitors).map(({ group }) => group)
    .filter((group) => group in curves[monitors[0]]);
  const values = monitors.flatMap((monitor) =>
    groups.flatMap((group) =>
      curves[monitor][group].map((tpr, k) => ({
        ...{ monitor, group },
        ...{ fpr: 100 * grid[k], tpr: 100 * tpr },
      }))
    )
  );
  const percent = (field: string, title: string) => ({
    ...{ field, type: "quantitative", title },
    scale: { domain: [0, 100] },
    axis: { values: [0, 25, 50, 75, 100] },
  });
  const x = percent("fpr", "safe ID rows flagged, %");
  const y = percent("tpr", "unsafe rows flagged, %");
  const diagonal = [{ fpr: 0, tpr: 0 }, { fpr: 100, tpr: 100 }];
  return {
    title: {
      text: TITLE,
      subtitle: `${meanOver(seeds)}, by group; dashed: chance${
        synthetic ? "; synthetic conversations" : ""
      }`,
    },
    data: { values },
    facet: { field: "group", type: "nominal", sort: groups, title: null },
    columns: 4,
    spec: {
      width: 150,
      height: 150,
      layer: [
        {
          data: { values: diagonal },
          mark: { type: "line", strokeDash: [4, 4], color: "#888", strokeWidth: 1 },
          encoding: { x, y },
        },
        {
          mark: { type: "line", strokeWidth: 1.5 },
          encoding: { x, y, color: { ...monitorColor(monitors), legend: LEGEND } },
        },
      ],
    },
  } as Figure;
}

const LEGEND = { labelLimit: 0 };

export default experiment;
if (import.meta.main) await runAsScript(experiment);
