/**
 * Do the published tables of MOOD add up?
 *
 * `overall` is meant as the plain mean of a row's groups, `id` included. Each figure is rounded, so the mean of the rounded
 * groups may be off by half a unit of the last place, and `overall` by another half: more than one unit is an
 * inconsistency. Nothing is trained or measured here; the figures are the paper's (arXiv 2605.21602), of
 * monitors many times larger than ours on other conversations.
 *
 *     deno task reproduce --only published_tables
 *
 * @module
 */
import type { z } from "zod";
import { join } from "node:path";
import { mean } from "mathjs/number";
import { UserError } from "../lib/core/errors.ts";
import { readText } from "../lib/core/files.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { shortened } from "../lib/experiment/recall_table.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { fields, flag, list, number, text } from "../lib/experiment/findings_schema.ts";
import type { Figure } from "../lib/report/figure.ts";
import { type Table, withColumns } from "../lib/report/table.ts";

/** Recall at 1% FPR in percent, by monitor in the order of the groups. */
interface PublishedTable {
  name: string;
  recall: Record<string, number[]>;
}

/** A published row and its arithmetic, in percent. */
const checkedRow = fields({
  table: text(),
  monitor: text(),
  /** In the order of the groups, `overall` last. */
  recall: list(number()),
  /** Mean of the groups before `overall`. */
  mean: number(),
  /** Published `overall` less that mean. */
  excess: number(),
  /** Whether rounding explains the excess. */
  addsUp: flag(),
});
type CheckedRow = z.infer<typeof checkedRow>;

/** A figure that the first table gives otherwise than a later one. */
const disagreement = fields({
  monitor: text(),
  group: text(),
  first: number(),
  other: number(),
  table: text(),
});
type Disagreement = z.infer<typeof disagreement>;

/** What the artifact holds. */
const findings = fields({
  groups: list(text()),
  rows: list(checkedRow),
  disagreements: list(disagreement),
});
type Findings = z.infer<typeof findings>;

const TITLE = "Published recall of MOOD's monitors";

const experiment = defineExperiment({
  name: "published_tables",
  question:
    "Is overall the mean of its groups in the published tables, and do their sources agree?",
  config: {
    file: "data/published/mood.json", // the tables, from the root of the repository
    lastPlace: 0.1, // percent; figures are rounded to it
  },
  findings,
  // deno-lint-ignore require-await
  async run(_bench, { file, lastPlace }) {
    const path = join(import.meta.dirname!, "..", file);
    const { groups, tables }: { groups: string[]; tables: PublishedTable[] } = JSON.parse(
      readText(path),
    );
    const rows = tables.flatMap(({ name, recall }) =>
      Object.entries(recall).map(([monitor, row]) => {
        if (row.length === groups.length) return checkRow(name, monitor, row, lastPlace);
        throw new UserError(
          `Cannot read "${file}": "${monitor}" in "${name}" must have ${groups.length} figures, got ${row.length}`,
          "Give one figure for each group.",
        );
      })
    );
    return { groups, rows, disagreements: disagreements(groups, tables) };
  },
  show({ findings }) {
    const { rows, disagreements } = findings;
    return {
      table: withColumns(tableOf(findings), (heading) => SHOWN.includes(heading)),
      figure: figureOf(findings),
      reading: `Of ${rows.length} published rows ${
        rows.filter(({ addsUp }) => addsUp).length
      } add up within rounding. Where sources give the same figure, ${disagreements.length} differ.`,
    };
  },
});

function checkRow(table: string, monitor: string, recall: number[], lastPlace: number): CheckedRow {
  const parts = recall.slice(0, -1);
  const average = mean(parts);
  const excess = recall.at(-1)! - average;
  const addsUp = Math.abs(excess) <= lastPlace + 1e-9; // 1e-9 for binary fractions
  return { table, monitor, recall, mean: average, excess, addsUp };
}

