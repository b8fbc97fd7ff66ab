/**
 * How fast training and scoring are on this machine, as ratios to what ONNX Runtime's own matrix product reaches
 * in the same run.
 *
 * @module
 */
import process from "node:process";
import { silent } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { type DecoderConfig } from "../model/config.ts";
import { type Head, type Model, modelParameters } from "../model/checkpoint.ts";
import { forwardFlops } from "../model/flops.ts";
import { initialParameters } from "../model/parameters.ts";
import { fitMahalanobis } from "../detector/mahalanobis.ts";
import { perplexity } from "../detector/perplexity.ts";
import type { SignalRequest } from "../signals/signal_graph.ts";
import { readSignals, type Signals } from "../signals/signals.ts";
import type { Table } from "../report/table.ts";
import { productRate } from "../runtime/product_rate.ts";
import { trainLanguageModel } from "../training/monitors.ts";
import { FULL } from "./recipe.ts";

const SEQUENCES = 256;
const LENGTH = 128; // tokens

/** What {@linkcode benchmark} measures. */
export interface Speed {
  /** Threads that were used. */
  threads: number;
  /** 1024-cubed MatMul of ONNX Runtime, GFLOP/s. */
  product: number;
  /** Training the default language model, tokens/s. */
  trainingTokens: number;
  /** The same, GFLOP/s; a multiplication and an addition are two FLOP. */
  training: number;
  /** Scoring with the guard, conversations/s. */
  guard: number;
  /** Scoring with the language model, conversations/s. */
  languageModel: number;
  /** Time for guard, Mahalanobis distance and perplexity together, ratio to the two passes. */
  allSignals: number;
  /** Most memory that the process had, MiB. */
  peakMemory: number;
}

/**
 * Measures.
 *
 * @param threads to compute with.
 * @returns rates; they vary from run to run, the ratios less.
 */
export async function benchmark(threads: number): Promise<Speed> {
  const config: DecoderConfig = { vocabSize: FULL.vocabSize, ...FULL.size };
  const random = stream("benchmark");
  const sequences = Array.from(
    { length: SEQUENCES },
    () => Int32Array.from({ length: LENGTH }, () => random.below(600)), // about as many distinct tokens as in a real batch
  );
  const tokens = SEQUENCES * LENGTH;
  // the product is timed before and after, since a shared machine's speed drifts
  const before = await productRate({ threads }) / 1e9;
  const training = await trainingSeconds(config, sequences, threads);
  const after = await productRate({ threads }) / 1e9;
  const scoring = await scoringSeconds(config, sequences, threads);
  return {
    threads,
    product: (before + after) / 2,
    trainingTokens: tokens / training,
    training: 3 * forwardFlops(config, "language-model", LENGTH) * tokens / training / 1e9,
    guard: SEQUENCES / scoring.guard,
    languageModel: SEQUENCES / scoring.languageModel,
    allSignals: scoring.all / (scoring.guard + scoring.languageModel),
    peakMemory: process.resourceUsage().maxRSS / 1024,
  };
}

/**
 * Speed for people.
 *
 * @param speed as measured.
 * @returns a table of rates and ratios.
 */
export function speedTable(speed: Speed): Table {
  const whole = (rate: number) => Math.round(rate).toLocaleString("en");
  return {
    title: `Speed with ${speed.threads} threads`,
    columns: ["what", "rate"],
    rows: [
      ["1024-cubed MatMul of ONNX Runtime, GFLOP/s", speed.product.toFixed(1)],
      ["training the default language model, tokens/s", whole(speed.trainingTokens)],
      ["the same, GFLOP/s", speed.training.toFixed(1)],
      ["the same, ratio to the MatMul", (speed.training / speed.product).toFixed(2)],
      ["scoring with guard, conversations/s", whole(speed.guard)],
      ["scoring with language model, conversations/s", whole(speed.languageModel)],
      ["guard + Mahalanobis + perplexity, ratio to the two passes", speed.allSignals.toFixed(2)],
      ["peak memory, MiB", speed.peakMemory.toFixed(0)],
    ],
    notes: [`Conversations of ${LENGTH} tokens; a multiplication and an addition are two FLOP.`],
  };
}

/** Seconds for one pass over the sequences, compiling the graph not counted. */
async function trainingSeconds(
  config: DecoderConfig,
  sequences: Int32Array[],
  threads: number,
): Promise<number> {
  const pass = (epochs: number) =>
    secondsOf(() =>
      trainLanguageModel(config, {
        schedule: { ...FULL.languageModel.schedule, epochs },
        masking: FULL.languageModel.masking,
        sequences,
        name: "benchmark",
        session: { threads },
        progress: silent,
      })
    );
  const once = await pass(1);
  return (await pass(3) - once) / 2;
}

/** Seconds of scoring, and what it takes to add detectors to it. */
interface ScoringTimes {
  /** One pass of the guard. */
  guard: number;
  /** One pass of the language model. */
  languageModel: number;
  /** Guard, Mahalanobis distance and perplexity, from the same two passes. */
  all: number;
}

async function scoringSeconds(
  config: DecoderConfig,
  sequences: Int32Array[],
  threads: number,
): Promise<ScoringTimes> {
  const model = (head: Head): Model => {
    const specs = modelParameters(config, head);
    return { config, head, parameters: initialParameters(specs, config.layers, "benchmark") };
  };
  const [guard, languageModel] = [model("guard"), model("language-model")];
  const read = (model: Model, request: SignalRequest) =>
    readSignals(model, sequences, request, { threads, progress: silent });
  const states: SignalRequest = {
    guard: true,
    hidden: [{ layer: config.layers, pooling: "last" }],
  };
  const features = ({ hidden: [data] }: Signals) => ({ data, width: config.hiddenSize });
  const detector = await fitMahalanobis(features(await read(guard, states)), { threads });
  return {
    guard: await leastSeconds(() => read(guard, { guard: true })),
    languageModel: await leastSeconds(() => read(languageModel, { nll: true })),
    all: await leastSeconds(async () => {
      detector.score(features(await read(guard, states)));
      perplexity.score((await read(languageModel, { nll: true })).nll!);
    }),
  };
}

/** The shortest of three times: what else the machine does can only make it longer. */
async function leastSeconds(work: () => Promise<unknown>): Promise<number> {
  const times = [await secondsOf(work), await secondsOf(work), await secondsOf(work)];
  return Math.min(...times);
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
