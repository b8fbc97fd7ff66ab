import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../core/testing.ts";
import { gather } from "../graph/gather.ts";
import { matmul } from "../graph/matmul.ts";
import { flattenRows } from "../graph/shape_ops.ts";
import { input } from "../graph/tensor.ts";
import { causalMask } from "../runtime/batches.ts";
import { openSession } from "../runtime/session.ts";
import { applyAdapter, readAdapter } from "./adapter.ts";
import { type Model, readCheckpoint } from "./checkpoint.ts";
import { embed, hiddenStates } from "./decoder.ts";
import { constantWeights, EMBEDDING, outputName, SCORE } from "./parameters.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import outputGolden from "./testdata/adapter_output_golden.json" with { type: "json" };
import golden from "./testdata/adapter_golden.json" with { type: "json" };

const folderOf = (name: string) =>
  fileURLToPath(new URL(`testdata/adapter/${name}`, import.meta.url));
const base = folderOf("base");

/** Logits at the last token of each golden case. */
async function lastLogits({ config, head, parameters }: Model): Promise<number[][]> {
  const weights = constantWeights(parameters);
  const tokens = input("tokens", ["B", "T"], "int64");
  const states = hiddenStates(embed(tokens, weights), weights, config);
  const last = gather(flattenRows(states[config.layers]), input("last", ["B"], "int64"));
  const logits = matmul(last, weights(head === "guard" ? SCORE : outputName(config)), {
    transB: true,
  });
  await using session = await openSession({ logits }, { threads: 1 });
  return await Promise.all(golden.cases.map(async (ids) => {
    const { logits } = await session.run({
      tokens: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
      mask: causalMask(ids.length),
      last: { data: BigInt64Array.of(BigInt(ids.length - 1)), dims: [1] },
    });
    return [...logits.data];
  }));
}

/** Runs `use` with a copy of an adapter whose settings and weights are changed. */
function withChanged(
  settings: Record<string, unknown>,
  rename: (name: string) => string,
  use: (folder: string) => void,
): void {
  using temporary = temporaryFolder();
  const config = JSON.parse(Deno.readTextFileSync(join(folderOf("guard"), "adapter_config.json")));
  Deno.writeTextFileSync(
    join(temporary.path, "adapter_config.json"),
    JSON.stringify({ ...config, ...settings }),
  );
  const { parameters } = readSafetensors(join(folderOf("guard"), "adapter_model.safetensors"));
  writeSafetensors(
    join(temporary.path, "adapter_model.safetensors"),
    [...parameters.values()].map(({ name, shape, data }) => ({ name: rename(name), shape, data })),
  );
  use(temporary.path);
}

for (const [name, head] of [["guard", "guard"], ["patterns", "language-model"]] as const) {
  Deno.test(`readCheckpoint() merges an adapter as peft does (${name})`, async () => {
    const model = readCheckpoint(base, { adapter: folderOf(name) });
    assert.equal(model.head, head);
    const found = (await lastLogits(model)).flat();
    const expected = golden[name].flat();
    assert.equal(found.length, expected.length);
    found.forEach((v, i) => assert.ok(Math.abs(v - expected[i]) < 1e-4, `${v}, ${expected[i]}`));
  });
}

for (const { name, settings, shapes, logits } of outputGolden) {
  Deno.test(`readCheckpoint() gives a tied model's logits as peft does (${name})`, async () => {
    using temporary = temporaryFolder();
    Deno.writeTextFileSync(join(temporary.path, "adapter_config.json"), JSON.stringify(settings));
    writeSafetensors(
      join(temporary.path, "adapter_model.safetensors"),
      Object.entries(shapes).map(([name, shape]) => ({
        name: `base_model.model.${name}`,
        shape,
        data: Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i)),
      })),
    );
    const found = (await lastLogits(readCheckpoint(base, { adapter: temporary.path }))).flat();
    const expected = logits.flat();
    assert.equal(found.length, expected.length);
    found.forEach((v, i) => assert.ok(Math.abs(v - expected[i]) < 1e-3, `${v}, ${expected[i]}`));
  });
}

Deno.test("readAdapter() knows a decoder's weights beside a vision tower, and leaves those for images out", () => {
  const known = [...readAdapter(folderOf("guard")).updates.keys()];
  for (const prefix of ["model.language_model.", "language_model.model.", ""]) {
    const other = (name: string) =>
      name.replace("base_model.model.model.", `base_model.model.${prefix}`);
    withChanged({}, other, (folder) => {
      assert.deepEqual([...readAdapter(folder).updates.keys()], known, prefix);
    });
  }
  const seen = (name: string) =>
    name.replace("base_model.model.model.layers.0", "base_model.model.model.vision_tower.layers.0");
  withChanged({}, seen, (folder) => {
    const updates = [...readAdapter(folder).updates.keys()];
    assert.deepEqual(updates, known.filter((name) => name.includes("layers.1")));
  });
  const unread = (name: string) =>
    name.replace("base_model.model.", "base_model.model.vision_tower.");
  withChanged({}, unread, (folder) => {
    assert.throws(() => readAdapter(folder), /it must change how text is read/);
  });
});

