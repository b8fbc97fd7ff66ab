import assert from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { UserError } from "./errors.ts";
import { type GrowingFileOptions, openGrowingFile } from "./growing_file.ts";
import { temporaryFolder } from "./testing.ts";

const options = { key: "k", overwrite: false };

/** Opens, lets `use` write, and closes. */
async function withFile(
  path: string,
  use: (file: ReturnType<typeof openGrowingFile<number>>) => Promise<void> | void,
  given: GrowingFileOptions = options,
): Promise<void> {
  using file = openGrowingFile<number>(path, given);
  await use(file);
}

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("openGrowingFile() gives the file its name at the end, and leaves nothing else", async () => {
  using temporary = temporaryFolder();
  const folder = join(temporary.path, "new", "folder");
  const path = join(folder, "a.txt");
  await withFile(path, async (file) => {
    file.append("one ", 1);
    file.append("zwö", 2);
    assert.deepEqual(namesIn(folder), ["a.txt.partial", "a.txt.partial.json"]);
    await file.finish();
  });
  assert.equal(Deno.readTextFileSync(path), "one zwö");
  assert.deepEqual(namesIn(folder), ["a.txt"]);
});

Deno.test("openGrowingFile() goes on behind the last piece whose mark was written", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a.txt.gz");
  await withFile(path, (file) => {
    assert.equal(file.saved, undefined);
    file.append("one ", 1);
  });
  Deno.writeTextFileSync(`${path}.partial`, "one torn");
  await withFile(path, async (file) => {
    assert.equal(file.saved, 1);
    file.append("two", 2);
    await file.finish();
  });
  assert.equal(gunzipSync(Deno.readFileSync(path)).toString(), "one two");
  assert.deepEqual(namesIn(temporary.path), ["a.txt.gz"]);
});

Deno.test("openGrowingFile() begins anew, and says so, where what was begun was changed", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a.txt");
  const [partial, mark] = [`${path}.partial`, `${path}.partial.json`];
  const changed = (file: string, from: string, to: string) =>
    Deno.writeTextFileSync(file, Deno.readTextFileSync(file).replace(from, to));
  const damages = [
    () => Deno.removeSync(partial),
    () => Deno.truncateSync(partial, 2),
    () => changed(partial, "one", "two"), // as long as before
    () => changed(mark, '"state":1', '"state":2'),
    () => changed(mark, '"bytes":3', '"bytes":"many"'),
  ];
  for (const damage of damages) {
    await withFile(path, (file) => file.append("one", 1));
    damage();
    const said: string[] = [];
    const say = (message: string) => void said.push(message);
    await withFile(path, (file) => assert.equal(file.saved, undefined), { ...options, say });
    assert.match(said.join(), /^What an earlier run left of ".*a\.txt" was changed since; it is/);
    assert.deepEqual(namesIn(temporary.path), []);
  }
});

Deno.test("openGrowingFile() leaves a stranger's files and links alone", () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a.txt");
  const theirs = join(temporary.path, "theirs");
  const ends = [".partial", ".partial.json"];
  for (const end of ends) {
    for (const overwrite of [false, true]) {
      for (const text of ["precious", '{"by', "null", '{"key":"k","bytes":3,"state":1}']) {
        Deno.writeTextFileSync(path + end, text);
        assert.throws(() => openGrowingFile(path, { key: "k", overwrite }), (error: UserError) => {
          assert.match(error.message, /a\.txt": it would grow as .* was not written by this task$/);
          assert.match(error.remedy, /another output, or move that file away/);
          return true;
        });
        assert.equal(Deno.readTextFileSync(path + end), text);
        assert.deepEqual(namesIn(temporary.path), [`a.txt${end}`]);
      }
      Deno.removeSync(path + end);
      for (const text of ["", "precious", undefined]) {
        if (text !== undefined) Deno.writeTextFileSync(theirs, text);
        Deno.symlinkSync(theirs, path + end);
        assert.throws(() => openGrowingFile(path, { key: "k", overwrite }), /would grow as/);
        if (text !== undefined) assert.equal(Deno.readTextFileSync(theirs), text);
        Deno.removeSync(path + end);
        if (text !== undefined) Deno.removeSync(theirs);
      }
      assert.deepEqual(namesIn(temporary.path), []);
    }
  }
  Deno.symlinkSync(theirs, path); // to nothing
  assert.throws(() => openGrowingFile(path, options), /a\.txt": it exists/);
});

Deno.test("openGrowingFile() sweeps what a killed run left beside the file", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a.txt");
  Deno.writeTextFileSync(`${path}.partial.json.tmp-00000000`, "{");
  Deno.writeTextFileSync(`${path}.tmp-00000000`, "{");
  Deno.writeTextFileSync(`${path}.tmp-mine`, "{");
  await withFile(path, () => {});
  assert.deepEqual(namesIn(temporary.path), ["a.txt.tmp-mine"]);
});

Deno.test("openGrowingFile() refuses a finished file, another key and a second writer", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a.txt");
  await withFile(path, (file) => {
    file.append("one", 1);
    assert.throws(() => openGrowingFile(path, options), /another process is writing it/);
  });
  const other = { key: "other", overwrite: false };
  assert.throws(() => openGrowingFile(path, other), /was begun with another monitor or other/);
  await withFile(path, (file) => assert.equal(file.saved, 1)); // still there
  await withFile(path, (file) => {
    assert.equal(file.saved, undefined);
    file.append("new", 1);
    return file.finish();
  }, { key: "other", overwrite: true });
  assert.throws(() => openGrowingFile(path, options), /a\.txt": it exists/);
  assert.equal(Deno.readTextFileSync(path), "new");
  const replacing = { key: "k", overwrite: true };
  // a folder is not replaced
  assert.throws(() => openGrowingFile(temporary.path, replacing), /it exists/);
});
