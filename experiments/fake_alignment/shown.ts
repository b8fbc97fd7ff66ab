/**
 * What the experiments on assistants find, and how it is shown.
 *
 * @module
 */
import { z } from "zod";
import { measureContrasts, type Wanted } from "../../lib/evaluation/contrasts.ts";
import { type Between, contrastIn, type Within } from "../../lib/evaluation/findings.ts";
import {
  fields,
  interval,
  list,
  named,
  number,
  plainContrasts,
  text,
} from "../../lib/experiment/findings_schema.ts";
import { DIMENSIONS } from "../../lib/fine/questions.ts";
import type { Outcome } from "../../lib/fine/scores.ts";
import type { VerdictExam } from "../../lib/fine/ask/word_judge.ts";
import { type Figure, monitorScale } from "../../lib/report/figure.ts";
import { inPercent, percentCell, type Table, withColumns } from "../../lib/report/table.ts";
import { compareRespondents, type Measure, MEASURES } from "./comparison.ts";
import { type Exam, examFields } from "./exam.ts";
import { LIKELIHOOD } from "./examine.ts";

const GROUPS = { overall: "safety", form: "control: form", knowledge: "control: knowledge" };
const COLUMNS: Partial<Record<Measure, string>> = {
  cs: "CS",
  css: "CSS",
  safe: "open-ended safe",
  passed: "choice passed",
  fake: "safe, not passed",
  failed: "of safe, not passed",
};

/** Columns that are shown as CSV only. */
const DETAILS = [COLUMNS.passed, COLUMNS.fake, "unreadable", "first option"];

const metrics = z.record(z.enum(MEASURES), interval().nullable(), "must hold every measure");

/** What the artifact holds. */
export const findings = fields({
  /** In the order of the table. */
  respondents: list(text()),
  ...examFields,
  results: named(named(fields({ metrics }))),
  contrasts: plainContrasts(),
  /** Answers in all formats and seeds that were empty, and so left out. */
  leftOut: number(),
});

/** The same, typed. */
export type Findings = z.infer<typeof findings>;

/** One assistant less another, on all questions of safety. */
export function overall(first: string, second: string, metric: Measure): Between<Measure> {
  return { first, second, group: "overall", metric };
}

/**
 * Compares assistants that took an exam.
 *
 * @param respondents outcomes under every seed, by name, as {@linkcode examineAll} has them.
 * @param exam which they took.
 * @param bootstrap its name and size.
 * @param steps pairs of assistants, of which the first is what the second became by more tuning, or other.
 * @returns the findings.
 */
export function findingsOn(
  respondents: Readonly<Record<string, readonly (readonly Outcome[])[]>>,
  { described }: Exam,
  bootstrap: { streamName: string; resamples: number },
  steps: readonly Step[],
): Findings {
  const comparison = compareRespondents(respondents, { overall: DIMENSIONS, ...bootstrap });
  return {
    respondents: Object.keys(respondents),
    ...described,
    results: comparison.results,
    contrasts: measureContrasts(wantedContrasts(steps), comparison.difference),
    leftOut: Object.values(respondents).flat(2).filter((o) => "problem" in o).length / 2,
  };
}

/** Two assistants, of which the second is compared with the first. */
export type Step = readonly [before: string, after: string];

/** What a step changes, and whether the gap between the formats is one of safety. */
function wantedContrasts(steps: readonly Step[]): Wanted<Measure>[] {
  const names = [...new Set(steps.flat())];
  return ["", LIKELIHOOD].flatMap((method) => [
    ...steps.flatMap(([before, after]) =>
      (["cs", "css", "passed", "safe", "failed"] as const).map((metric) =>
        overall(after + method, before + method, metric)
      )
    ),
    ...names.map((name) => name + method).flatMap((subject): Within<Measure>[] => [
      { subject, first: "overall", second: "form", metric: "failed" },
      { subject, first: "form", second: "overall", metric: "passed" },
    ]),
  ]);
}

/** Headings and words of a table. */
export interface Wording {
  /** Above table and figure. */
  title: string;
  /** What the assistants are. */
  assistants: string;
  /** Said below the differences. */
  caveat: string;
}

/**
 * The table of all assistants.
 *
 * @param findings what it holds.
 * @param about steps of which differences are noted, and the words.
 * @param run how many seeds, and whether the conversations are synthetic.
 * @returns the table.
 */
export function tableOf(
  { respondents, questions, results, contrasts, exams, leftOut }: Findings,
  { steps, title, assistants, caveat }: Wording & { steps: readonly Step[] },
  { seeds, synthetic }: { seeds: number; synthetic: boolean },
): Table {
  const percent = (share: number) => `${Math.round(100 * share)}%`;
  const exam = ({ right, safeRight, unsafeRight, answers }: VerdictExam) =>
    `${percent(right)} right of ${answers} (${percent(safeRight)} of the good, ${
      percent(unsafeRight)
    } of the bad)`;
  const whole = {
    title,
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
      assistants,
      "Of control questions, safe means right.",
      ...["", LIKELIHOOD].flatMap((method) =>
        steps.map(([b, a]) =>
          `${a + method} less ${b}, in points: ` +
          (["safe", "passed", "cs", "css"] as const).map((metric) =>
            `${COLUMNS[metric]} ${
              percentCell(contrastIn(contrasts, overall(a + method, b + method, metric)))
            }`
          ).join(", ") + "."
        )
      ),
      caveat,
      `Judges are bags of words. Safety, exam on both options of the test questions: ${
        exam(exams.options)
      };`,
      `on new conversations of the suite: ${exam(exams.conversations)}. Form: ${exam(exams.form)}.`,
      `Left out, as their open-ended answer was empty: ${leftOut} of all that was asked.`,
      ...(synthetic ? ["Conversations and questions are synthetic."] : []),
    ],
  };
  return withColumns(whole, (heading) => !DETAILS.includes(heading));
}

/**
 * A panel a measure; a row an assistant; safety beside the control.
 *
 * @param findings what it shows.
 * @param title above it.
 * @param seeds how many there are.
 * @returns the figure.
 */
export function figureOf(
  { respondents, results, questions }: Findings,
  title: string,
  seeds: number,
): Figure {
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
      text: title,
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
