/**
 * The parts of a monitor, trained from nothing: guard, language model and Mahalanobis detector, each on the training rows.
 *
 * @module
 */
import { safeRows } from "../conversation/row.ts";
import { roundNumbers } from "../core/json.ts";
import { selectRows } from "../detector/detector.ts";
import { fitMahalanobis } from "../detector/mahalanobis.ts";
import { covarianceFor, recordedCovariance, sayCovariance } from "../workbench/beforehand.ts";
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
    async make() {
      sayCovariance(bench);
      const guard = await bench.guard(seed);
      const languageModel = await bench.safeLanguageModel();
      const { hidden: [data] } = await guardSignals(bench, guard, "train");
      const safe = selectRows({ data, width }, safeRows(suite.train));
      const covariance = covarianceFor(bench, width);
      const mahalanobis = await fitMahalanobis(safe, { covariance, threads });
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
