/**
 * Recall of many monitors on all groups at a glance, gathered from the artifacts of several experiments.
 *
 * @module
 */
import type { Figure } from "../report/figure.ts";
import { percentCell, type Table } from "../report/table.ts";
import type { Artifact } from "../experiment/experiment.ts";
import { type Line, linesOf, type Results, shortened } from "../experiment/recall_table.ts";

const TITLE = "Recall by monitor and domain, in % at 1% FPR";

/** Experiments whose monitors are variants of one, and are compared in figures of their own. */
const VARIANTS = ["lambda_protocol", "pooling_and_layer", "scaling"];

/** All monitors at a glance. */
export interface HeatMap {
  /** A Vega-Lite specification. */
  figure: Figure;
  /** Its numbers, with their intervals: a row a monitor. */
  numbers: Table;
}

/**
 * Draws recall by monitor and domain, and false alarms on benign shifts. A monitor that several experiments have is
 * taken from the first.
 *
 * @param artifacts of experiments; those that evaluated no monitors are left out.
 * @returns the figure and its numbers; undefined where no artifact has monitors.
 */
export function recallHeatMap(artifacts: readonly Artifact[]): HeatMap | undefined {
  const evaluated = artifacts.filter(({ experiment }) => !VARIANTS.includes(experiment))
    .flatMap(({ findings }) => isEvaluation(findings) ? [findings] : []);
  if (evaluated.length === 0) return undefined;
  const monitors = [...new Set(evaluated.flatMap(({ monitors }) => monitors))];
  const results: Results = Object.assign({}, ...evaluated.toReversed().map((of) => of.results));
  return { figure: figureOf(artifacts, results, monitors), numbers: numbersOf(results, monitors) };
}

/** A column a group, benign shifts marked as in the other tables. */
function numbersOf(results: Results, monitors: readonly string[]): Table {
  const lines = linesOf(results, monitors);
  return {
    title: TITLE,
    columns: ["monitor", ...lines.map(({ group, shift }) => shift ? `${group} (safe)` : group)],
    rows: monitors.map((monitor) => [
      monitor,
      ...lines.map(({ group, metric }) =>
        percentCell(results[monitor][group]?.metrics[metric] ?? null)
      ),
    ]),
    notes: [],
  };
}

function figureOf(
  artifacts: readonly Artifact[],
  results: Results,
  monitors: readonly string[],
): Figure {
  const lines = linesOf(results, monitors);
  const isSynthetic = artifacts.some(({ suite }) => suite.synthetic);
  const shifts = lines.filter(({ shift }) => shift);
  const panel = (of: Line[], title: string, scheme: string, labelled: boolean) => ({
    title: { text: title, fontSize: 12, fontWeight: "normal", anchor: "start" },
    width: { step: 33 },
    height: { step: 20 },
    data: { values: cellsOf(results, monitors, of) },
    layer: cellLayers(monitors, of, scheme, labelled),
  });
  return {
    title: {
      text: TITLE,
      subtitle: `1 is the chance level; fc: function-calling${
        isSynthetic ? "; synthetic conversations" : ""
      }; intervals stand in the tables`,
    },
    hconcat: [
      panel(lines.filter(({ shift }) => !shift), "Recall: high is good", "blues", true),
      ...shifts.length > 0 ? [panel(shifts, "False alarms: low is good", "oranges", false)] : [],
    ],
    resolve: { scale: { color: "independent" } },
  } as Figure;
}

function isEvaluation(
  findings: unknown,
): findings is { monitors: readonly string[]; results: Results } {
  const { monitors, results } = findings as { monitors?: unknown; results?: unknown };
  return Array.isArray(monitors) && typeof results === "object" && results !== null;
}

function cellsOf(results: Results, monitors: readonly string[], lines: readonly Line[]) {
  return monitors.flatMap((monitor) =>
    lines.flatMap(({ group, metric }) => {
      const value = results[monitor][group]?.metrics[metric];
      if (!value) return [];
      const percent = 100 * value.estimate;
      return [{
        monitor,
        group: shortened(group),
        percent,
        label: percent.toFixed(percent < 9.95 ? 1 : 0),
      }];
    })
  );
}

function cellLayers(
  monitors: readonly string[],
  lines: readonly Line[],
  scheme: string,
  labelled: boolean,
) {
  const x = {
    field: "group",
    type: "nominal",
    sort: lines.map(({ group }) => shortened(group)),
    title: null,
    axis: { orient: "top", labelAngle: -40, labelLimit: 400, domain: false, ticks: false },
  };
  const axis = labelled ? { labelLimit: 400, domain: false, ticks: false } : null;
  const y = { field: "monitor", type: "nominal", sort: monitors, title: null, axis };
  const color = {
    field: "percent",
    type: "quantitative",
    scale: { type: "sqrt", domain: [0, 100], scheme }, // most recall is low: a linear scale would be pale
    legend: null,
  };
  const ink = { condition: { test: "datum.percent > 40", value: "white" }, value: "black" };
  return [
    { mark: { type: "rect", stroke: "white" }, encoding: { x, y, color } },
    {
      mark: { type: "text", fontSize: 10 },
      encoding: { x, y, text: { field: "label" }, color: ink },
    },
  ];
}
