/**
 * A device beside the CPU: how far its signals and its low-rank training are from the CPU's, and how fast they are. Made to be run
 * once on a machine with a GPU, in minutes.
 *
 * @module
 */
import process from "node:process";
import { silent } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { type Model, modelParameters, readCheckpoint } from "../model/checkpoint.ts";
import type { DecoderConfig } from "../model/config.ts";
import { forwardFlops } from "../model/flops.ts";
import { initialParameters } from "../model/parameters.ts";
import type { Table } from "../report/table.ts";
import { productRate } from "../runtime/product_rate.ts";
import { CPU, type Device } from "../runtime/session.ts";
import type { SignalRequest } from "../signals/signal_graph.ts";
import { readSignals } from "../signals/signals.ts";
import { trainLanguageModel } from "../training/monitors.ts";
import { loraOf, TUNING } from "./pretrained/tuned_recipe.ts";

/** The shape of SmolLM2-135M, of which random weights are taken where no model is given. */
export const SHAPE: DecoderConfig = {
  vocabSize: 49152,
  hiddenSize: 576,
  intermediateSize: 1536,
  layers: 30,
  heads: 9,
  keyValueHeads: 3,
  contextLength: 2048,
};

/** How much is run. */
export interface Amount {
  /** Tokens of a text. */
  length: number;
  /** Texts that the CPU reads, too. */
  compared: number;
  /** Texts that are read for the rate. */
  read: number;
  /** Low-rank steps that the CPU does, too. */
  steps: number;
  /** Low-rank steps for the rate. */
  timed: number;
}

/** Minutes of work for two cores, seconds for a GPU. */
export const USUAL: Amount = { length: 256, compared: 8, read: 256, steps: 2, timed: 8 };

/** What {@linkcode benchmarkDevice} measures. */
export interface DeviceSpeed {
  /** What was measured. */
  device: Device;
  /** Largest distance of a text's mean surprise from the CPU's, nats. */
  surprise: number;
  /** Largest distance of a hidden state's value from the CPU's, as a share of the largest value. */
  hidden: number;
  /** Largest distance of a step's loss in low-rank training from the CPU's, nats a token; the later steps see the earlier ones. */
  loss: number;
  /** 1024-cubed MatMul of ONNX Runtime, GFLOP/s. */
  product: number;
  /** Reading signals, tokens/s. */
  readTokens: number;
  /** The same, GFLOP/s. */
  read: number;
  /** Low-rank training of the last blocks, tokens/s. */
  tunedTokens: number;
  /** Most memory that the process had, MiB; what is on the card is not in it. */
  peakMemory: number;
}

/**
 * Measures.
 *
 * @param device beside the CPU; the CPU itself is no distance away.
 * @param threads of the CPU.
 * @param model a checkpoint of a language model, or the shape of one with random weights.
 * @param amount how much is run.
 * @returns distances and rates.
 */
export async function benchmarkDevice(
  device: Device,
  threads: number,
  model: string | DecoderConfig = SHAPE,
  amount: Amount = USUAL,
): Promise<DeviceSpeed> {
  const subject = typeof model === "string" ? readCheckpoint(model) : randomOf(model);
  const { length, compared } = amount;
  const texts = textsOf(subject.config, amount.read, length);
  const [few, request] = [texts.slice(0, compared), requestOf(subject.config)];
  const read = (device: Device, texts: readonly Int32Array[]) =>
    readSignals(subject, texts, request, { threads, device, progress: silent });
  const tune = (device: Device, steps: number) => tuned(subject, texts, steps, device, threads);
  const [here, there] = [await read(CPU, few), await read(device, few)];
  const [losses, expected] = [await tune(device, amount.steps), await tune(CPU, amount.steps)];
  const seconds = await between(
    (count) => read(device, texts.slice(0, count)),
    compared,
    amount.read,
  );
  const perStep = await between((count) => tune(device, count), amount.steps, amount.timed);
  const readTokens = length / seconds;
  return {
    device,
    surprise: furthest(there.nll!, here.nll!),
    hidden: furthest(there.hidden[0], here.hidden[0]) / furthest(here.hidden[0], []),
    loss: furthest(losses, expected),
    product: await productRate({ threads, device }) / 1e9,
    readTokens,
    read: readTokens * forwardFlops(subject.config, subject.head, length) / 1e9,
    tunedTokens: textsAStep(length) * length / perStep,
    peakMemory: process.resourceUsage().maxRSS / 1024,
  };
}

