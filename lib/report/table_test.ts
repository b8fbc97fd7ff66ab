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
