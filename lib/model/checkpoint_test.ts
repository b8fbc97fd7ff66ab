import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/errors.ts";
import { readBytes } from "../core/files.ts";
import { temporaryFolder } from "../core/testing.ts";
import { matmul } from "../graph/matmul.ts";
import { input } from "../graph/tensor.ts";
import { causalMask } from "../runtime/batches.ts";
import { openSession } from "../runtime/session.ts";
import { type Head, modelParameters, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { embed, guardLogits, hiddenStates } from "./decoder.ts";
import {
  constantWeights,
  countParameters,
  EMBEDDING,
  flattenParameters,
  initialParameters,
  OUTPUT,
  SCORE,
  splitParameters,
} from "./parameters.ts";
import { writeSafetensors } from "./safetensors.ts";
import golden from "./testdata/golden.json" with { type: "json" };

const heads: Head[] = ["language-model", "guard"];
const folderOf = (head: Head) => fileURLToPath(new URL(`testdata/${head}`, import.meta.url));
const tokens = { padId: 0, bosId: 1, eosId: 2 };

/** Runs `use` with a copy of the guard's checkpoint. */
function withCopy(use: (folder: string) => void): void {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  writeCheckpoint(folder, readCheckpoint(folderOf("guard")), tokens);
  use(folder);
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) assert.ok(Math.abs(found[i] - expected[i]) < 1e-4);
}

/** What a conversation alone, without padding, is fed as. */
const feedOf = (ids: readonly number[]) => ({
  tokens: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
  mask: causalMask(ids.length),
  last: { data: BigInt64Array.of(BigInt(ids.length - 1)), dims: [1] },
});

Deno.test("readCheckpoint() gives a language model with the logits that transformers gives", async () => {
  const { config, parameters } = readCheckpoint(folderOf("language-model"));
  const weights = constantWeights(parameters);
  const states = hiddenStates(
    embed(input("tokens", ["B", "T"], "int64"), weights),
    weights,
    config,
  );
  const logits = matmul(states[config.layers], weights(EMBEDDING), { transB: true });
  await using session = await openSession({ logits }, { threads: 1 });
  for (const { ids, lastLogits } of golden.cases) {
    const { last: _, ...feed } = feedOf(ids);
    const { data } = (await session.run(feed)).logits;
    assertClose(data.subarray(-config.vocabSize), lastLogits);
  }
});

Deno.test("readCheckpoint() gives a guard with the logits that transformers gives", async () => {
  const { config, head, parameters } = readCheckpoint(folderOf("guard"));
  assert.equal(head, "guard");
  const weights = constantWeights(parameters);
  const states = hiddenStates(
    embed(input("tokens", ["B", "T"], "int64"), weights),
    weights,
    config,
  );
  const logits = guardLogits(states[config.layers], input("last", ["B"], "int64"), weights);
  await using session = await openSession({ logits }, { threads: 1 });
  for (const { ids, guard } of golden.cases) {
    assertClose((await session.run(feedOf(ids))).logits.data, guard.logits);
  }
});

for (const head of heads) {
  Deno.test(`writeCheckpoint() writes the files that transformers opened (${head})`, () => {
    using temporary = temporaryFolder();
    const folder = temporary.path;
    writeCheckpoint(folder, readCheckpoint(folderOf(head)), tokens);
    for (const name of ["config.json", "model.safetensors"]) {
      assert.deepEqual(
        readBytes(join(folder, name)),
        readBytes(join(folderOf(head), name)),
        name,
      );
    }
  });
}

/** Changes a folder's configuration. */
function configure(folder: string, changes: Record<string, unknown>): void {
  const path = join(folder, "config.json");
  const hub = JSON.parse(Deno.readTextFileSync(path));
  Deno.writeTextFileSync(path, JSON.stringify({ ...hub, ...changes }));
}

