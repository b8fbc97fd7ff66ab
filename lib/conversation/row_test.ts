import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { readRows, type Row } from "./row.ts";

const good = { id: "a-1", conversation: "\n\nHuman: hi", domain: "scheming", malign: 1 };

function read(...rows: unknown[]): Row[] {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "rows.jsonl");
  Deno.writeTextFileSync(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  return readRows(path);
}

function assertFails(rows: unknown[], message: RegExp, remedy = /./): void {
  assert.throws(() => read(...rows), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    return true;
  });
}

Deno.test("readRows() keeps the columns of a row and drops others", () => {
  assert.deepEqual(read({ ...good, score: 3 }), [good]);
  const scene = { ...good, scene: "scheming/quiet-backup" };
  assert.deepEqual(read(scene), [scene]);
});

Deno.test("readRows() takes `safe` for the opposite of `malign`", () => {
  const { malign: _, ...rest } = good;
  const rows = read({ ...rest, safe: 1 }, { ...rest, id: "a-2", safe: 0 }, {
    ...good,
    id: "a-3",
    safe: 0,
  });
  assert.deepEqual(rows.map((row) => row.malign), [0, 1, 1]);
});

Deno.test("readRows() names the line and the fault of a bad row", () => {
  const { malign: _, ...unlabelled } = good;
  assertFails([good, unlabelled], /line 2: the column "malign" is missing/, /id, conversation/);
  assertFails([{ ...good, id: undefined }], /line 1: the column "id" is missing/);
  assertFails([{ ...good, id: 7 }], /"id" must be text that is not empty, got 7/);
  assertFails([{ ...good, conversation: " \n" }], /"conversation" must be text that is not empty/);
  for (const malign of [2, "1", true, null, 0.5]) {
    assertFails([{ ...good, malign }], /"malign" must be 0 or 1, got/);
  }
  assertFails([{ ...good, safe: 1 }], /contradict/);
  assertFails([good, good], /line 2: the id "a-1" stands on line 1 already/);
  assertFails(
    [{ ...good, domain: "sycofantic" }],
    /unknown domain/,
    /Did you mean "sycophantic"\?/,
  );
  assertFails([[1]], /line 1: it is no JSON object/);
});
