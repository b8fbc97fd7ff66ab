import assert from "node:assert/strict";
import { silent } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { scratchFolder, temporaryFolder } from "../core/testing.ts";
import type { Tensor } from "../graph/tensor.ts";
import { modelParameters } from "../model/checkpoint.ts";
import type { DecoderConfig } from "../model/config.ts";
import {
  constantWeights,
  initialParameters,
  type Parameters,
  parametersOf,
} from "../model/parameters.ts";
import { causalMask, lastPositions, padded } from "../runtime/batches.ts";
import type { Value } from "../runtime/session.ts";
import { evaluate } from "../runtime/testing.ts";
import type { Trained } from "./loop.ts";
import { type MonitorTraining, trainGuard, trainLanguageModel } from "./monitors.ts";
import { guardLoss, languageModelLoss } from "./objectives.ts";

const config: DecoderConfig = {
  vocabSize: 24,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 1,
  heads: 2,
  contextLength: 32,
};

const random = stream("toy conversations");

/** Counting up from a random start, which a model can learn; unsafe ones end in token 23. */
const sequences = Array.from({ length: 32 }, (_, i) => {
  const [start, length] = [random.below(20), 4 + random.below(24)];
  const counting = Int32Array.from({ length }, (_, t) => 1 + (start + t) % 20);
  if (i % 2 === 1) counting[length - 1] = 23;
  return counting;
});
const labels = sequences.map((s): 0 | 1 => s.at(-1) === 23 ? 1 : 0);

interface Changes {
  epochs?: number;
  session?: MonitorTraining["session"];
  scratch?: string;
  progress?: MonitorTraining["progress"];
  masking?: number;
}

function options({ epochs = 8, ...changes }: Changes = {}) {
  const schedule = { epochs, tokensPerStep: 256, learningRate: 0.01, warmup: 0.1 };
  const defaults = {
    session: { threads: 1 },
    scratch: scratchFolder(),
    progress: silent,
    masking: 0,
  };
  return { schedule, sequences, name: "toy", ...defaults, ...changes };
}

function assertSameBytes(a: Trained, b: Trained): void {
  assert.deepEqual(a.losses, b.losses);
  assert.deepEqual(a.parameters, b.parameters);
}

const mean = (x: Float32Array) => x.reduce((a, b) => a + b) / x.length;

Deno.test("trainLanguageModel() learns a toy language", async () => {
  const { losses } = await trainLanguageModel(config, options());
  assert.ok(losses.length >= 30);
  const [first, last] = [mean(losses.slice(0, 3)), mean(losses.slice(-3))];
  assert.ok(first > 2 && last < 0.6 * first, `from ${first} to ${last}`);
});

Deno.test("trainGuard() learns to tell toy labels apart", async () => {
  const { model } = await trainLanguageModel(config, options({ epochs: 1 }));
  const { losses } = await trainGuard(model, labels, options());
  const [first, last] = [mean(losses.slice(0, 3)), mean(losses.slice(-3))];
  assert.ok(first > 0.5 && last < 0.3 * first, `from ${first} to ${last}`);
});

Deno.test("trainGuard() leaves the language model as it is", async () => {
  const { model } = await trainLanguageModel(config, options({ epochs: 1 }));
  const before = structuredClone(model);
  await trainGuard(model, labels, options({ epochs: 1 }));
  assert.deepEqual(model, before);
});

Deno.test("training ends in the same bytes with one thread and with two", async () => {
  // wide enough for ONNX Runtime to share the work out
  const wide = { ...config, vocabSize: 512, hiddenSize: 64, intermediateSize: 176 };
  const [one, two] = [1, 2].map((threads) =>
    options({ epochs: 2, masking: 0.2, session: { threads } })
  );
  const base = await trainLanguageModel(wide, one);
  assertSameBytes(await trainLanguageModel(wide, two), base);
  const guard = await trainGuard(base.model, labels, one);
  assertSameBytes(await trainGuard(base.model, labels, two), guard);
});

/** A progress that throws at a step, as if the run were killed in it. */
function killedAt(step: number): MonitorTraining["progress"] {
  let steps = 0;
  return {
    update() {
      if (++steps === step) throw new Error("killed");
    },
  };
}

/** Trains once in one go and once killed after some steps; both must end in the same bytes. */
async function assertResumes(
  run: (options: MonitorTraining & { masking: number }) => Promise<Trained>,
  killedAfter: number[],
): Promise<void> {
  using temporary = temporaryFolder();
  const scratch = temporary.path;
  const changes = { epochs: 35, masking: 0.2, scratch };
  const whole = await run(options({ ...changes, scratch: `${scratch}/unused` }));
  assert.ok(whole.losses.length > 130);
  for (const step of killedAfter) {
    const killed = run(options({ ...changes, progress: killedAt(step) }));
    await assert.rejects(killed, /^Error: killed$/);
  }
  let stepsLeft = 0;
  const counting = { ...silent, update: () => void stepsLeft++ };
  assertSameBytes(await run(options({ ...changes, progress: counting })), whole);
  const saved = killedAfter[0] > 100 ? 100 : 0; // every hundredth step
  assert.equal(stepsLeft, whole.losses.length - saved);
}

