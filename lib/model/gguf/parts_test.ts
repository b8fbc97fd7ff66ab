import assert from "node:assert/strict";
import { isGguf, partNames } from "./parts.ts";

Deno.test("partNames() counts the parts of a split model, in a folder too", () => {
  assert.deepEqual(partNames("a/m-00002-of-00002.gguf"), [
    "a/m-00001-of-00002.gguf",
    "a/m-00002-of-00002.gguf",
  ]);
  for (const single of ["m.gguf", "m-1-of-2.gguf", "m-00001-of-00002.safetensors"]) {
    assert.deepEqual(partNames(single), [single]);
  }
});

Deno.test("isGguf() goes by the ending", () => {
  assert.deepEqual(["a/m.gguf", "gguf", "m.gguf/", ""].map(isGguf), [true, false, false, false]);
});
