/**
 * Does a judge that says how certain it is notice what a guard misses?
 *
 * MOOD (arXiv 2605.21602) asks an instruction-tuned model for a score, by a rubric of alignment or of uncertainty. So does
 * `deno task judge`, and what it wrote is used here. Without it a small language model of ours gives such scores (see
 * `lib/rater/embedded.ts`). The judge's uncertainty is added to the guard with the paper's lambda, which is chosen on the
 * rows that are reported on.
 *
 *     deno task reproduce --only judge
 *     deno task reproduce --only judge --judge-scores DIR
 *
 * @module
 */
import { type AskedJudge, askedScores } from "../lib/rater/asked.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { type Contrasts, recallContrasts } from "../lib/evaluation/contrasts.ts";
import { type JudgeScores, judgeScores, type RaterExam } from "../lib/rater/embedded.ts";
import { recallFigure, recallTable, type Results } from "../lib/experiment/recall_table.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { fuse } from "../lib/workbench/fused.ts";
import { comparison } from "../lib/experiment/reading.ts";
import { guardScores } from "../lib/workbench/scores.ts";
import { evaluate } from "../lib/evaluation/evaluation.ts";
import type { Workbench } from "../lib/workbench/workbench.ts";

const ALIGNMENT = "judge alignment";
const UNCERTAINTY = "judge uncertainty";
const FUSED = `guard+${UNCERTAINTY}`;

/** What a judge said, and how it came to it: an examination, or how it was asked. */
type Judged = JudgeScores | Awaited<ReturnType<typeof askedScores>>;

/** What the artifact holds. */
type Findings =
  & {
    monitors: string[];
    results: Results;
    contrasts: Contrasts;
    lambda: number[]; // one for each guard
  }
  & (Pick<JudgeScores, "exam"> | { asked: AskedJudge });

const experiment = defineExperiment({
  name: "judge",
  question: "Does a judge that says how certain it is notice what a guard misses?",
  config: {
    share: 0.35, // of the training rows, that the judge learns from
    quickShare: 0.15, // the same in a quick run
    resamples: 2000, // of the bootstrap, over scenes and seeds
  },
  async train(bench, config): Promise<Findings> {
    const { quick, judgeScores: asked } = bench.options;
    if (asked !== undefined) {
      return await beside(bench, config, await askedScores(asked, bench.suite.test));
    }
    const settings = { share: quick ? config.quickShare : config.share };
    return await beside(bench, config, await judgeScores(bench, "test", settings));
  },
  run: async (bench, config): Promise<Findings> =>
    beside(bench, config, await askedScores(bench.options.judgeScores!, bench.suite.test)),
  missing: ({ options }) => options.judgeScores === undefined ? "--judge-scores" : undefined,
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

/** The judge's scores and the guard's, alone and fused. */
async function beside(
  bench: Workbench,
  { resamples }: { resamples: number },
  { alignment, uncertainty, ...account }: Judged,
): Promise<Findings> {
  const rows = bench.suite.test;
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
}

function describeExam({ rows, wrong, meanError }: RaterExam): string {
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
