import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../core/testing.ts";
import { openWeightFile } from "./weight_file.ts";

Deno.test("openWeightFile() removes what killed runs left, and no file that is held", () => {
  using temporary = temporaryFolder();
  const { path: folder } = temporary;
  const left = join(folder, `weights-${crypto.randomUUID()}`);
  const stranger = join(folder, "weights-mine");
  for (const path of [left, stranger]) {
    Deno.writeTextFileSync(path, "x");
    Deno.utimeSync(path, new Date(0), new Date(0));
  }
  using held = openWeightFile(folder);
  Deno.utimeSync(join(folder, held.name), new Date(0), new Date(0));
  {
    using other = openWeightFile(folder);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["weights-mine", held.name, other.name].sort());
  }
  assert.equal([...Deno.readDirSync(folder)].length, 2);
});