for (const steps of [[3], [130], [105, 20]]) {
  Deno.test(`training killed after ${steps.join(" and ")} steps ends in the same bytes`, async () => {
    await assertResumes((options) => trainLanguageModel(config, options), steps);
    const { model } = await trainLanguageModel(config, options({ epochs: 1 }));
    await assertResumes((options) => trainGuard(model, labels, options), steps);
  });
}

Deno.test("training starts over, and says so, where the saved state was changed", async () => {
  using temporary = temporaryFolder();
  const scratch = temporary.path;
  const path = `${scratch}/state.safetensors`;
  const run = { epochs: 30, scratch };
  const fresh = await trainLanguageModel(config, options({ epochs: 30 }));
  await assert.rejects(trainLanguageModel(config, options({ ...run, progress: killedAt(105) })));
  const state = Deno.readFileSync(path);
  const flipped = state.slice();
  flipped[state.length - state.length / 4 & ~3] ^= 1; // the last bit of a number
  const text = new TextEncoder();
  const damages = [
    flipped,
    state.slice(0, -4),
    text.encode(""),
    text.encode("junk, no safetensors"),
  ];
  for (const damaged of damages) {
    Deno.writeFileSync(path, damaged);
    const said: string[] = [];
    const say = (message: string) => void said.push(message);
    assertSameBytes(await trainLanguageModel(config, { ...options(run), say }), fresh);
    assert.match(
      said.join(),
      /^The saved state ".*" was changed since .*; this training starts over/,
    );
  }
});

Deno.test("training leaves aside the state of a run of another length", async () => {
  using temporary = temporaryFolder();
  const scratch = temporary.path;
  const progress = killedAt(130);
  await assert.rejects(trainLanguageModel(config, options({ epochs: 35, scratch, progress })));
  const fresh = await trainLanguageModel(config, options({ epochs: 30 }));
  assertSameBytes(await trainLanguageModel(config, options({ epochs: 30, scratch })), fresh);
});

const short = sequences.map((_, i) => i).filter((i) => sequences[i].length <= 16);
const only = short.map((i) => sequences[i]);
const oneStep = {
  ...options({ epochs: 1 }),
  sequences: only,
  schedule: { epochs: 1, tokensPerStep: 1e6, learningRate: 0.01, warmup: 0 },
};

/** A batch of all short conversations, its distinct tokens the whole vocabulary: a token's index is its id. */
const vocabulary = BigInt64Array.from({ length: config.vocabSize }, (_, i) => BigInt(i));
const plainFeed: Record<string, Value> = {
  distinct: { data: vocabulary, dims: [config.vocabSize] },
  tokens: padded(only, 16, 0),
  mask: causalMask(16),
};

async function assertOnlyLoss(losses: Float32Array, loss: Tensor, feed: Record<string, Value>) {
  assert.equal(losses.length, 1);
  const [expected] = await evaluate(loss, { ...plainFeed, ...feed });
  assert.ok(Math.abs(losses[0] - expected) < 1e-5, `${losses[0]}, ${expected}`);
}

Deno.test("trainLanguageModel() reports the mean surprise over all tokens that have one before", async () => {
  const { losses } = await trainLanguageModel(config, oneStep);
  const specs = modelParameters(config, "language-model");
  const weights = constantWeights(initialParameters(specs, config.layers, "toy/weights"));
  const targets = only.reduce((sum, s) => sum + s.length - 1, 0);
  const shares = new Float32Array(only.length * 16);
  only.forEach((s, b) => shares.fill(1 / targets, 16 * b, 16 * b + s.length - 1));
  await assertOnlyLoss(losses, languageModelLoss(config)(weights), {
    targets: padded(only.map((s) => s.subarray(1)), 16, 0),
    targetWeights: { data: shares, dims: [only.length, 16, 1] },
  });
});

Deno.test("trainGuard() reports the mean cross-entropy of the labels", async () => {
  const { model } = await trainLanguageModel(config, options({ epochs: 1 }));
  const { losses } = await trainGuard(model, short.map((i) => labels[i]), oneStep);
  const specs = modelParameters(config, "guard");
  const head = initialParameters(specs.slice(-1), config.layers, "toy/weights");
  const all: Parameters = parametersOf([...model.parameters.values(), ...head.values()]);
  const oneHot = short.flatMap((i) => labels[i] ? [0, 1] : [1, 0]);
  await assertOnlyLoss(losses, guardLoss(config)(constantWeights(all)), {
    last: lastPositions(only, 16),
    labels: { data: Float32Array.from(oneHot, (x) => x / only.length), dims: [only.length, 2] },
  });
});

Deno.test("training ends in the same bytes with one, two and four threads where batches are small", async () => {
  // fewer rows than columns in a product: ONNX Runtime then shares out columns
  const wide = { ...config, vocabSize: 512, hiddenSize: 128, intermediateSize: 352 };
  const [one, ...more] = [1, 2, 4].map((threads) => {
    const { schedule, ...rest } = options({ epochs: 1, masking: 0.2, session: { threads } });
    return {
      ...rest,
      schedule: { ...schedule, tokensPerStep: 1 },
      sequences: sequences.slice(0, 6),
    };
  });
  const base = await trainLanguageModel(wide, one);
  const guard = await trainGuard(base.model, labels.slice(0, 6), one);
  for (const settings of more) {
    assertSameBytes(await trainLanguageModel(wide, settings), base);
    assertSameBytes(await trainGuard(base.model, labels.slice(0, 6), settings), guard);
  }
});
