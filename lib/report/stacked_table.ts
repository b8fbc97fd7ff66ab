/**
 * Several small tables under one another as one, for what is read together and has the same width.
 *
 * @module
 */
import type { Cell, Table } from "./table.ts";

/** One of the tables. */
export interface Block {
  /** Its headings. */
  columns: string[];
  /** Its rows, each with as many cells as headings. */
  rows: Cell[][];
}

/**
 * Stacks tables.
 *
 * @param title of all.
 * @param blocks at least one with rows; those without are left out.
 * @param notes under all.
 * @returns the first block's table, with an empty row and a row of headings before each of the others.
 */
export function stackedTable(title: string, blocks: readonly Block[], notes: string[]): Table {
  const [first, ...others] = blocks.filter(({ rows }) => rows.length > 0);
  const width = Math.max(...[first, ...others].map(({ columns }) => columns.length));
  const filled = <C extends Cell>(cells: C[]) => [
    ...cells,
    ...new Array<string>(width - cells.length).fill(""),
  ];
  return {
    title,
    columns: filled(first.columns),
    rows: [
      ...first.rows.map(filled),
      ...others.flatMap(({ columns, rows }) => [filled([]), filled(columns), ...rows.map(filled)]),
    ],
    notes,
  };
}
