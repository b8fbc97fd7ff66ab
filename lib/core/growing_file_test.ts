import assert from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openGrowingFile } from "./growing_file.ts";
import { temporaryFolder } from "./testing.ts";

const options = { key: "k", overwrite: false };

/** Opens, lets `use` write, and closes. */
async function withFile(
  path: string,
  use: (file: ReturnType<typeof openGrowingFile<number>>) => Promise<void> | void,
  given = options,
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

Deno.test("openGrowingFile() begins anew where the partial file or its mark is lost or damaged", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a.txt");
  const damages = [
    () => Deno.removeSync(`${path}.partial`),
    () => Deno.removeSync(`${path}.partial.json`),
    () => Deno.writeTextFileSync(`${path}.partial.json`, '{"by'),
    () => Deno.truncateSync(`${path}.partial`, 2),
  ];
  for (const damage of damages) {
    await withFile(path, (file) => file.append("one", 1));
    damage();
    await withFile(path, (file) => assert.equal(file.saved, undefined));
    assert.deepEqual(namesIn(temporary.path), []);
  }
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
