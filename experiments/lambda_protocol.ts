/**
 * What is it worth to choose the fusion's weight on the rows that are reported on?
 *
 * The released code chooses lambda's weight, means and deviations, and the threshold, on the ID test rows. Here the same fusion is made
 * once so, and once with all of them chosen on the calibration split, which no reported number touches.
 *
 *     deno task reproduce --only lambda_protocol
 *
 * @module
 */
import { safeRows } from "../lib/conversation/row.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { recallFigure, recallTable } from "../lib/experiment/recall_table.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { fields, list, number, results, text } from "../lib/experiment/findings_schema.ts";
import { fuse, PARTS, scoredParts } from "../lib/workbench/fused.ts";
import { percentOf, recallOf } from "../lib/experiment/reading.ts";
import { evaluate } from "../lib/evaluation/evaluation.ts";

const experiment = defineExperiment({
  name: "lambda_protocol",
  question:
    "How much of the fusion's recall comes from choosing its weight and threshold on the reported rows?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
  },
  findings: fields({
    monitors: list(text()),
    results: results(),
    coefficients: fields({ test: list(number()), calibration: list(number()) }), // by where they were chosen, one a seed
  }),
  needs: (bench) => partsOver(bench, "test", "calibration"),
  async run(bench, { resamples }, own) {
    const test = await scoredParts(bench, "test");
    const calibration = await scoredParts(bench, "calibration");
    const [leaked, clean] = [fuse(PARTS, test, test), fuse(PARTS, calibration, test)];
    const onCalibration = fuse(PARTS, calibration, calibration).scores;
    const safe = safeRows(bench.suite.calibration);
    const safeOnly = (scores: Float64Array[]) =>
      scores.map((of) => Float64Array.from(safe, (i) => of[i]));
    const options = { streamName: own("bootstrap"), resamples };
    const onReported = {
      "guard, threshold on test": test.scores.guard,
      "fusion, all on test": leaked.scores,
    };
    const apart = {
      "guard, threshold on calibration": test.scores.guard,
      "fusion, all on calibration": clean.scores,
    };
    const thresholds = {
      "guard, threshold on calibration": safeOnly([...calibration.scores.guard]),
      "fusion, all on calibration": safeOnly(onCalibration),
    };
    const results = {
      ...evaluate(bench.suite.test, onReported, options).results,
      ...evaluate(bench.suite.test, apart, { ...options, calibration: thresholds }).results,
    };
    return {
      monitors: [...Object.keys(onReported), ...Object.keys(apart)],
      results: results,
      coefficients: { test: leaked.coefficients, calibration: clean.coefficients },
    };
  },
  show({ findings: { monitors, results }, settings: { seeds }, suite: { synthetic } }) {
    const caption = {
      title: "Weights and thresholds chosen on test rows, or not",
      monitors,
      seeds,
      synthetic,
    };
    return {
      table: recallTable(results, caption),
      figure: recallFigure(results, caption),
      reading:
        `With weight and threshold chosen on the reported rows the fusion's overall recall is ${
          percentOf(recallOf(results, "fusion, all on test", "overall"))
        }; with both chosen on the calibration split it is ${
          percentOf(recallOf(results, "fusion, all on calibration", "overall"))
        }. For the guard alone, whose threshold is all there is to choose, the two are ${
          percentOf(recallOf(results, "guard, threshold on test", "overall"))
        } and ${percentOf(recallOf(results, "guard, threshold on calibration", "overall"))}.`,
    };
  },
});

export default experiment;
if (import.meta.main) await runAsScript(experiment);
