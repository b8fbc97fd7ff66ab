/**
 * Which detector notices what the guard does not?
 *
 * The guard, the paper's out-of-distribution detectors (perplexity, Mahalanobis distance) and cheap baselines beyond it, each
 * alone. All detectors on hidden states read the guard's own forward pass, and are fitted to safe training rows only.
 *
 *     deno task reproduce --only detector_comparison
 *
 * @module
 */
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { recallContrasts } from "../lib/evaluation/contrasts.ts";
import { contrastIn } from "../lib/evaluation/findings.ts";
import { recallFigure, recallTable } from "../lib/experiment/recall_table.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { evaluated } from "../lib/experiment/findings_schema.ts";
import { bestOf, countClear, percentOf, recallOf } from "../lib/experiment/reading.ts";
import { featureScores, guardScores, perplexityScores } from "../lib/workbench/scores.ts";
import { evaluate, RECALL } from "../lib/evaluation/evaluation.ts";

const experiment = defineExperiment({
  name: "detector_comparison",
  question:
    "Which out-of-distribution detector, alone, notices misalignment that the guard does not?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
    groups: ["id", "overall", "oodMean", "insecure-code"], // on which detectors are compared with the guard
  },
  findings: evaluated(),
  needs: (bench) => partsOver(bench, "test"),
  async run(bench, { resamples, groups }, own) {
    const detectors = {
      ...await perplexityScores(bench, "test"),
      ...await featureScores(bench, "test"),
    };
    const scores = { guard: await guardScores(bench, "test"), ...detectors };
    const evaluation = evaluate(bench.suite.test, scores, {
      streamName: own("bootstrap"),
      resamples,
    });
    const pairs = Object.keys(detectors).map((name) => [name, "guard"] as const);
    return {
      monitors: Object.keys(scores),
      results: evaluation.results,
      contrasts: recallContrasts(evaluation, pairs, groups),
    };
  },
  show({ findings: { monitors, results, contrasts }, settings: { seeds }, suite: { synthetic } }) {
    const caption = { title: "Detectors alone", monitors, seeds, synthetic };
    const detectors = monitors.filter((name) => name !== "guard");
    const { higher, lower } = countClear(
      detectors.map((first) =>
        contrastIn(contrasts, { first, second: "guard", group: "oodMean", metric: RECALL })
      ),
    );
    const best = bestOf(results, detectors, "oodMean");
    return {
      table: recallTable(results, caption),
      figure: recallFigure(results, caption),
      reading:
        `Outside id, ${higher} of ${detectors.length} detectors show clearly higher recall than the guard and ${lower} clearly lower. Highest is ${best} with ${
          percentOf(recallOf(results, best, "oodMean"))
        }, where the guard has ${percentOf(recallOf(results, "guard", "oodMean"))}.`,
    };
  },
});

export default experiment;
if (import.meta.main) await runAsScript(experiment);