/**
 * A device for people.
 *
 * @param speed as measured.
 * @returns a table.
 */
export function deviceTable(speed: DeviceSpeed): Table {
  const { device: { provider, precision } } = speed;
  const whole = (rate: number) => Math.round(rate).toLocaleString("en");
  return {
    title: `${provider} in ${precision}`,
    columns: ["what", "found"],
    rows: [
      ["surprise of a text, furthest from the CPU, nats", speed.surprise.toExponential(1)],
      ["hidden states, furthest from the CPU, of the largest", speed.hidden.toExponential(1)],
      ["loss of low-rank steps, furthest from the CPU, nats", speed.loss.toExponential(1)],
      ["1024-cubed MatMul of ONNX Runtime, GFLOP/s", whole(speed.product)],
      ["reading signals, tokens/s", whole(speed.readTokens)],
      ["the same, GFLOP/s", whole(speed.read)],
      ["the same, ratio to the MatMul", (speed.read / speed.product).toFixed(2)],
      ["low-rank training of the last four blocks, tokens/s", whole(speed.tunedTokens)],
      ["peak memory of the process, MiB", whole(speed.peakMemory)],
    ],
    notes: [
      "In float32 the distances should be below 1e-3. What is on the card, the driver's own tool shows (nvidia-smi).",
    ],
  };
}

function randomOf(config: DecoderConfig): Model {
  const specs = modelParameters(config, "language-model");
  return {
    config,
    head: "language-model",
    parameters: initialParameters(specs, config.layers, "device benchmark"),
  };
}

function textsOf({ vocabSize }: DecoderConfig, count: number, length: number): Int32Array[] {
  const random = stream("device benchmark");
  return Array.from(
    { length: count },
    () => Int32Array.from({ length }, () => random.below(Math.min(vocabSize, 1000))),
  );
}

const requestOf = ({ layers }: DecoderConfig): SignalRequest => ({
  nll: true,
  hidden: [{ layer: layers, pooling: "mean" }],
});

const { schedule, masking } = TUNING.safeLanguageModel;

const textsAStep = (length: number) => Math.max(1, Math.floor(schedule.tokensPerStep / length));

/** Losses of some low-rank steps. */
async function tuned(
  { config, parameters }: Model,
  texts: readonly Int32Array[],
  steps: number,
  device: Device,
  threads: number,
): Promise<Float32Array> {
  const { losses } = await trainLanguageModel(config, {
    schedule: { ...schedule, epochs: 1, warmup: 0 },
    masking,
    sequences: texts.slice(0, steps * textsAStep(texts[0].length)),
    name: "device benchmark",
    session: { threads, device },
    lora: loraOf(config.layers),
    progress: silent,
  }, parameters);
  return losses;
}

/** Seconds that one more takes: what is the same for few and many, as making the graph ready, falls out. */
async function between(
  work: (count: number) => Promise<unknown>,
  few: number,
  many: number,
): Promise<number> {
  const [short, long] = [await secondsOf(() => work(few)), await secondsOf(() => work(many))];
  return Math.max(long - short, 1e-9) / (many - few);
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** The largest difference; from nothing, the largest value. */
function furthest(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < found.length; i++) {
    most = Math.max(most, Math.abs(found[i] - (expected[i] ?? 0)));
  }
  return most;
}