Deno.test("readCheckpoint() puts a guard's rows in the order safe, unsafe", () => {
  withCopy((folder) => {
    const stored = readCheckpoint(folder).parameters.get(SCORE)!.data;
    const swapped = [...stored.slice(16), ...stored.slice(0, 16)];
    configure(folder, { id2label: { 0: "unsafe", 1: "safe" }, label2id: undefined });
    assert.deepEqual([...readCheckpoint(folder).parameters.get(SCORE)!.data], swapped);
    configure(folder, { id2label: { 0: "yes", 1: "no" } });
    assert.throws(() => readCheckpoint(folder), /must say which one means unsafe/);
    const asked = readCheckpoint(folder, { unsafeLabel: "yes" });
    assert.deepEqual([...asked.parameters.get(SCORE)!.data], swapped);
    assert.deepEqual(asked.labels, { names: ["yes", "no"], unsafe: 0 });
  });
});

Deno.test("readCheckpoint() turns a guard round whose only label is safe", () => {
  withCopy((folder) => {
    const model = readCheckpoint(folder);
    const score = model.parameters.get(SCORE)!;
    const one = { ...score, shape: [1, 16], data: score.data.slice(0, 16) };
    writeCheckpoint(
      folder,
      { ...model, parameters: new Map(model.parameters).set(SCORE, one) },
      tokens,
    );
    for (const [name, sign] of [["safe", -1], ["LABEL_0", 1]] as const) {
      configure(folder, { id2label: { 0: name }, label2id: undefined });
      assert.deepEqual(
        readCheckpoint(folder).parameters.get(SCORE)!.data,
        one.data.map((x) => sign * x),
      );
    }
  });
});

// as transformers 5.23 does; 4.57 leaves the stored weights out
Deno.test("readCheckpoint() takes the output weights that the file holds, though the configuration calls them tied", () => {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  const model = readCheckpoint(folderOf("language-model"));
  const embedding = model.parameters.get(EMBEDDING)!;
  for (const factor of [1, 2]) {
    const head = {
      name: OUTPUT,
      shape: embedding.shape,
      data: embedding.data.map((x) => factor * x),
    };
    writeCheckpoint(
      folder,
      { ...model, parameters: new Map(model.parameters).set(OUTPUT, head) },
      tokens,
    );
    const { config, parameters } = readCheckpoint(folder);
    assert.equal(config.tied, factor === 1);
    if (factor === 2) assert.deepEqual(parameters.get(OUTPUT)!.data, head.data);
  }
});

/** Gives a weight of a file another type of the same size, and perhaps another name of the same length. */
function retype(path: string, name: string, other = name): void {
  const bytes = readBytes(path);
  const text = new TextDecoder("latin1").decode(bytes);
  const from = `"${name}":{"dtype":"F32"`;
  const at = text.indexOf(from);
  assert.ok(at > 0);
  bytes.set(new TextEncoder().encode(`"${other}":{"dtype":"I32"`), at);
  Deno.writeFileSync(path, bytes);
}

Deno.test("readCheckpoint() leaves buffers of whole numbers alone that no model needs, and names one that is needed", () => {
  withCopy((folder) => {
    const model = readCheckpoint(folder);
    const path = join(folder, "model.safetensors");
    const embedding = model.parameters.get(EMBEDDING)!.data;
    const buffer = { name: "model.position_ids", shape: [1, 2], data: Float32Array.of(1, 2) };
    writeSafetensors(path, [...model.parameters.values(), buffer]);
    retype(path, buffer.name);
    assert.deepEqual(readCheckpoint(folder).parameters.get(EMBEDDING)!.data, embedding);
    retype(path, "model.norm.weight");
    assert.throws(() => readCheckpoint(folder), {
      name: "UserError",
      message: /weight "model\.norm\.weight" must be F32, F16, BF16, got I32$/,
    });
  });
});

