import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../core/testing.ts";
import { openCatalogue } from "./catalogue.ts";

Deno.test("openCatalogue() begins with the guard, and lists what it does not know by name", () => {
  using temporary = temporaryFolder();
  const files = ["zebra", "fusion", "ape", "guard_generalization", "ape_test", "Not-One"];
  for (const name of files) Deno.writeTextFileSync(join(temporary.path, `${name}.ts`), "");
  const { names } = openCatalogue(temporary.path);
  assert.deepEqual(names, ["guard_generalization", "fusion", "ape", "zebra"]);
});
