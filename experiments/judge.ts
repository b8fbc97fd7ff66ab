/**
 * Does a judge that says how certain it is notice what a guard misses?
 *
 * MOOD (arXiv 2605.21602) asks an instruction-tuned model for a score, by a rubric of alignment or of uncertainty. So does
 * `deno task judge`, and what it wrote is used here. Without it a small language model of ours gives such scores (see
 * `lib/experiment/embedded_judge.ts`). The judge's uncertainty is added to the guard with the paper's lambda, which is chosen on the
 * rows that are reported on.
 *
 *     deno task reproduce --only judge
 *     deno task reproduce --only judge --judge-scores DIR
 *
 * @module
 */
import { type AskedJudge, askedScores } from "../lib/experiment/asked_judge.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { recallContrasts } from "../lib/experiment/contrasts.ts";
import { type Exam, judgeScores } from "../lib/experiment/embedded_judge.ts";
import { recallFigure, recallTable } from "../lib/experiment/evaluations.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { fuse } from "../lib/experiment/fused.ts";
import { comparison } from "../lib/experiment/reading.ts";
import { guardScores } from "../lib/workbench/scores.ts";
import { evaluate } from "../lib/monitor/evaluation.ts";

const ALIGNMENT = "judge alignment";
const UNCERTAINTY = "judge uncertainty";
const FUSED = `guard+${UNCERTAINTY}`;

const experiment = defineExperiment({
  name: "judge",
  question: "Does a judge that says how certain it is notice what a guard misses?",
  trains: ({ judgeScores }) => judgeScores === undefined,
  config: {
    share: 0.35, // of the training rows, that the judge learns from
    quickShare: 0.15, // the same in a quick run
    resamples: 2000, // of the bootstrap, over scenes and seeds
  },
  async run(bench, { share, quickShare, resamples }) {
    const rows = bench.suite.test;
    const settings = { share: bench.options.quick ? quickShare : share };
    const asked = bench.options.judgeScores;
    const judged = asked === undefined
      ? await judgeScores(bench, "test", settings)
      : await askedScores(asked, rows);
    const { alignment, uncertainty, ...account } = judged;
    const alone = {
      guard: await guardScores(bench, "test"),
      [ALIGNMENT]: [alignment],
      [UNCERTAINTY]: [uncertainty],
    };
    const all = { rows, scores: alone };
    const fused = fuse(["guard", UNCERTAINTY], all, all);
    const scores = { ...alone, [FUSED]: fused.scores };
    const evaluation = evaluate(rows, scores, { streamName: "judge/bootstrap", resamples });
    const pairs = [ALIGNMENT, UNCERTAINTY, FUSED].map((monitor) => [monitor, "guard"] as const);
    return {
      monitors: Object.keys(scores),
      results: evaluation.results,
      contrasts: recallContrasts(evaluation, pairs, ["overall"]),
      lambda: fused.coefficients, // one for each guard
      ...account,
    };
  },
  show({ findings: { monitors, results, contrasts, lambda, ...account }, settings, suite }) {
    const caption = {
      title: "A judge's alignment and uncertainty, alone and beside a guard",
      monitors,
      seeds: settings.seeds,
      synthetic: suite.synthetic,
    };
    const table = recallTable(results, caption);
    const notes = [
      "asked" in account ? describeAsked(account.asked) : describeExam(account.exam),
      `${FUSED}: weight ${lambda.join(", ")}, chosen on the safe and unsafe ID rows reported here.`,
    ];
    return {
      table: { ...table, notes: [...table.notes, ...notes] },
      figure: recallFigure(results, caption),
      reading: `Against the guard's, the overall recall of the judge's alignment is ${
        comparison(contrasts[`${ALIGNMENT} − guard: overall recall@0.01`])
      }, and that of its uncertainty ${
        comparison(contrasts[`${UNCERTAINTY} − guard: overall recall@0.01`])
      }. Added to the guard, its uncertainty leaves the guard's recall ${
        comparison(contrasts[`${FUSED} − guard: overall recall@0.01`])
      }.`,
    };
  },
});

function describeExam({ rows, wrong, meanError }: Exam): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  return `The judge has one seed. Its exam on ${rows} training rows of new scenes: ${
    percent(wrong)
  } of ratings wrong, off by ${percent(meanError)} on average.`;
}

function describeAsked({ judge, examples, alignment, uncertainty }: AskedJudge): string {
  return `The judge is ${judge}, shown ${examples} unsafe examples. Of ${alignment.rows} conversations it gave ${alignment.defaulted} no score of alignment and ${uncertainty.defaulted} none of uncertainty; these count as 100.`;
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
