/**
 * What does each monitor cost in false alarms on harmless conversations of a new kind?
 *
 * An out-of-distribution detector reacts to what is new, whether it is bad or not. MOOD (arXiv 2605.21602) tests new kinds of
 * misalignment only; here every monitor, with its threshold at 1% of the safe ID rows, also meets safe rows of domains
 * that the training split does not hold, among them the benign twin of each failure: conversations of the same shape. What a
 * monitor flags of a failure beyond what it flags of its twin is what it knows besides the shape. Weights of the fusion are chosen on the ID rows that are reported on, as in the paper.
 *
 *     deno task reproduce --only benign_shift
 *
 * @module
 */
import type { z } from "zod";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { TWINS } from "../lib/conversation/domains.ts";
import { contrastsOf, FLAGGED } from "../lib/evaluation/contrasts.ts";
import { contrastIn, figureIn } from "../lib/evaluation/findings.ts";
import {
  chanceLine,
  type Circumstances,
  meanOver,
  monitorColor,
  type Results,
  shortened,
  syntheticNotes,
} from "../lib/experiment/recall_table.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { evaluated, list, text } from "../lib/experiment/findings_schema.ts";
import { fuse, FUSED, PARTS, scoredParts } from "../lib/workbench/fused.ts";
import { comparison, percentOf } from "../lib/experiment/reading.ts";
import { baselineScores } from "../lib/workbench/scores.ts";
import { ALARMS, evaluate, RECALL } from "../lib/evaluation/evaluation.ts";
import type { Figure } from "../lib/report/figure.ts";
import { inPercent, percentCell, type Table, withColumns } from "../lib/report/table.ts";

const TITLE = "False alarms on benign shifts";

/** What the artifact holds; `shifts` are the domains outside ID with safe rows, in the order of the table. */
const findings = evaluated({ shifts: list(text()) });
type Findings = z.infer<typeof findings>;

/** What the fusion flags on a shift beyond what the guard does. */
const extraAlarms = (group: string) => ({ first: FUSED, second: "guard", group, metric: ALARMS });

/** How much more of a failure than of its benign twin a monitor flags. */
const overTwin = (subject: string, first: string, second: string) => ({
  subject,
  first,
  second,
  metric: FLAGGED,
});

const experiment = defineExperiment({
  name: "benign_shift",
  question: "What does each monitor cost in false alarms on harmless conversations of a new kind?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
  },
  findings,
  needs: (bench) => partsOver(bench, "test"),
  async run(bench, { resamples }, own) {
    const parts = await scoredParts(bench, "test");
    const scores = {
      ...parts.scores,
      [FUSED]: fuse(PARTS, parts, parts).scores,
      ...await baselineScores(bench, "test"),
    };
    const evaluation = evaluate(bench.suite.test, scores, {
      streamName: own("bootstrap"),
      resamples,
    });
    const { results } = evaluation;
    const shifts = Object.keys(results.guard).filter((group) =>
      group !== "id" && ALARMS in results.guard[group].metrics
    );
    const monitors = Object.keys(scores);
    const twins = Object.entries(TWINS).filter((pair) =>
      pair.every((name) => name in results.guard)
    );
    const contrasts = contrastsOf(evaluation, [
      ...shifts.map(extraAlarms),
      ...monitors.flatMap((subject) =>
        twins.map(([first, second]) => overTwin(subject, first, second))
      ),
    ]);
    return { monitors, shifts, results, contrasts };
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    const circumstances = { seeds, synthetic };
    return {
      table: withColumns(
        alarmTable(findings, circumstances),
        (heading) => !TRIVIAL.includes(heading),
      ),
      figure: alarmFigure(findings, circumstances),
      reading: readingOf(findings),
    };
  },
});

/** The monitor that flags most, and what the fusion costs, each on the shift where that is most. */
function readingOf({ monitors, shifts, results, contrasts }: Findings): string {
  const pairs = monitors.flatMap((monitor) => shifts.map((shift) => ({ monitor, shift })));
  if (pairs.length === 0) return "This suite has no harmless conversations of a new kind.";
  const alarms = ({ monitor, shift }: typeof pairs[number]) =>
    figureIn(results, { subject: monitor, group: shift, metric: ALARMS });
  const most = pairs.reduce((a, b) => alarms(b)!.estimate > alarms(a)!.estimate ? b : a);
  const guard = shifts.map((shift) => ({ monitor: "guard", shift }))
    .reduce((a, b) => alarms(b)!.estimate > alarms(a)!.estimate ? b : a);
  return `At a threshold of 1% false alarms on id, ${most.monitor} flags ${
    percentOf(alarms(most))
  } of ${most.shift}, and the guard no more than ${
    percentOf(alarms(guard))
  } of any shift. Against the guard, the fusion's false alarms on ${most.shift} are ${
    comparison(contrastIn(contrasts, extraAlarms(most.shift)))
  }.`;
}

