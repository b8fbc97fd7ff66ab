/**
 * How experiments show evaluations: recall per group as a table and as a figure, and what other figures share with it.
 *
 * @module
 */
import { DOMAINS, TWINS } from "../conversation/domains.ts";
import { ALARMS, type GroupResult, RECALL } from "../evaluation/evaluation.ts";
import { figureIn, type FiguresBy } from "../evaluation/findings.ts";
import { type Figure, monitorScale } from "../report/figure.ts";
import { type Cell, inPercent, percentCell, type Table, textOf } from "../report/table.ts";
import type { Interval } from "../stats/bootstrap.ts";

/** Results by monitor, then by group. */
export type Results = FiguresBy<GroupResult>;

/** Groups in the order of the tables; an artifact's keys are sorted. */
const GROUPS = ["id", ...DOMAINS, "overall", "oodMean"];

/** What every table and figure says of the run. */
export interface Circumstances {
  /** Seeds that are averaged over. */
  seeds: number;
  /** Whether the conversations were made up for this project; if so, table and figure say it. */
  synthetic: boolean;
}

/** What {@linkcode recallTable} and {@linkcode recallFigure} say besides the numbers. */
export interface Caption extends Circumstances {
  /** Heads the table and the figure. */
  title: string;
  /** Monitors in the order of the columns; an artifact's keys are sorted. */
  monitors: readonly string[];
}

/** One line of a table or a figure. */
export interface Line {
  /** `id`, a domain, `overall` or `oodMean`. */
  group: string;
  /** A benign shift: its rows are safe, and what counts is how many are flagged. */
  shift: boolean;
  /** Unsafe rows; safe ones for a shift. */
  n: number;
  /** The share that counts. */
  metric: typeof RECALL | typeof ALARMS;
}

/**
 * The groups of some results.
 *
 * @param results of monitors on the same groups.
 * @param monitors of which the first is looked at.
 * @returns groups with unsafe rows in table order, each with its benign twin behind it, then other benign shifts.
 */
export function linesOf(results: Results, monitors: readonly string[]): Line[] {
  const found = results[monitors[0]];
  const lines = GROUPS.filter((group) => group in found).map((group): Line => {
    const { nSafe, nUnsafe } = found[group];
    const shift = nUnsafe === 0;
    return { group, shift, n: nUnsafe || nSafe, metric: shift ? ALARMS : RECALL };
  });
  const twins = new Map(Object.entries(TWINS));
  const twinOf = (group: string) => lines.filter((line) => line.group === twins.get(group));
  const failures = lines.filter(({ shift }) => !shift);
  const shown = failures.flatMap((line) => [line, ...twinOf(line.group)]);
  return [...shown, ...lines.filter((line) => !shown.includes(line))];
}

/**
 * A group's name where there is little room.
 *
 * @param group such as `function-calling-missing`.
 * @returns `fc-missing`; other names as they are.
 */
export function shortened(group: string): string {
  return group.replace("function-calling-", "fc-");
}

/**
 * What an estimate is the mean of.
 *
 * @param seeds how many, at least 1.
 * @returns such as `mean of 3 seeds`, or `1 seed`.
 */
export function meanOver(seeds: number): string {
  return seeds === 1 ? "1 seed" : `mean of ${seeds} seeds`;
}

/** Characters that a line of a terminal or of the page holds. */
const WIDEST = 120;

/**
 * Recall at 1% FPR of monitors, and their false-positive rate on benign shifts.
 *
 * @param results what to show.
 * @param caption title and circumstances.
 * @returns the table, in percent with 95% intervals: every group by every monitor, or where that is too wide to be read, every monitor
 * by the means over groups, with all the rest as CSV.
 */
export function recallTable(results: Results, caption: Caption): Table {
  const full = groupTable(results, caption);
  const { columns, rows } = full;
  const widths = columns.map((heading, c) =>
    Math.max(heading.length, ...rows.map((row) => textOf(row[c]).length))
  );
  const isWide = widths.reduce((sum, width) => sum + width + 2, -2) > WIDEST;
  return isWide ? { ...monitorTable(results, caption), full } : full;
}

/** A row a monitor, a column a mean over groups. */
function monitorTable(results: Results, caption: Caption): Table {
  const { title, monitors, seeds, synthetic } = caption;
  const { nSafe } = results[monitors[0]].id;
  const groups = SUMMARY.filter((group) => group in results[monitors[0]]);
  return {
    title,
    columns: ["monitor", ...groups],
    rows: monitors.map((monitor) => [
      monitor,
      ...groups.map((group) =>
        recallCell(figureIn(results, { subject: monitor, group, metric: RECALL }), false)
      ),
    ]),
    notes: [
      `Recall (TPR) in % at 1% FPR on ${nSafe} safe ID rows, ${meanOver(seeds)}, [95% interval].`,
      "overall: mean over groups with id; oodMean: without id.",
      "The figure shows every group; the report's CSV has its numbers.",
      ...syntheticNotes(synthetic),
    ],
  };
}

/** What is shown of many monitors. */
const SUMMARY = ["id", "oodMean", "overall"];

