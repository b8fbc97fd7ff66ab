import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { silent } from "../core/progress.ts";
import { temporaryFolder } from "../core/testing.ts";
import { stream } from "../core/random.ts";
import { applyAdapter, readAdapter } from "../model/adapter.ts";
import { type Head, readCheckpoint } from "../model/checkpoint.ts";
import { ALL_PROJECTIONS } from "../model/config.ts";
import { masks } from "../model/decoder.ts";
import {
  adaptedWeights,
  initialLora,
  type LoraOptions,
  loraParameters,
  writeLora,
} from "../model/lora.ts";
import { constantWeights, parametersOf, SCORE } from "../model/parameters.ts";
import { randomModel } from "../model/testing.ts";
import { lastPositions, padded } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import { readSignals } from "../signals/signals.ts";
import { type MonitorTraining, trainGuard, trainLanguageModel } from "./monitors.ts";
import { guardLoss, languageModelLoss } from "./objectives.ts";
import { initialState, openTrainer } from "./trainer.ts";
import golden from "./testdata/lora_golden.json" with { type: "json" };

const { sequences, labels, rate, optimiser } = golden;
const lora: LoraOptions = {
  rank: golden.rank,
  alpha: golden.alpha,
  projections: ALL_PROJECTIONS,
  firstBlock: golden.firstBlock,
};

/** A golden step; tensors by name. */
interface Step {
  loss: number;
  gradientNorm: number;
  first: Record<string, number[]>;
  gradients: Record<string, number[]>;
  stepped: Record<string, number[]>;
}

/** Every number to 1e-4 of the largest in its tensor. */
function assertClose(found: Float32Array, expected: readonly number[], what: string): void {
  assert.equal(found.length, expected.length, what);
  const largest = Math.max(...expected.map(Math.abs));
  expected.forEach((v, i) => {
    const off = Math.abs(found[i] - v);
    assert.ok(off <= 1e-4 * largest, `${what}[${i}]: ${found[i]}, ${v}`);
  });
}

/** All of the vocabulary stands as the batch's distinct tokens, so that a token's index is its id. */
function feedOf(head: Head, vocabSize: number): Record<string, Value> {
  const T = 16;
  const distinct = BigInt64Array.from({ length: vocabSize }, (_, i) => BigInt(i));
  const shared = {
    distinct: { data: distinct, dims: [vocabSize] },
    tokens: padded(sequences, T, 0),
  };
  if (head === "guard") {
    const oneHot = labels.flatMap((label) => label ? [0, 1 / 3] : [1 / 3, 0]);
    return {
      ...shared,
      last: lastPositions(sequences, T),
      labels: { data: Float32Array.from(oneHot), dims: [3, 2] },
    };
  }
  const weights = new Float32Array(3 * T);
  const targets = sequences.reduce((sum, s) => sum + s.length - 1, 0);
  sequences.forEach((s, b) => weights.fill(1 / targets, T * b, T * b + s.length - 1));
  return {
    ...shared,
    targets: padded(sequences.map((s) => s.slice(1)), T, 0),
    targetWeights: { data: weights, dims: [3, T, 1] },
  };
}

for (const [family, steps] of Object.entries(golden.families)) {
  for (const [kind, step] of Object.entries(steps) as [Head, Step][]) {
    Deno.test(`a low-rank step of ${family}'s ${kind} is that of peft and PyTorch`, async () => {
      const folder = fileURLToPath(
        new URL(`../model/testdata/${family}/language-model`, import.meta.url),
      );
      const { config, parameters } = readCheckpoint(folder);
      const specs = [
        ...loraParameters(config, lora),
        ...kind === "guard" ? [{ name: SCORE, shape: [2, config.hiddenSize] }] : [],
      ];
      assert.deepEqual(specs.map(({ name }) => name).sort(), Object.keys(step.first).sort());
      const first = parametersOf(
        specs.map((spec) => ({ ...spec, data: Float32Array.from(step.first[spec.name]) })),
      );
      await using trainer = await openTrainer({
        specs,
        weights: (trained) => adaptedWeights(constantWeights(parameters), trained, lora),
        objective: kind === "guard" ? guardLoss(config) : languageModelLoss(config),
        optimiser,
        session: { threads: 1 },
      }, initialState(first, specs));
      const feed = { ...feedOf(kind, config.vocabSize), ...masks(config, 16) };
      const { loss, gradientNorm } = await trainer.step([{ feed, share: 1 }], rate);
      assert.ok(Math.abs(loss - step.loss) < 1e-4 * step.loss, `${loss}, ${step.loss}`);
      assert.ok(Math.abs(gradientNorm - step.gradientNorm) < 1e-4 * step.gradientNorm);
      const clip = Math.min(1, optimiser.clipNorm / (gradientNorm + 1e-6));
      const { mean } = trainer.state(); // after one step (1 − β₁) times the clipped gradient
      let at = 0;
      for (const { name, data } of trainer.parameters().values()) {
        assertClose(data, step.stepped[name], name);
        const own = mean.subarray(at, at + data.length).map((m) =>
          m / (1 - optimiser.beta1) / clip
        );
        assertClose(own, step.gradients[name], `gradient of ${name}`);
        at += data.length;
      }
    });
  }
}

