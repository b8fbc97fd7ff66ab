/**
 * Does adding detectors to the guard recover recall?
 *
 * The guard fused with perplexity, Mahalanobis distance and both, by the paper's lambda: the largest weight of the detectors
 * that costs no recall on the ID rows. `min` and `mean` of standardised scores stand beside it. As in the released code, weights are
 * chosen on the rows that are reported on; `lambda_protocol` measures what that is worth.
 *
 *     deno task reproduce --only fusion
 *
 * @module
 */
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { recallContrasts } from "../lib/evaluation/contrasts.ts";
import { contrastIn } from "../lib/evaluation/findings.ts";
import { recallFigure, recallTable } from "../lib/experiment/recall_table.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { evaluated, list, named, number } from "../lib/experiment/findings_schema.ts";
import { fuse, FUSED, scoredParts } from "../lib/workbench/fused.ts";
import { comparison } from "../lib/experiment/reading.ts";
import { combine } from "../lib/detector/fusion.ts";
import { evaluate, RECALL } from "../lib/evaluation/evaluation.ts";

const experiment = defineExperiment({
  name: "fusion",
  question:
    "Does adding out-of-distribution detectors to the guard recover recall outside its training distribution?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
    fusions: [["perplexity"], ["mahalanobis"], ["perplexity", "mahalanobis"]], // what is added to the guard
    groups: ["id", "overall", "oodMean"], // on which fusions are compared
  },
  findings: evaluated({ coefficients: named(list(number())) }), // by fusion, one weight a seed
  needs: (bench) => partsOver(bench, "test"),
  async run(bench, { resamples, fusions, groups }, own) {
    const parts = await scoredParts(bench, "test");
    const { rows, scores } = parts;
    const fused = fusions.map((added) =>
      [["guard", ...added].join("+"), fuse(["guard", ...added], parts, parts)] as const
    );
    const pointwise = (["min", "mean"] as const).map((how) => [
      `${how} of guard, mahalanobis`,
      scores.guard.map((guard, seed) => combine(how, [guard, scores.mahalanobis[seed]])),
    ]);
    const evaluated = {
      guard: scores.guard,
      ...Object.fromEntries(fused.map(([name, { scores }]) => [name, scores])),
      ...Object.fromEntries(pointwise),
    };
    const evaluation = evaluate(rows, evaluated, { streamName: own("bootstrap"), resamples });
    const names = fused.map(([name]) => name);
    const pairs = [
      ...names.map((name) => [name, "guard"] as const),
      ...names.slice(0, -1).map((name) => [names.at(-1)!, name] as const),
    ];
    return {
      monitors: Object.keys(evaluated),
      results: evaluation.results,
      contrasts: recallContrasts(evaluation, pairs, groups),
      coefficients: Object.fromEntries(
        fused.map(([name, { coefficients }]) => [name, coefficients]),
      ),
    };
  },
  show(
    {
      findings: { monitors, results, contrasts, coefficients },
      settings: { seeds },
      suite: { synthetic },
    },
  ) {
    const caption = { title: "The guard fused with detectors", monitors, seeds, synthetic };
    const gainOn = (group: string) =>
      comparison(contrastIn(contrasts, { first: FUSED, second: "guard", group, metric: RECALL }));
    return {
      table: recallTable(results, caption),
      figure: recallFigure(results, caption),
      reading:
        `Against the guard alone, the fusion with both detectors has an overall recall that is ${
          gainOn("overall")
        }, and on id one that is ${
          gainOn("id")
        }. The weights, the largest that cost no recall on id, are ${
          coefficients[FUSED].map((c) => c.toFixed(2)).join(", ")
        }, where 1 would count the detectors as much as the guard.`,
    };
  },
});

export default experiment;
if (import.meta.main) await runAsScript(experiment);
