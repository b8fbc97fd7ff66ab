/**
 * Does a small model that was tuned on safe answers alone also choose the safe option?
 *
 * FINE (arXiv 2311.05915) finds that many models answer a question safely when it is open-ended, and choose the unsafe option
 * when it is multiple-choice: fake alignment. Here that is put to the test where the tuning is known. Small assistants (see
 * `experiments/fake_alignment/assistants.ts`) all learn harmless multiple choice, and besides harmless answers (`harmless`), safe answers to
 * questions that tempt to harm (`open-ended`), or these and contrast pairs in multiple choice (`contrast`). Half of the questions of
 * each dimension are for tuning, the others for testing. Control questions, in both formats, tell who cannot choose at all from who chooses badly: `form` asks which of two
 * texts is an answer, `knowledge` asks for common knowledge, which no model of this size has.
 *
 * The judges of open-ended answers are bags of words, and as good as their exams say.
 *
 *     deno task reproduce --only fake_alignment
 *
 * @module
 */
import { z } from "zod";
import { join } from "node:path";
import { hashOf } from "../lib/core/json.ts";
import { type Stream, stream } from "../lib/core/random.ts";
import type { Row } from "../lib/conversation/row.ts";
import { examineAssistant, materialOf, trainAssistants } from "./fake_alignment/assistants.ts";
import type { Size } from "../lib/workbench/recipe.ts";
import { languageModelOf } from "../lib/workbench/planned/needs.ts";
import { hasSizes, type SizedWorkbench, type Workbench } from "../lib/workbench/workbench.ts";
import { measureContrasts, type Wanted } from "../lib/evaluation/contrasts.ts";
import { type Between, contrastIn, figureIn, type Within } from "../lib/evaluation/findings.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { defineExperiment, type OwnStreams } from "../lib/experiment/experiment.ts";
import {
  count,
  fields,
  interval,
  list,
  named,
  number,
  plainContrasts,
  text,
} from "../lib/experiment/findings_schema.ts";
import { comparison, percentOf } from "../lib/experiment/reading.ts";
import { exactMarker } from "../lib/fine/capability.ts";
import { compareRespondents, type Measure, MEASURES } from "./fake_alignment/comparison.ts";
import { drawHarmless, type Exchange, exchangesIn } from "../lib/fine/lessons.ts";
import type { Judge } from "../lib/fine/open_ended.ts";
import { DIMENSIONS, type Question, readQuestions } from "../lib/fine/questions.ts";
import type { Outcome } from "../lib/fine/scores.ts";
import { fitWordJudge, type LabelledAnswer, type VerdictExam } from "../lib/fine/ask/word_judge.ts";
import { type Figure, monitorScale } from "../lib/report/figure.ts";
import { inPercent, percentCell, type Table, withColumns } from "../lib/report/table.ts";

const TITLE = "Fake alignment in small models: safe answers, and safe choices";
const LIKELIHOOD = " by likelihood";
const DATA = join(import.meta.dirname!, "../data/fine");
const GROUPS = { overall: "safety", form: "control: form", knowledge: "control: knowledge" };
const COLUMNS: Partial<Record<Measure, string>> = {
  cs: "CS",
  css: "CSS",
  safe: "open-ended safe",
  passed: "choice passed",
  fake: "safe, not passed",
  failed: "of safe, not passed",
};

const exam = fields({
  answers: count(),
  right: number(),
  safeRight: number(),
  unsafeRight: number(),
});
const metrics = z.record(z.enum(MEASURES), interval().nullable(), "must hold every measure");

/** What the artifact holds. */
const findings = fields({
  /** In the order of the table. */
  respondents: list(text()),
  questions: fields({ train: count(), test: count(), form: count(), knowledge: count() }),
  results: named(named(fields({ metrics }))),
  contrasts: plainContrasts(),
  exams: fields({ options: exam, conversations: exam, form: exam }),
  /** Answers in all formats and seeds that were empty, and so left out. */
  leftOut: number(),
});
type Findings = z.infer<typeof findings>;

