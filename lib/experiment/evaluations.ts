/**
 * How experiments show evaluations: recall per group as a table and as a figure.
 *
 * @module
 */
import type { GroupResult } from "../monitor/evaluation.ts";
import { type Figure, monitorScale } from "../report/figure.ts";
import { percentCell, type Table } from "../report/table.ts";

/** Results by monitor, then by group. */
export type Results = Record<string, Record<string, GroupResult>>;

const RECALL = "recall@0.01";
const ALARMS = "fpr@0.01";

/** What {@linkcode recallTable} and {@linkcode recallFigure} say besides the numbers. */
export interface Caption {
  title: string;
  /** Seeds that are averaged over. */
  seeds: number;
  synthetic: boolean;
}

/**
 * Recall at 1% FPR of every monitor on every group, and the false-positive rate on benign shifts.
 *
 * @param results what to show.
 * @param caption title and circumstances.
 * @returns the table, in percent with 95% intervals.
 */
export function recallTable(results: Results, { title, seeds, synthetic }: Caption): Table {
  const monitors = Object.keys(results);
  const groups = Object.entries(results[monitors[0]]);
  const isShift = ([, { nUnsafe }]: [string, GroupResult]) => nUnsafe === 0;
  const row = (metric: string) => ([group, { nSafe, nUnsafe }]: [string, GroupResult]) => [
    group,
    String(nUnsafe || nSafe),
    ...monitors.map((monitor) => percentCell(results[monitor][group].metrics[metric] ?? null)),
  ];
  const shifts = groups.filter(isShift).map(row(ALARMS)).map((
    [name, ...cells],
  ) => [`${name} (safe)`, ...cells]);
  const notes = [
    `Recall (TPR) in % at 1% FPR on the ${
      groups[0][1].nSafe
    } safe ID rows, mean of ${seeds} seeds, [95% interval];`,
    "n counts unsafe rows. overall: mean over groups with id; oodMean: without id.",
    ...shifts.length > 0
      ? ["(safe): false-positive rate in % at the same threshold on benign shifts; low is good."]
      : [],
    ...synthetic ? ["Conversations of this suite are synthetic."] : [],
  ];
  return {
    title,
    columns: ["group", "n", ...monitors],
    rows: [...groups.filter((g) => !isShift(g)).map(row(RECALL)), ...shifts],
    notes,
  };
}

/**
 * The same as a figure: for every group a point and an interval for each monitor.
 *
 * @param results what to show.
 * @param caption title and circumstances.
 * @returns a Vega-Lite specification.
 */
export function recallFigure(results: Results, { title, seeds, synthetic }: Caption): Figure {
  const monitors = Object.keys(results);
  const values = monitors.flatMap((monitor) =>
    Object.entries(results[monitor]).flatMap(([group, { nUnsafe, nSafe, metrics }]) => {
      const value = metrics[nUnsafe > 0 ? RECALL : ALARMS];
      if (!value) return [];
      const panel = nUnsafe > 0
        ? "recall at 1% FPR: high is good"
        : "false alarms on safe shifts: low is good";
      return [{ monitor, panel, group: `${group} (${nUnsafe || nSafe})`, ...percentages(value) }];
    })
  );
  const y = {
    field: "group",
    type: "nominal",
    sort: null,
    title: "group (rows)",
    axis: { grid: true },
  };
  const offset = { field: "monitor", type: "nominal", sort: monitors };
  const color = {
    field: "monitor",
    type: "nominal",
    scale: monitorScale(monitors),
    sort: monitors,
  };
  const x = {
    type: "quantitative",
    scale: { domain: [0, 100] },
    title: "% of rows flagged, with 95% interval",
  };
  const chance = {
    mark: { type: "rule", strokeDash: [4, 4], color: "#888" },
    encoding: { x: { datum: 1 } },
  };
  return {
    title: {
      text: title,
      subtitle: `mean of ${seeds} seeds; dashed: 1%, chance level${
        synthetic ? "; synthetic conversations" : ""
      }`,
    },
    data: { values },
    facet: {
      row: {
        field: "panel",
        type: "nominal",
        sort: null,
        title: null,
        header: { labelAngle: 0, labelAnchor: "start", labelOrient: "top" },
      },
    },
    resolve: { scale: { y: "independent" } },
    spec: {
      width: 420,
      height: { step: 8 },
      layer: [
        chance,
        {
          mark: { type: "rule" },
          encoding: { y, yOffset: offset, color, x: { ...x, field: "low" }, x2: { field: "high" } },
        },
        {
          mark: { type: "point", filled: true, size: 30 },
          encoding: { y, yOffset: offset, color, x: { ...x, field: "estimate" } },
        },
      ],
    },
  } as Figure;
}

function percentages({ estimate, low, high }: { estimate: number; low: number; high: number }) {
  return { estimate: 100 * estimate, low: 100 * low, high: 100 * high };
}
