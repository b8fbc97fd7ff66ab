/**
 * Tables for the terminal.
 *
 * @module
 */
import type { Interval } from "../stats/bootstrap.ts";

/** A table of text cells. */
export interface Table {
  /** Stands above the table, on a line of its own. */
  title: string;
  /** Headings; the first column is flush left, the others are flush right. */
  columns: string[];
  /** One list of cells a row, as many as columns. */
  rows: string[][];
  /** Sentences under the table: what the numbers are, and how sure. */
  notes: string[];
}

/**
 * Lays a table out: the first column flush left, the others flush right.
 *
 * @param table what to show.
 * @returns lines of text.
 */
export function renderTable({ title, columns, rows, notes }: Table): string {
  const widths = columns.map((column, c) =>
    Math.max(column.length, ...rows.map((row) => row[c].length))
  );
  const line = (cells: string[]) =>
    cells.map((cell, c) => c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])).join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("──");
  return [title, "", line(columns), rule, ...rows.map(line), "", ...notes, ""].join("\n");
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
 * @param value the share and its bounds, from 0 to 1; null where it is not defined.
 * @returns such as `45.2 [41.0, 49.1]`, or `–`.
 */
export function percentCell(value: Interval | null): string {
  if (value === null) return "–";
  const { estimate, low, high } = inPercent(value);
  return `${estimate.toFixed(1)} [${low.toFixed(1)}, ${high.toFixed(1)}]`;
}
