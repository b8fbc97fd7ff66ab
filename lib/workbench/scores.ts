/**
 * Scores of the monitors that several experiments need, from one forward pass of each model over each split. Danger points
 * up in all of them.
 *
 * @module
 */
import { safeRows } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import { fitBagOfWords } from "../detector/bag_of_words.ts";
import { energy, maximumSoftmaxProbability } from "../detector/confidence.ts";
import { type Features, selectRows } from "../detector/detector.ts";
import type { SeedScores } from "../evaluation/evaluation.ts";
import { lengthScores } from "../detector/length.ts";
import { fitMahalanobis } from "../detector/mahalanobis.ts";
import { fitNearestNeighbours } from "../detector/nearest_neighbours.ts";
import { perplexity, windowedPerplexity } from "../detector/perplexity.ts";
import { fitRelativeMahalanobis } from "../detector/relative_mahalanobis.ts";
import type { SignalRequest } from "../signals/signal_graph.ts";
import { guardScoresOf, type Signals } from "../signals/signals.ts";
import { covarianceFor } from "./beforehand.ts";
import { keptScores, type NamedScores, oneSeed } from "./kept_scores.ts";
import type { TrainedModel, Workbench } from "./workbench.ts";

/**
 * The guards' scores of a split.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @param seeds of which guards. Defaults to the workbench's.
 * @returns for each seed the logit differences, unsafe − safe, shape (rows).
 */
export function guardScores(
  bench: Workbench,
  split: Split,
  seeds: readonly number[] = bench.seeds,
): Promise<Float64Array[]> {
  return forEachGuard(bench, seeds, async (guard) => {
    return guardScoresOf((await guardSignals(bench, guard, split)).guard!);
  });
}

/**
 * What a forward pass of a guard gives, for all experiments at once.
 *
 * @param bench the workbench.
 * @param guard the model.
 * @param split which rows.
 * @returns its logits, and the last layer's state at the last token.
 */
export function guardSignals(
  bench: Workbench,
  guard: TrainedModel,
  split: Split,
): Promise<Signals> {
  return bench.signals(guard, split, ofGuard(guard.model.config.layers));
}

/** What is read of a guard of so many blocks, for all experiments at once. */
export function ofGuard(layers: number): SignalRequest {
  return { guard: true, hidden: [{ layer: layers, pooling: "last" }] };
}

/** What is read of the language model that training starts from, to compare it with that of the safe rows. */
export const MEAN_SURPRISE: SignalRequest = { nll: true };

/** What is read of the language model of the safe training rows, for all experiments at once. */
export const SURPRISE: SignalRequest = { nll: true, tokens: true };

/**
 * Perplexity of a split under the language model of the safe training rows.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns the perplexity of whole conversations, and of each one's strangest window; one list, for the only seed.
 */
export async function perplexityScores(bench: Workbench, split: Split): Promise<SeedScores> {
  const { nll, tokenNll } = await bench.signals(await bench.safeLanguageModel(), split, SURPRISE);
  const windowed = windowedPerplexity();
  return { perplexity: [perplexity.score(nll!)], [windowed.name]: [windowed.score(tokenNll!)] };
}

/**
 * Detectors on the guards' hidden states and logits, fitted to the safe training rows of the same guard's pass.
 *
 * @param bench the workbench.
 * @param split which rows are scored.
 * @returns by detector, one list a seed.
 */
export async function featureScores(bench: Workbench, split: Split): Promise<SeedScores> {
  const bySeed = await forEachGuard(bench, bench.seeds, async (guard): Promise<NamedScores[]> => {
    const { guard: logits } = await guardSignals(bench, guard, split);
    const differences = Float32Array.from(guardScoresOf(logits!));
    return [
      ...await stateScores(bench, guard, split),
      [maximumSoftmaxProbability.name, maximumSoftmaxProbability.score(differences)],
      [energy.name, energy.score(logits!)],
    ];
  });
  return Object.fromEntries(
    bySeed[0].map(([name], i) => [name, bySeed.map((lists) => lists[i][1])]),
  );
}

/** The scores of detectors on a guard's hidden states; guards that are heads on one model share them. */
function stateScores(
  bench: Workbench,
  guard: TrainedModel,
  split: Split,
): Promise<NamedScores[]> {
  const covariance = covarianceFor(bench, guard.model.config.hiddenSize);
  const parts = {
    kind: "states",
    model: guard.statesKey ?? guard.key,
    suite: bench.suite.hash,
    split,
    device: bench.device,
    ...covariance !== "sample" && { covariance },
  };
  return keptScores(bench, parts, async () => {
    const { hidden: [states] } = await guardSignals(bench, guard, split);
    const features = featuresOf(guard, states);
    const detectors = await fitDetectors(bench, guard);
    return detectors.map((detector) => [detector.name, detector.score(features)]);
  });
}

async function fitDetectors(bench: Workbench, guard: TrainedModel) {
  const { suite, options: { threads } } = bench;
  const all = featuresOf(guard, (await guardSignals(bench, guard, "train")).hidden[0]);
  const safe = selectRows(all, safeRows(suite.train));
  const covariance = covarianceFor(bench, all.width);
  return [
    await fitMahalanobis(safe, { covariance, threads }),
    await fitRelativeMahalanobis({ safe, all }, { covariance, threads }),
    fitNearestNeighbours(safe),
  ];
}

function featuresOf({ model }: TrainedModel, data: Float32Array): Features {
  return { data, width: model.config.hiddenSize };
}

/**
 * Does the same for the guards of some seeds, one after the other: training uses all threads.
 *
 * @param bench the workbench.
 * @param seeds of the guards.
 * @param work what is done.
 * @returns what came of it, seed by seed.
 */
export async function forEachGuard<T>(
  bench: Workbench,
  seeds: readonly number[],
  work: (guard: TrainedModel) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const seed of seeds) results.push(await work(await bench.guard(seed)));
  return results;
}

/**
 * The scores of the two trivial monitors on a split: words, and length.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns by monitor, one list for its only seed.
 */
export async function baselineScores(bench: Workbench, split: Split): Promise<SeedScores> {
  const { suite } = bench;
  const parts = { kind: "baselines", suite: suite.hash, split };
  const named = await keptScores(bench, parts, () => {
    const conversations = suite[split].map(({ conversation }) => conversation);
    return [
      ["bag of words", fitBagOfWords(suite.train).score(conversations)],
      ["length", lengthScores(conversations)],
    ];
  });
  return oneSeed(named);
}
