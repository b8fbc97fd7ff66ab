/**
 * Is an ensemble of guards a better monitor than one?
 *
 * Five guards from five seeds, combined: the most suspicious member, the mean, their disagreement (variance, mutual information), and
 * the minimum that the released code takes, which after its change of sign keeps the least suspicious member.
 *
 *     deno task reproduce --only ensemble
 *
 * @module
 */
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { recallContrasts } from "../lib/evaluation/contrasts.ts";
import { contrastIn } from "../lib/evaluation/findings.ts";
import { recallFigure, recallTable } from "../lib/experiment/recall_table.ts";
import { guardsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { evaluated } from "../lib/experiment/findings_schema.ts";
import { bestOf, comparison, countClear } from "../lib/experiment/reading.ts";
import { guardScores } from "../lib/workbench/scores.ts";
import { ensemble } from "../lib/detector/ensemble.ts";
import { evaluate, RECALL } from "../lib/evaluation/evaluation.ts";

const experiment = defineExperiment({
  name: "ensemble",
  question: "Does an ensemble of guards notice more than one guard?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and, for the single guard, its seeds
    members: 5, // guards, of seeds 0, 1, …
    groups: ["id", "overall", "oodMean"], // on which ensembles are compared with one guard
  },
  findings: evaluated(),
  needs: (bench, { members }) => guardsOver(bench, ["test"], { seeds: seedsOf(members) }),
  async train(bench, { resamples, members, groups }, own) {
    const guards = await guardScores(bench, "test", seedsOf(members));
    const kinds = (["max", "mean", "variance", "mutual information", "min"] as const).map(ensemble);
    const combined = Object.fromEntries(kinds.map(({ name, score }) => [name, [score(guards)]]));
    const scores = { guard: guards, ...combined };
    const evaluation = evaluate(bench.suite.test, scores, {
      streamName: own("bootstrap"),
      resamples,
    });
    const pairs = kinds.map(({ name }) => [name, "guard"] as const);
    return {
      monitors: Object.keys(scores),
      results: evaluation.results,
      contrasts: recallContrasts(evaluation, pairs, groups),
    };
  },
  show({ findings: { monitors, results, contrasts }, settings: { config }, suite: { synthetic } }) {
    const caption = { title: "Ensembles of guards", monitors, seeds: config.members, synthetic };
    const kinds = monitors.filter((name) => name !== "guard");
    const gainOf = (first: string) =>
      contrastIn(contrasts, { first, second: "guard", group: "overall", metric: RECALL });
    const { higher, lower } = countClear(kinds.map(gainOf));
    const best = bestOf(results, kinds, "overall");
    return {
      table: recallTable(results, caption),
      figure: recallFigure(results, caption),
      reading:
        `Of ${kinds.length} ways to combine ${config.members} guards, ${higher} give clearly higher overall recall than one guard and ${lower} clearly lower. The highest, ${best}, is ${
          comparison(gainOf(best))
        }.`,
    };
  },
});

function seedsOf(members: number): number[] {
  return Array.from({ length: members }, (_, seed) => seed);
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