function disagreements(groups: string[], [first, ...others]: PublishedTable[]): Disagreement[] {
  return others.flatMap(({ name, recall }) =>
    Object.entries(recall).flatMap(([monitor, row]) =>
      row.flatMap((other, g) => {
        const figure = first.recall[monitor]?.[g] ?? other;
        return figure === other
          ? []
          : [{ monitor, group: groups[g], first: figure, other, table: name }];
      })
    )
  );
}

/** Columns that say whether a row adds up. */
const SHOWN = ["table: monitor", "id", "overall", "mean", "excess", "adds up"];

function tableOf({ groups, rows, disagreements }: Findings): Table {
  const amiss = rows.filter(({ addsUp }) => !addsUp);
  const [{ table: first }] = rows;
  return {
    title: `${TITLE} (Gemma-2 9B; another experiment than ours)`,
    columns: ["table: monitor", ...groups.map(shortened), "mean", "excess", "adds up"],
    rows: rows.map((row) => [
      nameOf(row),
      ...row.recall.map((value) => value.toFixed(1)),
      row.mean.toFixed(2),
      signed(row.excess),
      row.addsUp ? "yes" : "NO",
    ]),
    notes: [
      "Recall (TPR) in % at 1% FPR, as published, without intervals; fc: function-calling.",
      `mean: of the ${
        groups.length - 1
      } groups, id included; excess: published overall less that mean.`,
      `${rows.length - amiss.length} of ${rows.length} rows add up within rounding.`,
      ...amiss.map((row) => `${nameOf(row)} does not${likelyOrigin(row, rows)}.`),
      ...disagreements.map(({ monitor, group, first: figure, other, table }) =>
        `${monitor}, ${group}: ${figure.toFixed(1)} in ${first}, ${other.toFixed(1)} in ${table}.`
      ),
    ],
  };
}

/** Where a row's `overall` may come from: the same monitor's row in another table that has the same and adds up. */
function likelyOrigin({ monitor, recall }: CheckedRow, rows: CheckedRow[]): string {
  const origin = rows.find((row) =>
    row.monitor === monitor && row.addsUp && row.recall.at(-1) === recall.at(-1)
  );
  return origin === undefined ? "" : `; its overall is the mean of the row in ${origin.table}`;
}

function figureOf({ groups, rows }: Findings): Figure {
  const values = rows.flatMap((row) =>
    row.recall.map((recall, g) => ({
      row: nameOf(row),
      group: groups[g],
      recall,
      label: recall.toFixed(1) + (groups[g] === "overall" && !row.addsUp ? "*" : ""),
    }))
  );
  const cell = {
    x: {
      field: "group",
      type: "nominal",
      sort: groups,
      title: null,
      axis: { orient: "top", labelAngle: -35, labelLimit: 400 },
    },
    y: {
      field: "row",
      type: "nominal",
      sort: rows.map(nameOf),
      title: null,
      axis: { labelLimit: 400 },
    },
  };
  const color = {
    field: "recall",
    type: "quantitative",
    scale: { scheme: "blues", domain: [0, 100] },
    title: "recall, %",
  };
  const ink = { condition: { test: "datum.recall > 55", value: "white" }, value: "black" };
  return {
    title: {
      text: `${TITLE}, in % at 1% FPR`,
      subtitle: [
        "Gemma-2 9B on MOOD: another experiment than ours; no intervals were published; chance level 1%",
        "overall: mean of the groups, id included; *: not so, by more than rounding",
      ],
    },
    data: { values },
    width: { step: 58 },
    height: { step: 20 },
    layer: [
      { mark: { type: "rect" }, encoding: { ...cell, color } },
      {
        mark: { type: "text", fontSize: 10 },
        encoding: { ...cell, text: { field: "label" }, color: ink },
      },
    ],
  } as Figure;
}

/** The table first, since a monitor stands in several. */
function nameOf({ table, monitor }: CheckedRow): string {
  return `${table}: ${monitor}`;
}

function signed(value: number): string {
  return (value < 0 ? "" : "+") + value.toFixed(2);
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