Deno.test("applyAdapter() says why an adapter does not fit where it is for no other model either", () => {
  const { parameters } = readCheckpoint(base);
  const other = (name: string) => name.replace("score.weight", "classifier.dense.weight");
  withChanged({}, other, (folder) => {
    assert.throws(() => applyAdapter(parameters, readAdapter(folder)), {
      name: "UserError",
      message: /it changes "classifier\.dense\.weight", which no decoder of ours has$/,
    });
  });
  withChanged({}, (name) => name.replace("score.weight", "lm_head.weight"), (folder) => {
    assert.throws(() => applyAdapter(parameters, readAdapter(folder)), {
      message: /trained with a vocabulary of 2 tokens, and the model has 40$/,
    });
  });
});

Deno.test("readAdapter() knows peft's other names of the same weights", () => {
  const known = readAdapter(folderOf("guard"));
  const other = (name: string) =>
    name.replace(/lora_([AB])\.weight/, "lora_$1.default.weight")
      .replace("score.weight", "score.modules_to_save.default.weight");
  withChanged({}, other, (folder) => {
    const { updates, replacements } = readAdapter(folder);
    assert.deepEqual([...updates.keys()], [...known.updates.keys()]);
    assert.deepEqual(replacements.get(SCORE)!.data, known.replacements.get(SCORE)!.data);
  });
});

Deno.test("applyAdapter() names what does not fit, and the model that would", () => {
  const adapter = readAdapter(folderOf("guard"));
  const { parameters } = readCheckpoint(base);
  const query = "model.layers.0.self_attn.q_proj.weight";
  const refuses = (parts: typeof parameters, message: RegExp) =>
    assert.throws(() => applyAdapter(parts, adapter), {
      name: "UserError",
      message,
      remedy: /"tiny\/base"/,
    });
  const wide = { name: query, shape: [32, 16], data: new Float32Array(512) };
  refuses(
    new Map(parameters).set(query, wide),
    /weight "model\.layers\.0\.self_attn\.q_proj\.weight" to have shape \(16,16\), got \(32,16\)$/,
  );
  const without = new Map(parameters);
  without.delete(query);
  refuses(without, /q_proj\.weight" to have shape \(16,16\), got none$/);
  const wideEmbedding = { name: EMBEDDING, shape: [40, 32], data: new Float32Array(1280) };
  refuses(
    new Map(parameters).set(EMBEDDING, wideEmbedding),
    /"score\.weight" to have shape \(2,16\), got \(2,32\)$/,
  );
});

Deno.test("readCheckpoint() refuses an adapter whose head has other labels than safe and unsafe", () => {
  withChanged({}, (name) => name, (folder) => {
    const path = join(folder, "adapter_model.safetensors");
    const { parameters } = readSafetensors(path);
    const score = { name: "base_model.model.score.weight", shape: [3, 16] };
    const three = new Map(parameters).set(score.name, { ...score, data: new Float32Array(48) });
    writeSafetensors(path, three.values());
    assert.throws(
      () => readCheckpoint(base, { adapter: folder }),
      /a guard must have 1 label .* got 3$/,
    );
  });
});

Deno.test("readAdapter() refuses other kinds of adapter, and says why", () => {
  const same = (name: string) => name;
  const cases: [Record<string, unknown>, (name: string) => string, RegExp][] = [
    [{ peft_type: "IA3" }, same, /a plain LoRA adapter, but "peft_type" is "IA3"$/],
    [{ use_dora: true }, same, /but "use_dora" is set$/],
    [{ loftq_config: { loftq_bits: 4 } }, same, /but "loftq_config" is set$/],
    [{ bias: "all" }, same, /but "bias" is "all"$/],
    [{ init_lora_weights: "pissa" }, same, /but "init_lora_weights" is "pissa"$/],
    [
      {},
      (name) => name.replace("lora_A.weight", "lora_magnitude_vector"),
      /but it holds ".*vector"/,
    ],
    [{}, (name) => name.replace("0.mlp.up_proj.lora_B", "0.mlp.other.lora_B"), /must fit.* none$/],
    [{ lora_alpha: "8" }, same, /"lora_alpha" must be a number, got "8"$/],
    [{ alpha_pattern: { q_proj: "8" } }, same, /"alpha_pattern.q_proj" must be a number, got "8"$/],
    [{ alpha_pattern: { "(.*)*x": 8 } }, same, /"alpha_pattern" must have plain patterns/],
    [{ alpha_pattern: { "(": 8 } }, same, /"alpha_pattern" must have plain patterns/],
    [{ peft_type: { toString: 1 } }, same, /"peft_type" must be text, got/],
  ];
  for (const [settings, rename, message] of cases) {
    withChanged(settings, rename, (folder) => {
      assert.throws(() => readAdapter(folder), { name: "UserError", message });
    });
  }
});
