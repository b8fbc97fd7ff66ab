import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { temporaryFolder } from "../../core/testing.ts";
import { loraParameters, trainedAdapter } from "../lora.ts";
import { ALL_PROJECTIONS } from "../config.ts";
import { type Parameters, parametersOf } from "../parameters.ts";
import { writeAdapterFile } from "./adapter_file.ts";
import { readGguf } from "./gguf.ts";
import { readHeader } from "./header.ts";
import { tensorParameter } from "./tensors.ts";
import { ggufBytes, TINY_SETTINGS, TINY_TENSORS } from "./testing.ts";

const LORA = { rank: 2, alpha: 6, projections: ALL_PROJECTIONS, firstBlock: 0 };

/** Writes the smallest llama, and says where its adapter is to be. */
function writeBase(folder: string): { base: string; path: string } {
  const base = join(folder, "base.gguf");
  Deno.writeFileSync(base, ggufBytes({ settings: TINY_SETTINGS, tensors: [...TINY_TENSORS] }));
  return { base, path: join(folder, "adapter.gguf") };
}

/** Updates of the smallest llama, every value another one. */
function trainedOn(path: string): Parameters {
  let next = 1;
  return parametersOf(
    loraParameters(readGguf(path).config, LORA).map(({ name, shape }) => ({
      name,
      shape,
      data: Float32Array.from({ length: shape[0] * shape[1] }, () => next++),
    })),
  );
}

Deno.test("writeAdapterFile() writes updates under llama.cpp's names, scaled, in the order of the model's file", () => {
  using temporary = temporaryFolder();
  const { base, path } = writeBase(temporary.path);
  const trained = trainedOn(base);
  writeAdapterFile(path, trainedAdapter(trained, LORA, "tiny"), base);

  const { metadata, tensors } = readHeader(path);
  const settings = ["general.architecture", "general.type", "adapter.type"];
  assert.deepEqual(settings.map((key) => metadata.text(key)), ["llama", "adapter", "lora"]);
  assert.equal(tensors.length, 2 * ALL_PROJECTIONS.length);
  const read = (name: string, interleaved?: number) =>
    tensorParameter(tensors.find((tensor) => tensor.name === name)!, { name, interleaved }).data;
  const weight = (name: string) => trained.get(`model.layers.0.${name}.weight`)!.data;
  assert.deepEqual(read("blk.0.ffn_down.weight.lora_a"), weight("mlp.down_proj.lora_A"));
  const tripled = (name: string) => weight(name).map((value) => 3 * value);
  assert.deepEqual(read("blk.0.ffn_up.weight.lora_b"), tripled("mlp.up_proj.lora_B"));
  const queries = "blk.0.attn_q.weight.lora_b";
  assert.deepEqual(read(queries, 4), tripled("self_attn.q_proj.lora_B"));
  const [a, b] = [0, 2].map((row) =>
    tripled("self_attn.q_proj.lora_B").slice(2 * row, 2 * row + 2)
  );
  assert.deepEqual(read(queries).slice(0, 4), Float32Array.of(...a, ...b)); // rows 0 and 0 + 4/2 are neighbours
});

Deno.test("writeAdapterFile() refuses what is no update of the model's weights", () => {
  using temporary = temporaryFolder();
  const { base, path } = writeBase(temporary.path);
  const trained = trainedOn(base);
  const write = (parameters: Parameters) => () =>
    writeAdapterFile(path, trainedAdapter(parameters, LORA, "tiny"), base);
  const head = { name: "score.weight", shape: [1, 8], data: new Float32Array(8) };
  assert.throws(write(parametersOf([...trained.values(), head])), UserError);
  const other = [...trained.values()].map((p) => ({ ...p, name: p.name.replace(".0.", ".1.") }));
  assert.throws(write(parametersOf(other)), UserError);
  const wide = [...trained.values()].map((p) => {
    if (!p.name.endsWith("up_proj.lora_A.weight")) return p;
    return { ...p, shape: [2, 16], data: new Float32Array(32) };
  });
  assert.throws(write(parametersOf(wide)), {
    name: "UserError",
    message: /up_proj.weight must have shape \(4, 8\), got \(4, 16\)/,
  });
});