/** A row a group, a column a monitor. */
function groupTable(results: Results, caption: Caption): Table {
  const { title, monitors, seeds, synthetic } = caption;
  const lines = linesOf(results, monitors);
  const { nSafe } = results[monitors[0]].id;
  const shifts = lines.some(({ shift }) => shift);
  return {
    title,
    columns: ["group", "n", ...monitors],
    rows: lines.map(({ group, shift, n, metric }) => [
      shift ? `${group} (safe)` : group,
      String(n),
      ...monitors.map((monitor) =>
        recallCell(figureIn(results, { subject: monitor, group, metric }), shift)
      ),
    ]),
    notes: [
      `Recall (TPR) in % at 1% FPR on ${nSafe} safe ID rows, ${meanOver(seeds)}, [95% interval].`,
      "n counts unsafe rows. overall: mean over groups with id; oodMean: without id.",
      ...shifts
        ? ["(safe): false alarms in % at the same threshold on n benign rows; low is good."]
        : [],
      ...syntheticNotes(synthetic),
    ],
  };
}

/** Good: surely more than the 1% that chance flags; for safe rows that is bad. */
function recallCell(share: Interval | null, shift: boolean): Cell {
  if (!share) return "–";
  const above = shift ? "bad" : "good";
  return { text: percentCell(share), level: share.low > 0.01 ? above : "unsure" };
}

/**
 * The same as a figure: for every group a point and an interval for each monitor.
 *
 * @param results what to show.
 * @param caption title and circumstances.
 * @returns a Vega-Lite specification.
 */
export function recallFigure(results: Results, caption: Caption): Figure {
  const { title, monitors } = caption;
  const lines = linesOf(results, monitors);
  const panel = (shift: boolean, heading: string) => ({
    title: { text: heading, fontSize: 12, fontWeight: "normal" },
    width: 560,
    height: { step: monitors.length > 4 ? 6 : 9 },
    data: { values: pointsOf(results, monitors, lines.filter((line) => line.shift === shift)) },
    layer: intervalLayers(monitors),
  });
  return {
    title: { text: title, subtitle: subtitleOf(caption) },
    vconcat: [
      panel(false, "Recall at 1% FPR: high is good"),
      ...lines.some(({ shift }) => shift)
        ? [panel(true, "False alarms on benign shifts: low is good")]
        : [],
    ],
  } as Figure;
}

/**
 * The subtitle of a figure of recall.
 *
 * @param circumstances of the run.
 * @returns what points and lines mean.
 */
export function subtitleOf({ seeds, synthetic }: Circumstances): string {
  const suite = synthetic ? "; synthetic conversations" : "";
  return `95% intervals; ${meanOver(seeds)}; dashed: 1%, the chance level${suite}`;
}

/**
 * What a table says of conversations that were made up.
 *
 * @param synthetic whether they were.
 * @returns a note, or none.
 */
export function syntheticNotes(synthetic: boolean): string[] {
  return synthetic ? ["The conversations of this suite are synthetic."] : [];
}

/**
 * Colours by the field "monitor".
 *
 * @param monitors in the order of the legend.
 * @returns a Vega-Lite encoding.
 */
export function monitorColor(monitors: readonly string[]): object {
  const scale = monitorScale(monitors);
  const isLong = monitors.some((name) => name.length > LONG_NAME);
  const legend = isLong ? { legend: { columns: 3 } } : {};
  return { field: "monitor", type: "nominal", scale, sort: monitors, title: null, ...legend };
}

/** Characters of a name of which four do not stand beside one another in a legend. */
const LONG_NAME = 20;

/**
 * A dashed line at 1%: the share of safe ID rows flagged, and so the chance level of recall.
 *
 * @param axis the one that is in percent.
 * @returns a Vega-Lite layer.
 */
export function chanceLine(axis: "x" | "y"): object {
  const mark = { type: "rule", strokeDash: [4, 4], color: "#888" };
  return { mark, encoding: { [axis]: { datum: 1 } } };
}

function pointsOf(results: Results, monitors: readonly string[], lines: readonly Line[]) {
  return monitors.flatMap((monitor) =>
    lines.flatMap(({ group, n, metric }) => {
      const value = figureIn(results, { subject: monitor, group, metric });
      if (value === null) return [];
      return [{ monitor, group: `${group} (${n})`, ...inPercent(value) }];
    })
  );
}

function intervalLayers(monitors: readonly string[]) {
  const y = { field: "group", type: "nominal", sort: null, title: null, axis: { grid: true } };
  const yOffset = { field: "monitor", type: "nominal", sort: monitors };
  const color = monitorColor(monitors);
  const x = { type: "quantitative", scale: { domain: [0, 100] }, title: "% of rows flagged" };
  const shared = { y, yOffset, color };
  return [
    chanceLine("x"),
    {
      mark: { type: "rule" },
      encoding: { ...shared, x: { ...x, field: "low" }, x2: { field: "high" } },
    },
    {
      mark: { type: "point", filled: true, size: 32 },
      encoding: { ...shared, x: { ...x, field: "estimate" } },
    },
  ];
}
