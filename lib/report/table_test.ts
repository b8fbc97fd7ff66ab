import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { renderTable, type Table } from "./table.ts";

const table: Table = {
  title: "Recall",
  columns: ["group", "guard"],
  rows: [["id", { text: "45.2", level: "good" }], ["scheming", { text: "0.0", level: "unsure" }]],
  notes: ["In %."],
};

Deno.test("renderTable() aligns the first column left and the others right", () => {
  assert.equal(
    renderTable(table),
    "Recall\n\ngroup     guard\n───────────────\nid         45.2\nscheming    0.0\n\nIn %.\n",
  );
});

Deno.test("renderTable() in colour says the same, and aligns it the same", () => {
  const coloured = renderTable(table, true);
  assert.ok(coloured.includes("\x1b[32m 45.2\x1b[39m"), JSON.stringify(coloured)); // green
  assert.equal(stripVTControlCharacters(coloured), renderTable(table));
});

Deno.test("renderTable() lets no cell, note or title command the terminal, or fill it", () => {
  const hostile = "\x1b[2J\x9b31m\u202e\nx";
  const long = "x".repeat(1e6);
  const cells = { title: hostile, columns: [hostile, "n"], rows: [[hostile, long]] };
  const lines = renderTable({ ...cells, notes: [hostile, `Left out: "${long}".`] }).split("\n");
  assert.equal(lines.length, 9);
  assert.equal(lines[0], "\\u001b[2J\\u009b31m\\u202e\\nx");
  assert.match(lines[4], /^\\u001b\[2J\\u009b31m\\u202e x +x{200}…$/);
  assert.ok(lines[7].length < 250);
});
