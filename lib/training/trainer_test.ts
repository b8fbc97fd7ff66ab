import assert from "node:assert/strict";
import { gradients } from "../graph/gradients.ts";
import { type Head, modelParameters } from "../model/checkpoint.ts";
import { constantWeights, type Parameters, parametersOf } from "../model/parameters.ts";
import { causalMask, lastPositions, padded } from "../runtime/batches.ts";
import { openSession, type Value } from "../runtime/session.ts";
import { guardLoss, languageModelLoss, type Objective } from "./objectives.ts";
import { initialState, openTrainer } from "./trainer.ts";
import golden from "./testdata/golden.json" with { type: "json" };

const { config, sequences, labels, learningRates } = golden;

/** All of the vocabulary stands as the batch's distinct tokens, so that a token's index is its id. */
const vocabulary = BigInt64Array.from({ length: config.vocabSize }, (_, i) => BigInt(i));
const shared = {
  distinct: { data: vocabulary, dims: [config.vocabSize] },
  tokens: padded(sequences, 16, 0),
  mask: causalMask(16),
};

function languageModelFeed(): Record<string, Value> {
  const weights = new Float32Array(3 * 16);
  const targets = sequences.reduce((sum, s) => sum + s.length - 1, 0);
  sequences.forEach((s, b) => weights.fill(1 / targets, 16 * b, 16 * b + s.length - 1));
  return {
    ...shared,
    targets: padded(sequences.map((s) => s.slice(1)), 16, 0),
    targetWeights: { data: weights, dims: [3, 16, 1] },
  };
}

function guardFeed(): Record<string, Value> {
  const oneHot = labels.flatMap((label) => label ? [0, 1] : [1, 0]);
  return {
    ...shared,
    last: lastPositions(sequences, 16),
    labels: { data: Float32Array.from(oneHot, (x) => x / 3), dims: [3, 2] },
  };
}

interface Case {
  head: Head;
  expected: typeof golden.languageModel | typeof golden.guard;
  objective: Objective;
  feed: Record<string, Value>;
}

const cases: Case[] = [
  {
    head: "language-model",
    expected: golden.languageModel,
    objective: languageModelLoss(config),
    feed: languageModelFeed(),
  },
  { head: "guard", expected: golden.guard, objective: guardLoss(config), feed: guardFeed() },
];

function near(found: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(found - expected) <= 1e-4 * Math.abs(expected),
    `${what}: ${found}, ${expected}`,
  );
}

/** Every number to a relative 1e-4, or to float32's rounding where it is small beside its tensor. */
function assertClose(found: Float32Array, expected: readonly number[], what: string): void {
  assert.equal(found.length, expected.length, what);
  const largest = Math.max(...expected.map(Math.abs));
  expected.forEach((v, i) => {
    const off = Math.abs(found[i] - v);
    assert.ok(off <= 1e-4 * Math.abs(v) + 1e-6 * largest, `${what}[${i}]: ${found[i]}, ${v}`);
  });
}

const values = (tensors: object, name: string) => (tensors as Record<string, number[]>)[name];

/** The weights that PyTorch started from. */
function startOf({ head, expected }: Case): Parameters {
  return parametersOf(
    modelParameters(config, head).map((spec) => ({
      ...spec,
      data: Float32Array.from(values(expected.weights, spec.name)),
    })),
  );
}

for (const example of cases) {
  const { head, expected, objective, feed } = example;
  const specs = modelParameters(config, head);
  const parameters = startOf(example);
  Deno.test(`gradients() of a ${head}'s loss are PyTorch's`, async () => {
    assert.deepEqual(specs.map(({ name }) => name).sort(), Object.keys(expected.weights).sort());
    const weights = constantWeights(parameters);
    const loss = objective(weights);
    const outputs = gradients(loss, specs.map(({ name }) => weights(name)));
    await using session = await openSession(
      { loss, ...Object.fromEntries(outputs.map((g, i) => [`gradient ${i}`, g])) },
      { threads: 1 },
    );
    const result = await session.run(feed);
    near(result.loss.data[0], expected.losses[0], "loss");
    specs.forEach(({ name, shape }, i) => {
      assert.deepEqual(result[`gradient ${i}`].dims, shape, name);
      assertClose(result[`gradient ${i}`].data, values(expected.gradients, name), name);
    });
  });

  Deno.test(`step() of a ${head} ends in PyTorch's weights`, async () => {
    const optimiser = { ...golden.optimiser, clipNorm: expected.clipNorm };
    await using trainer = await openTrainer(
      { specs, objective, optimiser, session: { threads: 1 } },
      initialState(parameters, specs),
    );
    for (const [i, rate] of learningRates.entries()) {
      const { loss, gradientNorm } = await trainer.step([{ feed, share: 1 }], rate);
      near(loss, expected.losses[i], `loss ${i}`);
      near(gradientNorm, expected.norms[i], `gradient norm ${i}`);
      if (i > 0) continue;
      for (const { name, data } of trainer.parameters().values()) {
        assertClose(data, values(expected.stepped, name), name);
      }
    }
    assert.equal(trainer.state().step, learningRates.length);
  });
}

Deno.test("openTrainer() goes on from a state as if it had not stopped", async () => {
  const { objective, feed } = cases[0];
  const specs = modelParameters(config, "language-model");
  const optimiser = { ...golden.optimiser, clipNorm: 1 };
  const options = { specs, objective, optimiser, session: { threads: 1 } };
  const start = initialState(startOf(cases[0]), specs);
  const copy = structuredClone(start);
  await using whole = await openTrainer(options, start);
  for (const rate of learningRates) await whole.step([{ feed, share: 1 }], rate);
  await using first = await openTrainer(options, start);
  await first.step([{ feed, share: 1 }], learningRates[0]);
  await using second = await openTrainer(options, first.state());
  for (const rate of learningRates.slice(1)) await second.step([{ feed, share: 1 }], rate);
  assert.deepEqual(second.state(), whole.state());
  assert.deepEqual(start, copy, "the state that was given is left as it is");
});
