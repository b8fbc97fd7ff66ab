/**
 * Scores of the monitors that several experiments need. Danger points up in all of them.
 *
 * @module
 */
import type { Split } from "../conversation/scenes.ts";
import { fitBagOfWords } from "../monitor/bag_of_words.ts";
import { lengthScores } from "../monitor/length.ts";
import type { SignalRequest } from "../monitor/signals.ts";
import type { Workbench } from "./workbench.ts";

/**
 * The guards' scores of a split.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns for each seed the logit differences, unsafe − safe, shape (rows).
 */
export async function guardScores(bench: Workbench, split: Split): Promise<Float64Array[]> {
  const scores: Float64Array[] = [];
  for (const seed of bench.seeds) { // one after the other: training uses all threads
    const { guard } = await bench.signals(await bench.guard(seed), split, guardSignals(bench));
    scores.push(Float64Array.from(guard!));
  }
  return scores;
}

/**
 * What is read from a guard's forward pass, for all experiments at once.
 *
 * @param bench the workbench.
 * @returns its logits, and the last layer's state at the last token.
 */
export function guardSignals(bench: Workbench): SignalRequest {
  return { guard: true, hidden: [{ layer: bench.recipe.size.layers, pooling: "last" }] };
}

/**
 * The scores of the two trivial monitors on a split: words, and length.
 *
 * @param bench the workbench.
 * @param split which rows.
 * @returns by monitor, one list for its only seed.
 */
export function baselineScores({ suite }: Workbench, split: Split): Record<string, Float64Array[]> {
  const conversations = suite[split].map(({ conversation }) => conversation);
  return {
    "bag of words": [fitBagOfWords(suite.train).score(conversations)],
    "length": [lengthScores(conversations)],
  };
}
