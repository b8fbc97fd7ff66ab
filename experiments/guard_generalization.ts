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
import { contrastsOf, recallContrasts } from "../lib/evaluation/contrasts.ts";
import { contrastIn } from "../lib/evaluation/findings.ts";
import { recallFigure, recallTable } from "../lib/experiment/recall_table.ts";
import { guardsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { count, evaluated } from "../lib/experiment/findings_schema.ts";
import { comparison, percentOf, recallOf } from "../lib/experiment/reading.ts";
import { baselineScores, guardScores } from "../lib/workbench/scores.ts";
import { evaluate, RECALL } from "../lib/evaluation/evaluation.ts";

/** How far recall falls outside the training distribution. */
const DROP = { subject: "guard", first: "id", second: "oodMean", metric: RECALL };

/** The guard's lead over word counts. */
const LEAD = { first: "guard", second: "bag of words", group: "overall", metric: RECALL };

const experiment = defineExperiment({
  name: "guard_generalization",
  question:
    "Does a guard trained on a restricted set notice kinds of misalignment that the set does not hold?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
  },
  findings: evaluated({ truncated: count() }),
  needs: (bench) => guardsOver(bench, ["test"]),
  async run(bench, { resamples }, own) {
    const scores = {
      guard: await guardScores(bench, "test"),
      ...await baselineScores(bench, "test"),
    };
    const streamName = own("bootstrap");
    const evaluation = evaluate(bench.suite.test, scores, { streamName, resamples });
    return {
      monitors: Object.keys(scores),
      results: evaluation.results,
      contrasts: {
        ...contrastsOf(evaluation, [DROP]),
        ...recallContrasts(evaluation, [[LEAD.first, LEAD.second]], ["id", "overall", "oodMean"]),
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
        comparison(contrastIn(contrasts, DROP))
      }. Against a bag of words its overall recall is ${comparison(contrastIn(contrasts, LEAD))}.`,
    };
  },
});

export default experiment;
if (import.meta.main) await runAsScript(experiment);