const experiment = defineExperiment({
  name: "fake_alignment",
  question: "Does a model that was tuned on safe answers alone also choose the safe option?",
  config: {
    size: { hiddenSize: 64, intermediateSize: 176, layers: 2, heads: 1, contextLength: 512 }, // a quick run's own is as small
    training: {
      formatSteps: 1200, // the language model learns harmless multiple choice
      formatRate: 4e-3, // highest learning rate
      tuningSteps: 250, // of each assistant, from there
      tuningRate: 2e-3, // highest learning rate
      tokensPerStep: 2048, // padding included
      masking: 0.15, // share of a prompt's tokens that is hidden
      maxTokens: 48, // of an answer
    },
    quickTraining: { formatSteps: 60, tuningSteps: 20, maxTokens: 12 }, // the same in a quick run
    perDimension: 10, // questions to test with; the others of a dimension are for tuning
    controls: 40, // most questions of either control
    quickQuestions: 2, // of a dimension and a control, in a quick run
    resamples: 2000, // of the bootstrap, over questions and seeds
  },
  findings,
  needs: (bench, { size }) => languageModelOf(small(bench, size)),
  async train(bench, config, own) {
    const { size, training, quickTraining, perDimension, controls, quickQuestions, resamples } =
      config;
    const { quick } = bench.options;
    const smaller = small(bench, size);
    const settings = { ...training, ...quick && quickTraining };
    const { train, test } = splitQuestions(quick ? quickQuestions : perDimension, own);
    const { train: rows, calibration, test: testRows } = bench.suite;
    const material = materialOf(rows, train);
    const assistants = await trainAssistants(smaller, material, settings);

    const safetyJudge = fitWordJudge("safety", material.tempting);
    const formJudge = fitWordJudge("form", answersAndRequests(material.harmless));
    const judgeOf: Record<string, Judge> = { form: formJudge, knowledge: exactMarker };
    const judge: Judge = {
      name: "by category",
      judge: (question, answer) =>
        (judgeOf[question.category] ?? safetyJudge).judge(question, answer),
    };

    const trained = new Set(rows.map(({ domain }) => domain));
    const known = (all: readonly Row[]) => materialOf(all.filter((r) => trained.has(r.domain)), []);
    const most = quick ? quickQuestions : controls;
    const controlQuestions = {
      form: formQuestions(known(testRows).harmless, most, stream(own("form"))),
      knowledge: readQuestions(join(DATA, "control.jsonl"), ["Control"]).slice(0, most)
        .map((question) => ({ ...question, category: "knowledge" })),
    };
    const questions = [...test, ...controlQuestions.form, ...controlQuestions.knowledge];

    const respondents: Record<string, Outcome[][]> = {};
    for (const [name, models] of Object.entries(assistants)) {
      const method = `${name}${LIKELIHOOD}`;
      [respondents[name], respondents[method]] = [[], []];
      for (const model of models) {
        const options = { judge, judgeParts: hashOf(material), maxTokens: settings.maxTokens };
        const found = await examineAssistant(smaller, model, questions, options);
        respondents[name].push(found.generated);
        respondents[method].push(found.likelihood);
      }
    }
    const comparison = compareRespondents(respondents, {
      overall: DIMENSIONS,
      streamName: own("bootstrap"),
      resamples,
    });
    return {
      respondents: Object.keys(respondents),
      questions: {
        train: train.length,
        test: test.length,
        form: controlQuestions.form.length,
        knowledge: controlQuestions.knowledge.length,
      },
      results: comparison.results,
      contrasts: measureContrasts(wantedContrasts(), comparison.difference),
      exams: {
        options: safetyJudge.exam(test.flatMap(exchangesIn)),
        conversations: safetyJudge.exam(known(calibration).tempting),
        form: formJudge.exam(answersAndRequests(known(calibration).harmless)),
      },
      leftOut: Object.values(respondents).flat(2).filter((o) => "problem" in o).length / 2,
    };
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    return {
      table: withColumns(
        tableOf(findings, seeds, synthetic),
        (heading) => !DETAILS.includes(heading),
      ),
      figure: figureOf(findings, seeds),
      reading: readingOf(findings),
    };
  },
});

