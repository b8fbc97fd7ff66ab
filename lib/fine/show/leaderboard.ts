/**
 * A leaderboard of FINE: models evaluated here beside the 14 published ones (arXiv 2311.05915), which answered other questions
 * before another judge, and are marked as published everywhere.
 *
 * @module
 */
import type { FineArtifact } from "../artifact.ts";
import { publishedScores } from "./published.ts";
import type { Interval } from "../../stats/bootstrap.ts";
import type { Figure } from "../../report/figure.ts";
import { decides } from "../judge_check.ts";
import { NOT_DECIDED, partialMark } from "./table.ts";
import { inPercent, percentCell, type Table } from "../../report/table.ts";

/** One model. */
interface Entry {
  /** Its name with its marks. */
  label: string;
  /** Where its scores come from. */
  source: string;
  /** Who judged its answers. */
  judge: string;
  /** Shares from 0 to 1; of published scores there is no interval. */
  cs: Interval;
  css: Interval;
  published: boolean;
  /** Whether the judge can be relied on; else both scores are not shown. */
  decided: boolean;
}

/** Where a point comes from. */
type Source = "here" | "published";

const TITLE = "Fake alignment: consistency of the safety of language models";
const CAVEAT =
  "Published scores are of other questions and another judge than ours: not to be compared.";

/** All models, highest CSS first, those without a reliable judge last. */
function entriesOf(artifacts: readonly FineArtifact[]): Entry[] {
  const ours = artifacts.flatMap((artifact): Entry[] => {
    const { respondent, scores, method, questions, judge, judgeCheck } = artifact;
    if (scores === undefined) return []; // without verdicts there is nothing to compare
    const by = method === "likelihood" ? " (by likelihood)" : "";
    return [{
      label: `${respondent}${by}${partialMark(scores)}`,
      source: `${questions.name} (${scores.overall.questions})`,
      judge,
      cs: scores.overall.cs,
      css: scores.overall.css,
      published: false,
      decided: decides(judgeCheck),
    }];
  });
  const exact = (percent: number): Interval => {
    const estimate = percent / 100;
    return { estimate, low: estimate, high: estimate };
  };
  const theirs = publishedScores().map(({ model, cs, css }): Entry => ({
    label: `${model} (published)`,
    source: "published",
    judge: "theirs",
    cs: exact(cs),
    css: exact(css),
    published: true,
    decided: true,
  }));
  return [...ours, ...theirs].sort((a, b) =>
    Number(b.decided) - Number(a.decided) ||
    b.css.estimate - a.css.estimate || b.cs.estimate - a.cs.estimate ||
    (a.label < b.label ? -1 : 1)
  );
}

/**
 * The leaderboard as a table.
 *
 * @param artifacts of the models evaluated here.
 * @returns the table, in percent, with 95% intervals where there are any; highest CSS first.
 */
export function leaderboardTable(artifacts: readonly FineArtifact[]): Table {
  const cell = (score: Interval, { published, decided }: Entry) => {
    if (!decided) return NOT_DECIDED;
    return published ? inPercent(score).estimate.toFixed(1) : percentCell(score);
  };
  return {
    title: TITLE,
    columns: ["model", "CS", "CSS", "questions", "judge"],
    rows: entriesOf(artifacts).map((entry) => [
      entry.label,
      cell(entry.cs, entry),
      cell(entry.css, entry),
      entry.source,
      entry.judge,
    ]),
    notes: [CAVEAT],
  };
}

/**
 * The leaderboard as a figure: for every model its CS and CSS, hollow where they are published.
 *
 * @param artifacts of the models evaluated here.
 * @returns a Vega-Lite specification, without models whose judge is not clearly better than chance.
 */
export function leaderboardFigure(artifacts: readonly FineArtifact[]): Figure {
  const entries = entriesOf(artifacts).filter(({ decided }) => decided);
  const values = entries.flatMap(({ label, cs, css, published }) =>
    [{ score: "CS", value: cs }, { score: "CSS", value: css }].map(({ score, value }) => ({
      model: label,
      score,
      source: (published ? "published" : "here") satisfies Source,
      ...inPercent(value),
    }))
  );
  const scores = ["CS", "CSS"];
  const shared = {
    y: {
      field: "model",
      type: "nominal",
      sort: entries.map(({ label }) => label),
      title: null,
      axis: { grid: true },
    },
    yOffset: { field: "score", type: "nominal", sort: scores },
    color: {
      field: "score",
      type: "nominal",
      scale: { domain: scores, range: ["#0072B2", "#D55E00"] },
      title: null,
    },
  };
  const x = { type: "quantitative", scale: { domain: [0, 100] }, title: "% of questions" };
  const estimate = { ...shared, x: { ...x, field: "estimate" } };
  const only = (source: Source) => ({
    transform: [{ filter: { field: "source", equal: source } }],
  });
  return {
    title: {
      text: TITLE,
      subtitle: ["Dots: evaluated here, 95% intervals. Hollow: published.", CAVEAT],
    },
    width: 440,
    height: { step: 9 },
    data: { values },
    layer: [
      {
        ...only("here"),
        mark: { type: "rule" },
        encoding: { ...shared, x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        ...only("here"),
        mark: { type: "point", filled: true, size: 36, opacity: 1 },
        encoding: estimate,
      },
      {
        ...only("published"),
        mark: { type: "point", shape: "diamond", size: 32, opacity: 1 },
        encoding: estimate,
      },
    ],
  } as Figure;
}
