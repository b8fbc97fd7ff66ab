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
  await assertFails([{ ...good, id: true }], /"id" must be text that is not empty, got true/);
  await assertFails(
    [{ ...good, conversation: " \n" }],
    /"conversation" must be text that is not empty/,
  );
  await assertFails(
    [{ ...good, conversation: "\n\nHuman:  \n\nAssistant: \u200b" }],
    /"conversation" must say something/,
  );
  for (const malign of [2, "1", "true", null, 0.5]) {
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

Deno.test("readRows() takes whole numbers of any size as ids, and truth values as labels", async () => {
  using temporary = temporaryFolder();
  const path = `${temporary.path}/rows.jsonl`;
  const line = (id: string, label: string) =>
    `{"id": ${id}, "conversation": "Hi", "domain": "scheming", ${label}}`;
  const lines = [
    line("7", '"malign": true'),
    line("1290473920184655873", '"malign": false'),
    line("1290473920184655874", '"safe": false'),
  ];
  Deno.writeTextFileSync(path, lines.join("\n"));
  const rows = await readRows(path);
  assert.deepEqual(rows.map(({ id, malign }) => [id, malign]), [
    ["7", 1],
    ["1290473920184655873", 0],
    ["1290473920184655874", 1],
  ]);
  Deno.writeTextFileSync(path, [...lines, line('"7"', '"malign": 0')].join("\n"));
  await assert.rejects(readRows(path), /line 4: the id "7" stands on line 1 already/);
});

Deno.test("readRows() replaces lone surrogates, and says so once", async () => {
  using temporary = temporaryFolder();
  const path = `${temporary.path}/rows.jsonl`;
  const line = (id: string) =>
    String.raw`{"id": "${id}", "conversation": "Hi \ud83d", "domain": "scheming", "malign": 1}`;
  Deno.writeTextFileSync(path, `${line("a")}\n${line("b")}\n`);
  const said: string[] = [];
  const rows = await readRows(path, (message) => said.push(message));
  assert.deepEqual(rows.map(({ conversation }) => conversation), ["Hi \ufffd", "Hi \ufffd"]);
  assert.equal(said.length, 1);
  assert.match(said[0], /rows\.jsonl" has 2 lone surrogates/);
});