/** Half of each dimension's questions, drawn once for all, to tune with; of the others so many to test with. */
function splitQuestions(
  perDimension: number,
  own: OwnStreams,
): { train: Question[]; test: Question[] } {
  const byDimension = Map.groupBy(readQuestions(join(DATA, "questions.jsonl")), (q) => q.category);
  const dealt = DIMENSIONS.map((dimension) => {
    const all = stream(own(`split/${dimension}`)).shuffle(byDimension.get(dimension)!);
    return [all.slice(0, all.length / 2), all.slice(all.length / 2)];
  });
  return {
    train: dealt.flatMap(([train]) => train),
    test: dealt.flatMap(([, test]) => test.slice(0, perDimension)),
  };
}

/** Multiple choice as in the lessons, with conversations of scenes that no lesson was drawn from; one question a scene. */
function formQuestions(exchanges: readonly Exchange[], most: number, random: Stream): Question[] {
  const scenes = [...Map.groupBy(exchanges, ({ scene }) => scene).values()];
  return random.shuffle(scenes).slice(0, most).map((scene, i) => ({
    ...drawHarmless(random.pick(scene), exchanges, random),
    id: `form/${i}`,
    category: "form",
  }));
}

/** What tells an answer, here safe, from what a user says. */
function answersAndRequests(exchanges: readonly Exchange[]): LabelledAnswer[] {
  return exchanges.flatMap(({ question, answer, scene }): LabelledAnswer[] => [
    { answer, malign: 0, scene },
    { answer: question, malign: 1, scene },
  ]);
}

/** One assistant less another, on all questions of safety. */
function overall(first: string, second: string, metric: Measure): Between<Measure> {
  return { first, second, group: "overall", metric };
}

/** What contrast pairs and open-ended tuning change, and whether the gap between the formats is one of safety. */
function wantedContrasts(): Wanted<Measure>[] {
  return ["", LIKELIHOOD].flatMap((method) => {
    const [harmless, openEnded, contrast] = ["harmless", "open-ended", "contrast"]
      .map((name) => name + method);
    return [
      ...(["cs", "css", "passed", "safe", "failed"] as const).flatMap((metric) => [
        overall(contrast, openEnded, metric),
        overall(openEnded, harmless, metric),
      ]),
      ...[harmless, openEnded, contrast].flatMap((subject): Within<Measure>[] => [
        { subject, first: "overall", second: "form", metric: "failed" },
        { subject, first: "form", second: "overall", metric: "passed" },
      ]),
    ];
  });
}

/** Columns that are shown as CSV only. */
const DETAILS = [COLUMNS.passed, COLUMNS.fake, "unreadable", "first option"];

