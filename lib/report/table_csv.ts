/**
 * Tables as CSV (RFC 4180), for spreadsheets and data frames.
 *
 * @module
 */
import { type Cell, type Table, textOf } from "./table.ts";

/** An estimate with its interval, as `percentCell` writes it. */
const INTERVAL = /^(-?[\d.]+) \[(-?[\d.]+), (-?[\d.]+)\]$/;

/**
 * Writes a table; a column with intervals becomes three: the estimate, and its low and high end.
 *
 * @param table what to write; its title and notes are left out.
 * @returns lines that end in CR LF, the columns' names first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tableCsv } from "./table_csv.ts";
 * const rows = [["id", "41.1 [24.9, 55.6]"], ["a, b", "–"]];
 * assert.deepEqual(tableCsv({ title: "", columns: ["group", "guard"], rows, notes: [] }).split("\r\n"), [
 *   "group,guard,guard low,guard high",
 *   "id,41.1,24.9,55.6",
 *   '"a, b",–,,',
 *   "",
 * ]);
 * ```
 */
export function tableCsv({ columns, rows }: Table): string {
  const isWide = columns.map((_, c) => rows.some((row) => INTERVAL.test(textOf(row[c]))));
  const head = columns.flatMap((name, c) =>
    isWide[c] ? [name, `${name} low`, `${name} high`] : name
  );
  const cells = (cell: Cell, c: number) => {
    const text = textOf(cell);
    return isWide[c] ? INTERVAL.exec(text)?.slice(1) ?? [text, "", ""] : [text];
  };
  return [head, ...rows.map((row) => row.flatMap(cells))]
    .map((line) => line.map(quoted).join(",") + "\r\n").join("");
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
