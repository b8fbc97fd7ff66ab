import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { readRows, type Row } from "./row.ts";

const good = { id: "a-1", conversation: "\n\nHuman: hi", domain: "scheming", malign: 1 };

async function read(...rows: unknown[]): Promise<Row[]> {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "rows.jsonl");
  Deno.writeTextFileSync(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  return await readRows(path);
}

async function assertFails(rows: unknown[], message: RegExp, remedy = /./): Promise<void> {
  await assert.rejects(() => read(...rows), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    return true;
  });
}

Deno.test("readRows() keeps the columns of a row and drops others", async () => {
  assert.deepEqual(await read({ ...good, score: 3 }), [good]);
  const scene = { ...good, scene: "scheming/quiet-backup" };
  assert.deepEqual(await read(scene), [scene]);
});

Deno.test("readRows() takes `safe` for the opposite of `malign`", async () => {
  const { malign: _, ...rest } = good;
  const rows = await read({ ...rest, safe: 1 }, { ...rest, id: "a-2", safe: 0 }, {
    ...good,
    id: "a-3",
    safe: 0,
  });
  assert.deepEqual(rows.map((row) => row.malign), [0, 1, 1]);
});

Deno.test("readRows() names the line and the fault of a bad row", async () => {
  const { malign: _, ...unlabelled } = good;
  await assertFails(
    [good, unlabelled],
    /line 2: the column "malign" is missing/,
    /id, conversation/,
  );
  await assertFails([{ ...good, id: undefined }], /line 1: the column "id" is missing/);
  await assertFails([{ ...good, id: 7 }], /"id" must be text that is not empty, got 7/);
  await assertFails(
    [{ ...good, conversation: " \n" }],
    /"conversation" must be text that is not empty/,
  );
  for (const malign of [2, "1", true, null, 0.5]) {
    await assertFails([{ ...good, malign }], /"malign" must be 0 or 1, got/);
  }
  await assertFails([{ ...good, safe: 1 }], /contradict/);
  await assertFails([good, good], /line 2: the id "a-1" stands on line 1 already/);
  await assertFails(
    [{ ...good, domain: "sycofantic" }],
    /unknown domain/,
    /Did you mean "sycophantic"\?/,
  );
  await assertFails([[1]], /line 1: it is no JSON object/);
});
