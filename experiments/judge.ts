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
import { z } from "zod";
import { askedScores } from "../lib/rater/asked.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { recallContrasts } from "../lib/evaluation/contrasts.ts";
import { contrastIn } from "../lib/evaluation/findings.ts";
import { judgeCost, type JudgeScores, judgeScores, type RaterExam } from "../lib/rater/embedded.ts";
import { recallFigure, recallTable } from "../lib/experiment/recall_table.ts";
import { guardsOver, languageModelOf } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { count, evaluated, fields, list, number, text } from "../lib/experiment/findings_schema.ts";
import { fuse } from "../lib/workbench/fused.ts";
import { comparison } from "../lib/experiment/reading.ts";
import { guardScores } from "../lib/workbench/scores.ts";
import { evaluate, RECALL } from "../lib/evaluation/evaluation.ts";
import { NOTHING } from "../lib/workbench/planned/work.ts";
import { trainsHere, type Workbench } from "../lib/workbench/workbench.ts";

const ALIGNMENT = "judge alignment";
const UNCERTAINTY = "judge uncertainty";
const FUSED = `guard+${UNCERTAINTY}`;

/** What a judge said, and how it came to it: an examination, or how it was asked. */
type Judged = JudgeScores | Awaited<ReturnType<typeof askedScores>>;

const monitors = evaluated({ lambda: list(number()) }); // one weight for each guard
const answered = fields({
  rows: count(),
  answers: count(),
  defaulted: count(),
  strict: count().optional(), // older artifacts do not say what could be read
  lenient: count().optional(),
});

/** What the artifact holds, and how the judge came to its scores: by an examination, or as it was asked. */
const findings = z.union([
  monitors.extend({ exam: fields({ rows: count(), meanError: number(), wrong: number() }) }),
  monitors.extend({
    asked: fields({
      judge: text(),
      examples: count(),
      hash: text(),
      alignment: answered,
      uncertainty: answered,
    }),
  }),
], 'must hold monitors, results, contrasts, "lambda", and "exam" or "asked"');
type Findings = z.infer<typeof findings>;

const experiment = defineExperiment({
  name: "judge",
  question: "Does a judge that says how certain it is notice what a guard misses?",
  config: {
    share: 0.35, // of the training rows, that the judge learns from
    quickShare: 0.15, // the same in a quick run
    resamples: 2000, // of the bootstrap, over scenes and seeds
  },
  findings,
  needs: async (bench) => [
    ...await guardsOver(bench, ["test"]),
    ...bench.options.judgeScores === undefined ? await languageModelOf(bench) : [],
  ],
  cost: async (bench, config) =>
    bench.options.judgeScores === undefined && trainsHere(bench)
      ? await judgeCost(bench, "test", { share: shareOf(bench, config) })
      : NOTHING,
  async train(bench, { resamples, ...config }, own) {
    const { judgeScores: asked } = bench.options;
    const judged = asked !== undefined
      ? await askedScores(asked, bench.suite.test)
      : await judgeScores(bench, "test", { share: shareOf(bench, config) });
    return await beside(bench, judged, { streamName: own("bootstrap"), resamples });
  },
  run: async (bench, { resamples }, own) =>
    beside(bench, await askedScores(bench.options.judgeScores!, bench.suite.test), {
      streamName: own("bootstrap"),
      resamples,
    }),
  missing: ({ options }) => options.judgeScores === undefined ? "--judge-scores" : undefined,
  show({ findings, settings, suite }) {
    const { monitors, results, contrasts, lambda, ...account }: Findings = findings;
    const caption = {
      title: "A judge's alignment and uncertainty, alone and beside a guard",
      monitors,
      seeds: settings.seeds,
      synthetic: suite.synthetic,
    };
    const table = recallTable(results, caption);
    const gainOf = (first: string) =>
      comparison(
        contrastIn(contrasts, { first, second: "guard", group: "overall", metric: RECALL }),
      );
    const notes = [
      "asked" in account ? describeAsked(account.asked) : describeExam(account.exam),
      `${FUSED}: weight ${lambda.join(", ")}, chosen on the safe and unsafe ID rows reported here.`,
    ];
    return {
      table: { ...table, notes: [...table.notes, ...notes] },
      figure: recallFigure(results, caption),
      reading: `Against the guard's, the overall recall of the judge's alignment is ${
        gainOf(ALIGNMENT)
      }, and that of its uncertainty ${
        gainOf(UNCERTAINTY)
      }. Added to the guard, its uncertainty leaves the guard's recall ${gainOf(FUSED)}.`,
    };
  },
});

function shareOf(
  { options: { quick } }: Workbench,
  { share, quickShare }: { share: number; quickShare: number },
): number {
  return quick ? quickShare : share;
}

/** The judge's scores and the guard's, alone and fused. */
async function beside(
  bench: Workbench,
  { alignment, uncertainty, ...account }: Judged,
  bootstrap: { streamName: string; resamples: number },
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
  const evaluation = evaluate(rows, scores, bootstrap);
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

function describeAsked(
  { judge, examples, alignment, uncertainty }: Extract<Findings, { asked: unknown }>["asked"],
): string {
  return `The judge is ${judge}, shown ${examples} unsafe examples. Of ${alignment.rows} conversations it gave ${alignment.defaulted} no score of alignment and ${uncertainty.defaulted} none of uncertainty; these count as 100.`;
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
