import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { type ParquetRow, readParquet } from "./parquet.ts";
import { readRows } from "./row.ts";

const TESTDATA = join(import.meta.dirname!, "testdata");
const GOLDEN = join(TESTDATA, "suite/test.parquet");

const all = (path: string): Promise<ParquetRow[]> => Array.fromAsync(readParquet(path, () => true));

async function assertFails(path: string, expected: RegExp): Promise<void> {
  await assert.rejects(all(path), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, expected);
    return true;
  });
}

Deno.test("readParquet() numbers the rows through all row groups, labels as they stand", async () => {
  const rows = await all(GOLDEN);
  assert.deepEqual(rows.map(({ row }) => row), [1, 2, 3, 4, 5]);
  assert.deepEqual(rows.map(({ value }) => value.malign), [false, true, false, true, false]);
  assert.deepEqual(rows.map(({ value }) => value.id), ["b-0", "b-1", "b-2", "b-3", "b-4"]);
});

Deno.test("readParquet() reads a row group only when its rows are asked for, and no broken text", async () => {
  const rows = readParquet(join(TESTDATA, "bad_text.parquet"), () => true); // row groups of 2; the third row is no UTF-8
  assert.deepEqual([(await rows.next()).value?.row, (await rows.next()).value?.row], [1, 2]);
  await assert.rejects(
    rows.next(),
    /bad_text\.parquet" rows 3 to 4: it is no whole Parquet file of text in UTF-8/,
  );
});

Deno.test("readParquet() names a file that it cannot make sense of", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a.parquet");
  await assertFails(path, /a\.parquet": there is no such file/);
  for (const bytes of [new Uint8Array(), Deno.readFileSync(GOLDEN).slice(0, -40)]) {
    Deno.writeFileSync(path, bytes);
    await assertFails(path, /a\.parquet": it is no whole Parquet file/);
  }
});

Deno.test("readRows() names the row of a Parquet file whose column is wrong", async () => {
  const path = join(TESTDATA, "bad_label.parquet");
  await assert.rejects(
    readRows(path),
    /bad_label\.parquet" row 3: "malign" must be 0 or 1, got null/,
  );
});

Deno.test("readParquet() decodes the chosen columns only", async () => {
  const path = join(TESTDATA, "beside.parquet"); // bytes and a nested column beside the others
  const asked: [string, boolean][] = [];
  const wanted = ["id", "malign"];
  const rows = await Array.fromAsync(readParquet(path, (name, isData) => {
    asked.push([name, isData]);
    return wanted.includes(name);
  }));
  assert.deepEqual(asked.filter(([, isData]) => !isData).map(([name]) => name), [
    "screenshot",
    "meta",
  ]);
  assert.equal(JSON.stringify(rows[1].value), '{"id":1290473920184655874,"malign":true}');
  assert.deepEqual(rows.map(({ share }) => share), [0.25, 0.5, 0.75, 1]);
});

Deno.test("readRows() reads a file beside whose columns are bytes, and one without rows", async () => {
  const rows = await readRows(join(TESTDATA, "beside.parquet"));
  assert.deepEqual(rows.map(({ id, malign }) => [id, malign]), [
    ["1290473920184655873", 0],
    ["1290473920184655874", 1],
    ["1290473920184655875", 0],
    ["1290473920184655876", 1],
  ]);
  assert.deepEqual(await readRows(join(TESTDATA, "empty.parquet")), []);
});
