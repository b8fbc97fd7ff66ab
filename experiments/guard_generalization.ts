/**
 * Where does a guard stop generalising?
 *
 * A guard is fine-tuned on MOOD's restricted training split (helpful, harmless, successful function calls) and tested on
 * kinds of misalignment that the split does not hold, beside two trivial monitors: words, and length. Benign
 * shifts, which the paper (arXiv 2605.21602) does not test, show what the same threshold costs in false alarms.
 *
 *     deno task reproduce --only guard_generalization
 *
 * @module
 */
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { recallContrasts, recallDrop } from "../lib/evaluation/contrasts.ts";
import { recallFigure, recallTable } from "../lib/experiment/recall_table.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { comparison, percentOf, recallOf } from "../lib/experiment/reading.ts";
import { baselineScores, guardScores } from "../lib/workbench/scores.ts";
import { evaluate } from "../lib/evaluation/evaluation.ts";

const experiment = defineExperiment({
  name: "guard_generalization",
  question:
    "Does a guard trained on a restricted set notice kinds of misalignment that the set does not hold?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
  },
  async run(bench, { resamples }) {
    const scores = {
      guard: await guardScores(bench, "test"),
      ...await baselineScores(bench, "test"),
    };
    const streamName = "guard_generalization/bootstrap";
    const evaluation = evaluate(bench.suite.test, scores, { streamName, resamples });
    return {
      monitors: Object.keys(scores),
      results: evaluation.results,
      contrasts: {
        ...recallDrop(evaluation, "guard", "id", "oodMean"),
        ...recallContrasts(evaluation, [["guard", "bag of words"]], ["id", "overall", "oodMean"]),
      },
      truncated: (await bench.encoded("test")).truncated,
    };
  },
  show({ findings: { monitors, results, contrasts }, settings: { seeds }, suite: { synthetic } }) {
    const title = "What a guard notices inside and outside its training distribution";
    const caption = { title, monitors, seeds, synthetic };
    return {
      table: recallTable(results, caption),
      figure: recallFigure(results, caption),
      reading: `The guard flags ${
        percentOf(recallOf(results, "guard", "id"))
      } of the unsafe id rows and ${
        percentOf(recallOf(results, "guard", "oodMean"))
      } on average of kinds that training did not hold; on id its recall is ${
        comparison(contrasts["guard: id − oodMean recall@0.01"])
      }. Against a bag of words its overall recall is ${
        comparison(contrasts["guard − bag of words: overall recall@0.01"])
      }.`,
    };
  },
});

export default experiment;
if (import.meta.main) await runAsScript(experiment);
