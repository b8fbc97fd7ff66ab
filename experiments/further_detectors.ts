/**
 * Do other questions to the same models notice what the paper's detectors do not?
 *
 * Beside perplexity: the strangest turn, who takes a turn, whether a report follows from what functions answered, how much more
 * surprised the language model of the safe rows is than the model that it was before (the likelihood ratio), and the distance of the
 * states that this model had, at a layer chosen on calibration rows. Each alone, beside the guard; those that do not help are
 * reported as such, and are in no fusion.
 *
 * Expected of report support on the embedded suite with models from nothing, before any run but those of `--quick`: a recall of 2 to 6%
 * on `function-calling-missing`, of 3 to 10% on `function-calling-inappropriate`, and nothing elsewhere. Found: 1.3% [0.0, 8.4],
 * 2.7% [0.0, 13.8], and nothing elsewhere: less than was expected.
 *
 *     deno task reproduce --only further_detectors
 *
 * @module
 */
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import {
  type Caption,
  recallFigure,
  recallTable,
  type Results,
} from "../lib/experiment/recall_table.ts";
import { detectorsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { count, evaluated, fields, list, number } from "../lib/experiment/findings_schema.ts";
import { measureAlone, readAlone } from "../lib/experiment/detectors_alone.ts";
import { recallOf } from "../lib/experiment/reading.ts";
import { detectorScores } from "../lib/workbench/detector_scores.ts";
import { chooseFrozenLayer, type FrozenChoice } from "../lib/workbench/frozen_scores.ts";
import { trainsHere } from "../lib/workbench/workbench.ts";

/** Monitors in the figure, at most: there are no more colours. */
const DRAWN = 10;

const experiment = defineExperiment({
  name: "further_detectors",
  question: "Do other questions to the same models notice what the paper's detectors do not?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
    groups: ["id", "overall", "oodMean", "insecure-code"], // on which detectors are compared with the guard
  },
  findings: evaluated({
    frozen: fields({
      layer: count(),
      candidates: list(fields({ layer: count(), auroc: number() })),
    })
      .optional(), // the layer that frozen states are taken from, where models are trained here
  }),
  needs: (bench) => detectorsOver(bench, "test"),
  async run(bench, { resamples, groups }, own) {
    const detectors = await detectorScores(bench, "test");
    const options = { streamName: own("bootstrap"), resamples };
    const frozen = trainsHere(bench) ? await chooseFrozenLayer(bench) : undefined;
    return { ...await measureAlone(bench, detectors, groups, options), ...frozen && { frozen } };
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    const { monitors, results, frozen } = findings;
    const caption = { title: "Further detectors alone", monitors, seeds, synthetic };
    const table = recallTable(results, caption);
    return {
      table: { ...table, notes: [...table.notes, ...frozenNotes(frozen)] },
      figure: recallFigure(results, drawnOf(results, caption)),
      reading: readAlone(findings),
    };
  },
});

/** The guard and detectors, as many as can be told apart in a figure: those of the highest recall outside id. */
function drawnOf(results: Results, caption: Caption): Caption {
  const { title, monitors } = caption;
  if (monitors.length <= DRAWN) return caption;
  const recall = (name: string) => recallOf(results, name, "oodMean")?.estimate ?? -1;
  const ranked = monitors.filter((name) => name !== "guard").sort((a, b) => recall(b) - recall(a));
  const drawn = ["guard", ...ranked.slice(0, DRAWN - 1)];
  return {
    ...caption,
    title: `${title}: the ${DRAWN - 1} of ${ranked.length} with the highest recall outside id`,
    monitors: monitors.filter((name) => drawn.includes(name)),
  };
}

/** Where frozen states are taken from. */
function frozenNotes(frozen: FrozenChoice | undefined): string[] {
  return frozen === undefined ? [] : [
    `frozen mahalanobis: mean state of layer ${frozen.layer} of the model before tuning; of ${frozen.candidates.length} layers, its distances best tell calibration rows apart.`,
  ];
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
