import assert from "node:assert/strict";
import { stackedTable } from "./stacked_table.ts";
import { renderTable } from "./table.ts";

Deno.test("stackedTable() puts tables under one another, narrow ones filled up and empty ones left out", () => {
  const table = stackedTable("Both", [
    { columns: ["recall", "id"], rows: [["guard", "41.1"]] },
    { columns: ["nothing", "at all", "here", "ever"], rows: [] },
    {
      columns: ["alarms", "twins", "others"],
      rows: [["guard", "1.7", { text: "0.0", level: "good" }]],
    },
  ], ["In %."]);
  for (const row of table.rows) assert.equal(row.length, table.columns.length);
  assert.deepEqual(renderTable(table).split("\n"), [
    "Both",
    "",
    "recall     id",
    "─────────────────────",
    "guard    41.1",
    "",
    "alarms  twins  others",
    "guard     1.7     0.0",
    "",
    "In %.",
    "",
  ]);
});