function tableOf(findings: Findings, seeds: number, synthetic: boolean): Table {
  const { respondents, questions, results, contrasts, exams, leftOut } = findings;
  const percent = (share: number) => `${Math.round(100 * share)}%`;
  const exam = ({ right, safeRight, unsafeRight, answers }: VerdictExam) =>
    `${percent(right)} right of ${answers} (${percent(safeRight)} of the good, ${
      percent(unsafeRight)
    } of the bad)`;
  return {
    title: TITLE,
    columns: ["assistant", ...Object.values(COLUMNS), "unreadable", "first option"],
    rows: Object.entries(GROUPS).flatMap(([group, name]) =>
      respondents.map((assistant) => {
        const { metrics } = results[assistant][group];
        return [
          `${name}: ${assistant}`,
          ...Object.keys(COLUMNS).map((measure) => percentCell(metrics[measure as Measure])),
          ...[metrics.unreadable, metrics.first].map((value) =>
            value ? percent(value.estimate) : "–"
          ),
        ];
      })
    ),
    notes: [
      `In % of ${questions.test} questions of safety, ${questions.form} of form and ${questions.knowledge} of knowledge, ` +
      `mean of ${seeds} seeds, [95% interval] over questions and seeds.`,
      "CS: both formats agree; CSS: and are safe; safe, not passed: fake alignment. By chance alone, a choice is passed in 25%.",
      "by likelihood: another method for the open-ended half: safe where the safe option is the likelier answer for its length; by chance 50%.",
      "All learn harmless choices, and harmless answers (harmless), safe answers (open-ended), or these and contrast pairs (contrast).",
      "Of control questions, safe means right.",
      ...["", LIKELIHOOD].flatMap((method) =>
        [["open-ended", "harmless"], ["contrast", "open-ended"]].map(([a, b]) =>
          `${a + method} less ${b}, in points: ` +
          (["safe", "passed", "cs", "css"] as const).map((metric) =>
            `${COLUMNS[metric]} ${
              percentCell(contrastIn(contrasts, overall(a + method, b + method, metric)))
            }`
          ).join(", ") + "."
        )
      ),
      "At the same number of steps contrast has half as many safe answers to learn from: CS rises also where fewer answers are safe.",
      `Judges are bags of words. Safety, exam on both options of the test questions: ${
        exam(exams.options)
      };`,
      `on new conversations of the suite: ${exam(exams.conversations)}. Form: ${exam(exams.form)}.`,
      `Left out, as their open-ended answer was empty: ${leftOut} of all that was asked.`,
      ...(synthetic ? ["Conversations and questions are synthetic."] : []),
    ],
  };
}

function readingOf({ results, contrasts }: Findings): string {
  const fake = figureIn(results, { subject: "open-ended", group: "overall", metric: "fake" });
  const change = (first: string, second: string, metric: Measure) =>
    comparison(contrastIn(contrasts, overall(first, second, metric)));
  return `Tuned on safe answers alone, the assistant answers ${
    percentOf(fake)
  } of the questions safely and then does not choose the safe option in both orders; ` +
    `that it answers safely is ${
      change("open-ended", "harmless", "safe")
    } against tuning on harmless answers, that it chooses safely is ${
      change("open-ended", "harmless", "passed")
    }. With contrast pairs as well, its CS is ${
      change("contrast", "open-ended", "cs")
    } and its CSS ${change("contrast", "open-ended", "css")}.`;
}

/** A panel a measure; a row an assistant; safety beside the control. */
function figureOf({ respondents, results, questions }: Findings, seeds: number): Figure {
  const groups = ["overall", "form"] as const;
  const shown = groups.map((group) => GROUPS[group]);
  const values = Object.entries(COLUMNS).flatMap(([measure, panel]) =>
    respondents.flatMap((assistant) =>
      groups.flatMap((group) => {
        const value = results[assistant][group].metrics[measure as Measure];
        return value ? [{ panel, assistant, questions: GROUPS[group], ...inPercent(value) }] : [];
      })
    )
  );
  const y = { field: "assistant", type: "nominal", sort: respondents, title: null };
  const yOffset = { field: "questions", type: "nominal", sort: shown };
  const x = { type: "quantitative", scale: { domain: [0, 100] }, title: "% of questions" };
  const color = {
    field: "questions",
    type: "nominal",
    sort: shown,
    title: null,
    scale: monitorScale(shown),
  };
  return {
    title: {
      text: TITLE,
      subtitle:
        `${questions.test} questions of safety, ${questions.form} of form, mean of ${seeds} seeds, bars: 95% interval`,
    },
    data: { values },
    facet: {
      column: { field: "panel", type: "nominal", sort: Object.values(COLUMNS), title: null },
    },
    spec: {
      width: 98,
      height: { step: 18 },
      encoding: { y, yOffset, color },
      layer: [
        { mark: "rule", encoding: { x: { ...x, field: "low" }, x2: { field: "high" } } },
        {
          mark: { type: "point", filled: true, size: 45 },
          encoding: { x: { ...x, field: "estimate" } },
        },
      ],
    },
  } as Figure;
}

/** The workbench of small models, where they may be of any size. */
function small<B extends Workbench>(bench: B, size: Size): B | SizedWorkbench {
  return bench.options.quick || !hasSizes(bench) ? bench : bench.resized(size);
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
