/**
 * Tables for the terminal. What stands in them may come from outside, so that control characters are escaped.
 *
 * @module
 */
import { styleText } from "node:util";
import { excerpt, readable } from "../core/foreign_text.ts";
import type { Interval } from "../stats/bootstrap.ts";

/** What a cell means at a glance: `unsure` where an interval decides nothing. */
export type Level = "good" | "bad" | "unsure";

/** A text, with its level where it has one. */
export type Cell = string | { text: string; level: Level };

/** A table of cells. */
export interface Table {
  /** Stands above the table, on a line of its own. */
  title: string;
  /** Headings; the first column is flush left, the others are flush right. */
  columns: string[];
  /** One list of cells a row, as many as columns. */
  rows: Cell[][];
  /** Sentences under the table: what the numbers are, and how sure. */
  notes: string[];
  /** The same with more columns or rows than are shown: what the table is as CSV. Default: what is shown. */
  full?: Table;
}

const COLOURS = { good: "green", bad: "red", unsure: "dim" } as const;

/**
 * Lays a table out: the first column flush left, the others flush right.
 *
 * @param table what to show.
 * @param coloured whether cells are coloured by their level. Defaults to false.
 * @returns lines of text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { renderTable } from "./table.ts";
 * const [columns, rows] = [["group", "n"], [["id", "500"]]];
 * const table = { title: "Recall", columns, rows, notes: ["In %."] };
 * assert.deepEqual(renderTable(table).split("\n"), [
 *   "Recall",
 *   "",
 *   "group    n",
 *   "──────────",
 *   "id     500",
 *   "",
 *   "In %.",
 *   "",
 * ]);
 * ```
 */
export function renderTable({ title, columns, rows, notes }: Table, coloured = false): string {
  const headings = columns.map((column) => excerpt(column));
  const widths = headings.map((heading, c) =>
    Math.max(heading.length, ...rows.map((row) => excerpt(textOf(row[c])).length))
  );
  const aligned = (cell: Cell, c: number) => {
    const shown = excerpt(textOf(cell));
    const text = c === 0 ? shown.padEnd(widths[c]) : shown.padStart(widths[c]);
    if (!coloured || typeof cell === "string") return text;
    return styleText(COLOURS[cell.level], text, { validateStream: false });
  };
  const line = (cells: Cell[]) => cells.map(aligned).join("  ").trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("──");
  const below = ["", ...notes.map(readable), ""];
  return [readable(title), "", line(headings), rule, ...rows.map(line), ...below].join("\n");
}

/**
 * Shows some columns of a table only; as CSV it keeps all.
 *
 * @param table with many columns.
 * @param shown whether a column is shown, by its heading.
 * @returns the table with fewer columns.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { withColumns } from "./table.ts";
 * const table = { title: "Recall", columns: ["group", "n"], rows: [["id", "500"]], notes: ["In %."] };
 * const { columns, rows, full } = withColumns(table, (heading) => heading !== "n");
 * assert.deepEqual([columns, rows, full], [["group"], [["id"]], table]);
 * ```
 */
export function withColumns(table: Table, shown: (heading: string) => boolean): Table {
  const kept = <C>(cells: readonly C[]) => cells.filter((_, c) => shown(table.columns[c]));
  return {
    ...table,
    columns: kept(table.columns),
    rows: table.rows.map(kept),
    notes: [...table.notes, ALL_AS_CSV],
    full: table,
  };
}

/** Says where the rest of a table is. */
export const ALL_AS_CSV = "All columns stand in the report's CSV.";

/**
 * What a cell says.
 *
 * @param cell with or without a level.
 * @returns its text, without colour.
 */
export function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

/**
 * A share with its interval, in percent.
 *
 * @param value the share and its bounds, from 0 to 1.
 * @returns the same times 100.
 */
export function inPercent({ estimate, low, high }: Interval): Interval {
  return { estimate: 100 * estimate, low: 100 * low, high: 100 * high };
}

/**
 * A share with its interval, in percent, as a cell.
 *
 * @param value the share and its bounds, from 0 to 1, NaN where it has none; null where it is not defined.
 * @returns such as `45.2 [41.0, 49.1]`, `45.2`, or `–`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { percentCell } from "./table.ts";
 * assert.equal(percentCell({ estimate: 0.452, low: 0.41, high: 0.491 }), "45.2 [41.0, 49.1]");
 * ```
 */
export function percentCell(value: Interval | null): string {
  if (value === null) return "–";
  const { estimate, low, high } = inPercent(value);
  if (Number.isNaN(low)) return estimate.toFixed(1);
  return `${estimate.toFixed(1)} [${low.toFixed(1)}, ${high.toFixed(1)}]`;
}
