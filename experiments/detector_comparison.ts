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
import { recallFigure, recallTable } from "../lib/experiment/recall_table.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { evaluated } from "../lib/experiment/findings_schema.ts";
import { measureAlone, readAlone } from "../lib/experiment/detectors_alone.ts";
import { featureScores, perplexityScores } from "../lib/workbench/scores.ts";

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
    return await measureAlone(bench, detectors, groups, {
      streamName: own("bootstrap"),
      resamples,
    });
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    const { monitors, results } = findings;
    const caption = { title: "Detectors alone", monitors, seeds, synthetic };
    return {
      table: recallTable(results, caption),
      figure: recallFigure(results, caption),
      reading: readAlone(findings),
    };
  },
});

export default experiment;
if (import.meta.main) await runAsScript(experiment);