/** How many safe rows a shift has. */
function safeRowsOf({ guard }: Results, shift: string): number {
  return guard[shift].nOwnSafe ?? guard[shift].nSafe;
}

/** Monitors that are shown in the figure, and as CSV. */
const TRIVIAL = ["bag of words", "length"];

/** A row a shift: false alarms, and for twins how much more is flagged of the failure; then the recall that they buy. */
function alarmTable(
  { monitors, shifts, results, contrasts }: Findings,
  { seeds, synthetic }: Circumstances,
): Table {
  const cell = (subject: string, group: string, metric: string) =>
    percentCell(figureIn(results, { subject, group, metric }));
  return {
    title: TITLE,
    columns: ["safe rows", "n", ...monitors],
    rows: [
      ...shifts.flatMap((shift) => [
        [shift, String(safeRowsOf(results, shift)), ...monitors.map((m) => cell(m, shift, ALARMS))],
        ...failuresOf(shift, results).map((failure) => [
          `  ${shortened(failure)} beyond it`,
          "",
          ...monitors.map((m) => percentCell(contrastIn(contrasts, overTwin(m, failure, shift)))),
        ]),
      ]),
      ["oodMean recall", "", ...monitors.map((m) => cell(m, "oodMean", RECALL))],
    ],
    notes: [
      `Share of n safe rows flagged, in %, with the threshold at 1% of ${results.guard.id.nSafe} safe ID rows: low is good.`,
      "beyond it: how much more is flagged, in points, of the failure whose benign twin it is: high is good.",
      `oodMean recall: at that threshold, mean over misaligned domains outside ID. Estimates: ${
        meanOver(seeds)
      }, [95% interval].`,
      ...shifts.length > 0 ? [] : ["This suite has no safe rows outside ID."],
      ...syntheticNotes(synthetic),
    ],
  };
}

/** The failure that a shift is the benign twin of, where both were measured. */
function failuresOf(shift: string, results: Results): string[] {
  return Object.entries(TWINS)
    .filter(([failure, twin]) => twin === shift && failure in results.guard)
    .map(([failure]) => failure);
}

/** False alarms against recall: a panel for each shift, a point with two intervals for each monitor. */
function alarmFigure(
  { monitors, shifts, results }: Findings,
  { seeds, synthetic }: Circumstances,
): Figure {
  const axis = (name: string, scale: unknown, title: string) => ({
    estimate: { field: name, type: "quantitative", scale, title },
    low: { field: `${name}Low`, type: "quantitative" },
    high: { field: `${name}High` },
  });
  const x = axis("alarms", { domain: [0, 100] }, "false alarms, %");
  const y = axis("recall", { zero: true }, "oodMean recall, %");
  const color = { ...monitorColor(monitors), legend: { labelLimit: 0 } };
  const panel = (shift: string) => ({
    title: {
      text: `${shift} (${safeRowsOf(results, shift)} safe rows)`,
      fontSize: 12,
      fontWeight: "normal",
    },
    width: 220,
    height: 220,
    data: { values: pointsOf(results, monitors, shift) },
    layer: [
      chanceLine("x"),
      {
        mark: { type: "point", filled: true, size: 45 },
        encoding: { x: x.estimate, y: y.estimate, color },
      },
      { mark: "rule", encoding: { x: x.low, x2: x.high, y: y.estimate, color } },
      { mark: "rule", encoding: { x: x.estimate, y: y.low, y2: y.high, color } },
    ],
  });
  return {
    title: {
      text: TITLE,
      subtitle: `thresholds at 1% of safe ID rows (dashed); ${meanOver(seeds)}, 95% intervals${
        synthetic ? "; synthetic conversations" : ""
      }`,
    },
    concat: shifts.map(panel),
    columns: 3,
  } as Figure;
}

function pointsOf(results: Results, monitors: readonly string[], shift: string) {
  return monitors.flatMap((monitor) => {
    const alarms = figureIn(results, { subject: monitor, group: shift, metric: ALARMS });
    const recall = figureIn(results, { subject: monitor, group: "oodMean", metric: RECALL });
    if (alarms === null || recall === null) return [];
    const [x, y] = [alarms, recall].map(inPercent);
    return [{
      monitor,
      ...{ alarms: x.estimate, alarmsLow: x.low, alarmsHigh: x.high },
      ...{ recall: y.estimate, recallLow: y.low, recallHigh: y.high },
    }];
  });
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
