/**
 * The parts of a monitor, trained from nothing: guard, language model and Mahalanobis detector, each on the training rows.
 *
 * @module
 */
import { roundNumbers } from "../core/json.ts";
import { recordedCovariance, sayCovariance } from "../workbench/beforehand.ts";
import { fitToSafeRows } from "../workbench/mahalanobis_scores.ts";
import { calibrationCost, monitorNeeds } from "../workbench/planned/needs.ts";
import { guardSignals } from "../workbench/scores.ts";
import type { SizedWorkbench } from "../workbench/workbench.ts";
import type { PartsMaker } from "./fit.ts";
import { trainedFiles } from "./stored_parts.ts";

/**
 * A way to make parts.
 *
 * @param bench a workbench whose suite has training rows.
 * @param seed of the guard.
 * @returns the maker; nothing is trained yet.
 */
export function trainedMaker(bench: SizedWorkbench, seed: number): PartsMaker {
  const { suite, recipe, options: { quick, threads, cache, say } } = bench;
  const { hiddenSize: width, layers } = recipe.size;
  return {
    suite,
    threads,
    cache,
    say,
    needs: () => monitorNeeds(bench, seed),
    cost: () => calibrationCost(bench, seed),
    async make() {
      sayCovariance(bench);
      const guard = await bench.guard(seed);
      const languageModel = await bench.safeLanguageModel();
      const { hidden: [data] } = await guardSignals(bench, guard, "train");
      const mahalanobis = await fitToSafeRows(bench, { data, width });
      const tokenizer = await bench.tokenizer();
      return {
        parts: {
          guard: { model: guard.model, state: { layer: layers, poolings: ["last"] } },
          languageModel: languageModel.model,
          tokenizer: { ...tokenizer, frontId: tokenizer.bosId },
          mahalanobis,
        },
        files: trainedFiles({
          guard: guard.folder,
          languageModel: languageModel.folder,
          mahalanobis,
        }),
        settings: roundNumbers({ quick, seed, recipe, ...recordedCovariance(bench) }),
      };
    },
  };
}
