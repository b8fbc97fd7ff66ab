import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { silent } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { temporaryFolder } from "../core/testing.ts";
import { input } from "../graph/tensor.ts";
import type { SignalRequest } from "../signals/signal_graph.ts";
import { guardScoresOf, readSignals } from "../signals/signals.ts";
import { openSession } from "../runtime/session.ts";
import { type Head, type Model, readCheckpoint } from "./checkpoint.ts";
import type { DecoderConfig } from "./config.ts";
import { embed, hiddenStates, masks, vocabularyLogits } from "./decoder.ts";
import { constantWeights, outputName, type Parameter } from "./parameters.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import golden from "./testdata/families_golden.json" with { type: "json" };

type Family = keyof typeof golden;
const families = Object.keys(golden) as Family[];
const options = { threads: 1, progress: silent };

const folderOf = (family: Family, head: Head) =>
  fileURLToPath(new URL(`testdata/${family}/${head}`, import.meta.url));

const gemma: Partial<DecoderConfig>[] = [
  { activation: "silu" },
  { attentionScale: undefined },
  { embeddingScale: undefined },
  { gainOffset: 0 },
  { logitCap: undefined },
  { normEpsilon: undefined },
  { outputNorms: false },
  { sliding: undefined },
];

/** What turns each option of a family off, one at a time, so that the golden values are known to need it. */
const without: Record<Family, Partial<DecoderConfig>[]> = {
  llama: [
    { biased: ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"] },
    { biased: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"] },
    { normEpsilon: undefined },
    { rope: { theta: 5000 } },
    { rope: undefined },
    { tied: true },
  ],
  qwen2: [
    { biased: [] },
    { normEpsilon: undefined },
    { rope: { theta: 2000 } },
    { sliding: undefined },
  ],
  gemma2: [...gemma, { attentionCap: undefined }, { biased: [] }, { rope: undefined }],
  gemma3: [
    ...gemma,
    { queryKeyNorms: false },
    { rope: { theta: 700 } },
    { sliding: { window: 6, layers: [true, true, false] } },
  ],
};

/** The largest difference; infinite where there are more numbers in one. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  return Math.max(...Array.from(found, (v, i) => Math.abs(v - expected[i])));
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.ok(distance(found, expected) < 1e-4, `${what}: off by ${distance(found, expected)}`);
}

/** A language model's hidden states, layer by layer, and last its logits, for a conversation alone. */
async function statesAndLogits(
  { config, parameters }: Model,
  ids: readonly number[],
): Promise<Float32Array[]> {
  const weights = constantWeights(parameters);
  const tokens = input("tokens", ["B", "T"], "int64");
  const states = hiddenStates(embed(tokens, weights), weights, config);
  const logits = vocabularyLogits(states[config.layers], weights(outputName(config)), config);
  const outputs = Object.fromEntries([...states, logits].map((x, i) => [`${i}`, x]));
  await using session = await openSession(outputs, { threads: 1 });
  const values = await session.run({
    tokens: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
    ...masks(config, ids.length),
  });
  return Object.keys(outputs).map((name) => values[name].data);
}

for (const family of families) {
  const cases = golden[family];
  const sequences = cases.map(({ ids }) => Int32Array.from(ids));

  Deno.test(`readCheckpoint() gives ${family} the hidden states and logits of transformers`, async () => {
    const model = readCheckpoint(folderOf(family, "language-model"));
    assert.equal(model.head, "language-model");
    for (const { ids, hidden, logits } of cases) {
      const found = await statesAndLogits(model, ids);
      [...hidden, logits].forEach((expected, i) =>
        assertClose(found[i], expected, `${family}, ${ids.length} tokens, layer ${i}`)
      );
    }
  });

  Deno.test(`readSignals() gives ${family} the surprise and the guard's logits of transformers`, async () => {
    const model = readCheckpoint(folderOf(family, "language-model"));
    const { nll } = await readSignals(model, sequences, { nll: true }, options);
    assertClose(nll!, cases.map(({ meanNll }) => meanNll), "mean surprise");
    const guard = readCheckpoint(folderOf(family, "guard"));
    assert.equal(guard.head, "guard");
    const signals = await readSignals(guard, sequences, { guard: true }, options);
    // a single label is the logit of unsafe, beside a 0 for safe
    const expected = cases.map(({ guard }) => guard.length === 1 ? [0, ...guard] : guard);
    assertClose(signals.guard!, expected.flat(), "guard");
    const differences = expected.map(([safe, unsafe]) => unsafe - safe);
    assertClose(guardScoresOf(signals.guard!), differences, "guard's scores");
  });

  Deno.test(`hiddenStates() uses every option of ${family}`, async () => {
    const model = readCheckpoint(folderOf(family, "language-model"));
    const { ids, logits } = cases[2];
    for (const other of without[family]) {
      const config = { ...model.config, ...other };
      const [found] = (await statesAndLogits({ ...model, config }, ids)).slice(-1);
      assert.ok(distance(found, logits) > 1e-2, `${family} with ${JSON.stringify(other)}`);
    }
  });

  Deno.test(`readSignals() gives ${family} every bit the same in any batch and order`, async () => {
    const random = stream(`${family} batches`);
    const many = Array.from(
      { length: 20 },
      () => Int32Array.from({ length: 2 + random.below(46) }, () => 3 + random.below(37)),
    );
    const hidden = [0, 1, 3].map((layer) => ({ layer, pooling: "mean" as const }));
    const request: SignalRequest = { guard: true, nll: true, hidden };
    const model = readCheckpoint(folderOf(family, "guard"));
    const { config, parameters } = readCheckpoint(folderOf(family, "language-model"));
    const score = model.parameters.get("score.weight")!;
    const both: Model = {
      config,
      head: "guard",
      parameters: new Map(parameters).set(score.name, score),
    };
    const alone = await readSignals(both, many, request, { ...options, tokenBudget: 1 });
    assert.deepEqual(await readSignals(both, many, request, options), alone, "batches");
    assert.deepEqual(await readSignals(both, many, request, { ...options, threads: 2 }), alone);
    const backwards = await readSignals(both, many.toReversed(), request, options);
    assert.deepEqual(backwards.nll!.toReversed(), alone.nll);
  });
}

Deno.test("readSignals() reads a lower layer alone, where fewer kinds of layers are run", async () => {
  const model = readCheckpoint(folderOf("gemma3", "language-model")); // blocks: sliding, sliding, full
  const [{ ids, hidden }] = golden.gemma3;
  for (const layer of [0, 1, 2]) {
    const request: SignalRequest = { hidden: [{ layer, pooling: "last" }] };
    const signals = await readSignals(model, [Int32Array.from(ids)], request, options);
    assertClose(signals.hidden[0], hidden[layer].slice(-model.config.hiddenSize), `layer ${layer}`);
  }
});

/** A copy of a checkpoint with other names for its weights and another config.json. */
function withRenamed(
  family: Family,
  rename: (name: string) => string,
  settings: (config: Record<string, unknown>) => Record<string, unknown>,
  use: (model: Model) => void,
): void {
  using temporary = temporaryFolder();
  const from = folderOf(family, "language-model");
  const { parameters } = readSafetensors(`${from}/model.safetensors`);
  const renamed = [...parameters.values()].map(({ name, shape, data }): Parameter => ({
    name: rename(name),
    shape,
    data,
  }));
  const vision: Parameter = { name: "vision_tower.bias", shape: [1], data: Float32Array.of(1) };
  writeSafetensors(`${temporary.path}/model.safetensors`, [...renamed, vision]);
  const config = JSON.parse(Deno.readTextFileSync(`${from}/config.json`));
  Deno.writeTextFileSync(`${temporary.path}/config.json`, JSON.stringify(settings(config)));
  use(readCheckpoint(temporary.path));
}

const valuesOf = ({ config, parameters }: Model) => ({
  config,
  values: [...parameters].map(([name, { shape, data }]) => ({ name, shape, data })),
});

Deno.test("readCheckpoint() finds the weights of a bare decoder, whose names have no prefix", () => {
  withRenamed("qwen2", (name) => name.replace("model.", ""), (config) => config, (model) => {
    assert.deepEqual(
      valuesOf(model),
      valuesOf(readCheckpoint(folderOf("qwen2", "language-model"))),
    );
  });
});

for (const prefix of ["language_model.model.", "model.language_model."]) {
  Deno.test(`readCheckpoint() reads the text part of a Gemma 3 that also sees (${prefix})`, () => {
    withRenamed(
      "gemma3",
      (name) => name.replace("model.", prefix),
      (text_config) => ({
        architectures: ["Gemma3ForConditionalGeneration"],
        model_type: "gemma3",
        text_config,
      }),
      (model) => {
        const plain = readCheckpoint(folderOf("gemma3", "language-model"));
        assert.deepEqual(valuesOf(model), valuesOf(plain));
      },
    );
  });
}