Deno.test("readCheckpoint() names a weight of the wrong shape, and a missing one", () => {
  withCopy((folder) => {
    const model = readCheckpoint(folder);
    const score = model.parameters.get("score.weight")!;
    const wide = new Map(model.parameters).set("score.weight", {
      ...score,
      shape: [16, 2],
    });
    writeCheckpoint(folder, { ...model, parameters: wide }, tokens);
    assert.throws(() => readCheckpoint(folder), {
      name: "UserError",
      message: `Cannot load "${folder}": weight "score.weight" must have shape (2,16), got (16,2)`,
    });
    const without = new Map(model.parameters);
    without.delete("model.norm.weight");
    writeCheckpoint(folder, { ...model, parameters: without }, tokens);
    assert.throws(
      () => readCheckpoint(folder),
      /weight "model\.norm\.weight" must have shape \(16\), got none$/,
    );
  });
});

Deno.test("readCheckpoint() says what is wrong with a damaged folder", () => {
  const damages: [string, (text: string) => string, RegExp][] = [
    ["config.json", () => "{", /config\.json": it is broken JSON/],
    [
      "config.json",
      () => "null",
      /config\.json": the architecture must be one of llama, .*got none/,
    ],
    [
      "config.json",
      (t) => t.replace('"llama"', '"bert"'),
      /must be one of llama, qwen2, gemma2, gemma3_text, got "bert"/,
    ],
    ["config.json", (t) => t.replace('"hidden_size": 16', '"hidden_size": "16"'), /"hidden_size"/],
    [
      "config.json",
      (t) => t.replace('"vocab_size": 40', '"vocab_size": 41'),
      /\(41,16\), got \(40/,
    ],
    ["model.safetensors", (t) => t.slice(0, 1000), /model\.safetensors": it is not a whole/],
  ];
  for (const [name, damage, message] of damages) {
    withCopy((folder) => {
      const path = join(folder, name);
      Deno.writeTextFileSync(path, damage(Deno.readTextFileSync(path)));
      assert.throws(() => readCheckpoint(folder), (error) => {
        return error instanceof UserError && message.test(error.message);
      }, `${name}: ${message}`);
    });
  }
  assert.throws(() => readCheckpoint("no/such"), /Cannot read "no\/such\/config\.json"/);
});

Deno.test("initialParameters() draws with the documented deviations, each weight by itself", () => {
  const config = {
    ...readCheckpoint(folderOf("guard")).config,
    hiddenSize: 64,
    headSize: 32,
    layers: 3,
  };
  const specs = modelParameters(config, "guard");
  const drawn = initialParameters(specs, config.layers, "x");
  const deviation = (name: string) => {
    const { data } = drawn.get(name)!;
    return Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length);
  };
  const near = (name: string, expected: number) => {
    const standardError = expected / Math.sqrt(2 * drawn.get(name)!.data.length);
    assert.ok(Math.abs(deviation(name) - expected) < 4 * standardError, name);
  };
  near(EMBEDDING, 1 / 8); // 1/√64
  near("model.layers.1.self_attn.q_proj.weight", 1 / 8);
  near("model.layers.1.self_attn.o_proj.weight", 1 / 8 / Math.sqrt(6)); // two writes in each of 3 blocks
  near("model.layers.1.mlp.down_proj.weight", 1 / Math.sqrt(24 * 6));
  assert.deepEqual(drawn.get("model.norm.weight")!.data, new Float32Array(64).fill(1));
  const alone = initialParameters(specs.slice(-1), config.layers, "x");
  assert.deepEqual(alone.get("score.weight"), drawn.get("score.weight"));
});

Deno.test("splitParameters() undoes flattenParameters()", () => {
  const { config, parameters } = readCheckpoint(folderOf("guard"));
  const specs = modelParameters(config, "guard");
  const flat = flattenParameters(parameters, specs);
  assert.equal(flat.length, countParameters(specs));
  assert.equal(countParameters(specs), 40 * 16 + 2 * (4 * 256 + 3 * 16 * 24 + 32) + 16 + 2 * 16);
  assert.deepEqual(
    splitParameters(flat, specs),
    new Map(specs.map(({ name }) => [name, parameters.get(name)])),
  );
});

Deno.test("constantWeights() names a weight that is not there", () => {
  assert.throws(() => constantWeights(new Map())("lost"), /there is no weight "lost"/);
});