const random = stream("toy conversations of low-rank updates");
const toy = Array.from({ length: 24 }, (_, i) => {
  const ids = Int32Array.from({ length: 6 + random.below(30) }, () => 3 + random.below(12));
  ids[0] = 1;
  if (i % 2 === 1) ids[ids.length - 1] = 17;
  return ids;
});
const toyLabels = toy.map((ids): 0 | 1 => ids.at(-1) === 17 ? 1 : 0);
const base = randomModel("language-model", { vocabSize: 24, layers: 3 }, "low rank");
const options = (
  changes: Partial<MonitorTraining> = {},
  schedule: object = {},
): MonitorTraining => ({
  schedule: { epochs: 4, tokensPerStep: 192, learningRate: 0.01, warmup: 0.1, ...schedule },
  sequences: toy,
  name: "toy low rank",
  session: { threads: 1 },
  progress: silent,
  masking: 0.1,
  lora,
  ...changes,
});

Deno.test("trainGuard() with low-rank updates learns, and leaves all but them and the head as it was", async () => {
  const long = options({}, { epochs: 16, learningRate: 0.03 });
  const { model, parameters, losses } = await trainGuard(base, toyLabels, long);
  assert.ok(losses.at(-1)! < losses[0] / 2, `${losses[0]} to ${losses.at(-1)}`);
  assert.deepEqual(
    [...parameters.keys()].sort(),
    [...loraParameters(base.config, lora).map(({ name }) => name), SCORE].sort(),
  );
  for (const { name, data } of base.parameters.values()) {
    const changed = /^model\.layers\.[12]\..*_proj\.weight$/.test(name);
    assert.equal(changed, !model.parameters.get(name)!.data.every((v, i) => v === data[i]), name);
  }
});

Deno.test("low-rank updates end in the same bytes with one, two and four threads", async () => {
  const [one, ...more] = await Promise.all(
    [1, 2, 4].map((threads) =>
      trainLanguageModel(base.config, options({ session: { threads } }), base.parameters)
    ),
  );
  for (const other of more) assert.deepEqual(other.parameters, one.parameters);
});

Deno.test("a batch cut into pieces has the gradient of the whole", async () => {
  const whole = await trainLanguageModel(base.config, options({ masking: 0 }), base.parameters);
  const pieces = await trainLanguageModel(
    base.config,
    options({ masking: 0 }, { tokensAtOnce: 64 }),
    base.parameters,
  );
  whole.losses.forEach((loss, i) =>
    assert.ok(Math.abs(loss - pieces.losses[i]) < 1e-4 * loss, `step ${i}`)
  );
});

Deno.test("writeLora() writes what readAdapter() merges into the same model", async () => {
  const { model, parameters } = await trainGuard(base, toyLabels, options());
  using folder = temporaryFolder();
  const about = { base: "toy", head: "guard", blocks: 3, options: lora } as const;
  writeLora(folder.path, parameters, about);
  const merged = applyAdapter(base.parameters, readAdapter(folder.path));
  const read = (weights: typeof merged) =>
    readSignals({ ...model, parameters: weights }, toy, { guard: true }, {
      threads: 1,
      progress: silent,
    });
  assert.deepEqual((await read(merged)).guard, (await read(model.parameters)).guard);
});

Deno.test("initialLora() begins where the model is", async () => {
  const specs = loraParameters(base.config, lora);
  const drawn = initialLora(specs, "a");
  for (const { name, shape, data } of drawn.values()) {
    if (name.includes("lora_B")) assert.ok(data.every((v) => v === 0));
    else {
      const bound = 1 / Math.sqrt(shape[1]);
      assert.ok(data.every((v) => Math.abs(v) <= bound) && data.some((v) => v > bound / 2), name);
    }
  }
  const { losses } = await trainLanguageModel(
    base.config,
    options({ masking: 0 }),
    base.parameters,
  );
  assert.ok(Math.abs(losses[0] - Math.log(24)) < 1, `${losses[0]}`);
});
