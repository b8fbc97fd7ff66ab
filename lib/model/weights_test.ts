import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../core/testing.ts";
import { writeSafetensors } from "./safetensors.ts";
import { readWeights } from "./weights.ts";

const a = { name: "a", shape: [2], data: Float32Array.of(1, 2) };
const b = { name: "b", shape: [1, 1], data: Float32Array.of(3) };

function writeIndex(folder: string, weightMap: unknown): void {
  const text = JSON.stringify({ metadata: { total_size: 12 }, weight_map: weightMap });
  Deno.writeTextFileSync(join(folder, "model.safetensors.index.json"), text);
}

Deno.test("readWeights() finds weights in one file and in shards alike", () => {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  writeSafetensors(join(folder, "one.safetensors"), [a]);
  writeSafetensors(join(folder, "two.safetensors"), [b]);
  writeIndex(folder, { a: "one.safetensors", b: "two.safetensors" });
  assert.deepEqual([...readWeights(folder).values()], [a, b]);
  writeSafetensors(join(folder, "model.safetensors"), [b, a]);
  assert.deepEqual([...readWeights(folder).values()], [b, a]);
});

Deno.test("readWeights() names what is missing", () => {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  assert.throws(() => readWeights(folder), /Cannot read ".*model\.safetensors": there is no such/);
  writeSafetensors(join(folder, "one.safetensors"), [a]);
  writeIndex(folder, { a: "one.safetensors", b: "two.safetensors" });
  assert.throws(() => readWeights(folder), /but "two\.safetensors" is missing$/);
  writeIndex(folder, { a: "one.safetensors", b: "one.safetensors" });
  assert.throws(() => readWeights(folder), /but weight "b" is not in "one\.safetensors"$/);
  writeIndex(folder, { a: "../one.safetensors" });
  assert.throws(() => readWeights(folder), /but "\.\.\/one\.safetensors" is missing$/);
  writeIndex(folder, undefined);
  assert.throws(() => readWeights(folder), /it must be JSON with a "weight_map"/);
});
