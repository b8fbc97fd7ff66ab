/**
 * For tests: a monitor that has learnt nothing, made in no time.
 *
 * @module
 */
import { join } from "node:path";
import { type Head, modelParameters, writeCheckpoint } from "../model/checkpoint.ts";
import { initialParameters } from "../model/parameters.ts";
import { tokenizerOf, writeTokenizer } from "../tokenizer/tokenizer.ts";
import { trainBpe } from "../tokenizer/train.ts";
import { writeMonitor } from "./fitted_monitor.ts";
import { stream } from "../core/random.ts";
import { fitCalibratedFusion } from "../detector/calibrated_fusion.ts";
import type { LambdaFusion, MonitorFusion, SmallestPFusion } from "./fusion.ts";
import { trainedFiles } from "./stored_parts.ts";

/** Tokens that the models of {@linkcode writeTinyMonitor} read. */
export const TINY_CONTEXT = 48;

/** A fusion as any monitor had it before there were others. */
export const TINY_LAMBDA: LambdaFusion = {
  kind: "lambda",
  lambda: { coefficient: 0.5, anchor: 0, means: [0, 270, 4], deviations: [1, 20, 0.5] },
  thresholds: [{ target: 0.01, threshold: 0.5, fpr: 0.01, recall: 0.5 }],
};

/**
 * A fusion by the smallest p, on scores such as tiny monitors give.
 *
 * @param rows how many calibration rows.
 * @returns the fusion.
 */
export function tinySmallestP(rows = 400): SmallestPFusion {
  const random = stream("tiny smallest p");
  const { means, deviations } = TINY_LAMBDA.lambda;
  const scores = means.map((mean, m) =>
    Float64Array.from({ length: rows }, () => mean + deviations[m] * random.normal())
  );
  const scenes = Array.from({ length: rows }, (_, i) => `scene ${i}`);
  const calibrated = fitCalibratedFusion(scores, {
    how: "smallest",
    weights: [0.5, 0.25, 0.25],
    scenes,
  });
  return { kind: "smallest-p", calibrated, scenes: rows / 2 };
}

/**
 * Writes a monitor with random weights.
 *
 * @param folder where to; its checkpoints stand in it too.
 * @param name names the random streams, so that another name gives another monitor.
 * @param settings how it says that conversations were rendered when it was fitted, and its fusion, lambda by default.
 * @returns the monitor's folder.
 */
export async function writeTinyMonitor(
  folder: string,
  name = "tiny",
  { thoughts, fusion = TINY_LAMBDA }: { thoughts?: boolean | undefined; fusion?: MonitorFusion } =
    {},
): Promise<string> {
  const vocabulary = trainBpe(["\n\nHuman: the Assistant: the System: the Function: the"], 270);
  const size = { hiddenSize: 16, intermediateSize: 24, layers: 2, heads: 2 };
  const tokenizer = tokenizerOf(vocabulary);
  const config = { vocabSize: tokenizer.vocabSize, contextLength: TINY_CONTEXT, ...size };
  const [guard, languageModel] = (["guard", "language-model"] as const).map((head: Head) => {
    const path = join(folder, `${name}-${head}`);
    const specs = modelParameters(config, head);
    const parameters = initialParameters(specs, config.layers, `${name}/${head}`);
    writeCheckpoint(path, { config, head, parameters }, tokenizer);
    writeTokenizer(path, vocabulary);
    return path;
  });
  const identity = Float64Array.from({ length: 256 }, (_, k) => k % 17 === 0 ? 1 : 0);
  const monitor = join(folder, name);
  await writeMonitor(
    monitor,
    { fusion, thoughts, fittedOn: "nothing" },
    trainedFiles({
      guard,
      languageModel,
      mahalanobis: { mean: new Float64Array(16).fill(0.1), lower: identity, shrinkage: 0 },
    }),
  );
  return monitor;
}
