/**
 * Which conversations does the guard miss and the fusion catch, and what is surprising in them?
 *
 * The guard and its fusion with perplexity and Mahalanobis distance (arXiv 2605.21602), each with its threshold at 1% of the safe ID
 * rows, seed by seed. Conversations are shown with the tokens of high perplexity marked: those that the language model of
 * the safe training rows did not expect, although it was sure.
 *
 *     deno task reproduce --only missed_and_caught
 *
 * @module
 */
import { cutText } from "../lib/core/text.ts";
import { mean } from "mathjs/number";
import type { z } from "zod";
import { type Row, sceneOf } from "../lib/conversation/row.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { type Circumstances, meanOver, syntheticNotes } from "../lib/experiment/recall_table.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { count, fields, list, number, text } from "../lib/experiment/findings_schema.ts";
import { fuse, FUSED, PARTS, scoredParts } from "../lib/workbench/fused.ts";
import { surprisingSpans } from "./missed_and_caught/surprising_spans.ts";
import { groupRows, scoresOf } from "../lib/evaluation/groups.ts";
import type { Figure } from "../lib/report/figure.ts";
import type { Table } from "../lib/report/table.ts";
import { thresholdAt } from "../lib/stats/tpr_at_fpr.ts";

/** Who flags a row, in the order of table and figure. */
const OUTCOMES = ["both", "only fusion", "only guard", "neither"] as const;

/** How many of a group's rows come to each outcome, mean over seeds, in the order of {@linkcode OUTCOMES}. */
const counts = fields({ group: text(), n: count(), rows: list(number()) });
type Counts = z.infer<typeof counts>;

/** A conversation that the guard missed and the fusion caught, and in how many of the seeds. */
const caught = fields({
  id: text(),
  group: text(),
  seeds: count(),
  text: text(),
  /** Characters left out behind the text. */
  omitted: count(),
  /** What surprised the language model, as places in the text. */
  spans: list(fields({ start: count(), end: count() })),
});

const experiment = defineExperiment({
  name: "missed_and_caught",
  question:
    "Which conversations does the guard miss and the fusion catch, and what surprises in them?",
  config: {
    perGroup: 2, // conversations shown, each of another scene
    characters: 4000, // shown of each
  },
  findings: fields({ counts: list(counts), cases: list(caught) }), // of unsafe rows, in the order of the table
  needs: (bench) => partsOver(bench, "test"),
  async run(bench, { perGroup, characters }) {
    const parts = await scoredParts(bench, "test");
    const { safe, groups } = groupRows(parts.rows);
    const flags = (seeds: readonly Float64Array[]) => seeds.map((of) => flagged(of, safe));
    const guard = flags(parts.scores.guard);
    const fusion = flags(fuse(PARTS, parts, parts).scores);
    const caughtIn = (row: number) => guard.filter((of, s) => !of[row] && fusion[s][row]).length;
    const chosen = groups.flatMap(({ name, rows }) =>
      choose([...rows], caughtIn, parts.rows).slice(0, perGroup).map((row) => ({
        row,
        group: name,
      }))
    );
    const spans = await surprisingSpans(bench, "test", chosen.map(({ row }) => row));
    return {
      counts: groups.filter(({ rows }) => rows.length > 0).map(({ name, rows }) => ({
        group: name,
        n: rows.length,
        rows: outcomesOf(rows, guard, fusion),
      })),
      cases: chosen.map(({ row, group }, i) => {
        const { id, conversation } = parts.rows[row];
        const text = cutText(conversation, characters);
        return {
          ...{ id, group, seeds: caughtIn(row), text },
          omitted: conversation.length - text.length,
          spans: spans[i].filter(({ end }) => end <= characters),
        };
      }),
    };
  },
  show({ findings: { counts, cases }, settings: { seeds }, suite: { synthetic } }) {
    const circumstances = { seeds, synthetic };
    const total = (outcome: typeof OUTCOMES[number]) =>
      counts.reduce((sum, { rows }) => sum + rows[OUTCOMES.indexOf(outcome)], 0);
    const n = counts.reduce((sum, { n }) => sum + n, 0);
    return {
      table: outcomeTable(counts, circumstances),
      figure: outcomeFigure(counts, circumstances),
      reading: `Of ${n} unsafe conversations the fusion catches ${
        short(total("only fusion"))
      } that the guard misses, and loses ${short(total("only guard"))} that it catches. Both miss ${
        short(total("neither"))
      } (${meanOver(seeds)}).`,
      conversations: {
        legend:
          "Marked is what the language model of safe conversations did not expect, although it was sure of what would come.",
        list: cases.map(({ id, group, seeds: caught, text, omitted, spans }) => ({
          title:
            `${group}: ${id}, missed by the guard and caught by the fusion in ${caught} of ${seeds} seeds${
              synthetic ? "; synthetic" : ""
            }`,
          ...{ text, omitted, spans },
        })),
      },
    };
  },
});

/** Whether each row lies over the threshold at 1% of the safe ID rows. */
function flagged(scores: Float64Array, safe: Int32Array): boolean[] {
  const threshold = thresholdAt(scoresOf(scores, safe), 0.01);
  return Array.from(scores, (score) => score > threshold);
}

/** Rows that are caught in at least one seed, those of most seeds first; one a scene. */
function choose(rows: number[], caughtIn: (row: number) => number, all: readonly Row[]): number[] {
  const caught = rows.filter((row) => caughtIn(row) > 0).sort((a, b) => caughtIn(b) - caughtIn(a));
  return [...new Map(caught.toReversed().map((row) => [sceneOf(all[row]), row])).values()]
    .toReversed();
}

/** How many rows come to each outcome, mean over seeds. */
function outcomesOf(
  rows: Int32Array,
  guard: readonly boolean[][],
  fusion: readonly boolean[][],
): number[] {
  return OUTCOMES.map((outcome) => {
    return mean(
      guard.map((of, seed) =>
        rows.filter((row) => outcomeOf(of[row], fusion[seed][row]) === outcome).length
      ),
    );
  });
}

function outcomeOf(byGuard: boolean, byFusion: boolean): typeof OUTCOMES[number] {
  if (byGuard) return byFusion ? "both" : "only guard";
  return byFusion ? "only fusion" : "neither";
}

/** Rows, which are no whole number where they are a mean over seeds. */
function short(rows: number): string {
  return String(Number(rows.toFixed(1)));
}

/** A row a group: how many of its unsafe rows are flagged by whom. */
function outcomeTable(counts: readonly Counts[], { seeds, synthetic }: Circumstances): Table {
  return {
    title: "Unsafe conversations by who flags them",
    columns: ["group", "n", ...OUTCOMES],
    rows: counts.map(({ group, n, rows }) => [group, String(n), ...rows.map(short)]),
    notes: [
      `Unsafe rows flagged at 1% FPR by the guard, and by its fusion with both detectors (${FUSED});`,
      `${
        meanOver(seeds)
      }. A description of these rows, without intervals: \`fusion\` has those of the difference.`,
      ...syntheticNotes(synthetic),
    ],
  };
}

/** A bar a group, a colour an outcome. */
function outcomeFigure(counts: readonly Counts[], { seeds, synthetic }: Circumstances): Figure {
  const values = counts.flatMap(({ group, n, rows }) =>
    OUTCOMES.map((outcome, order) => ({
      ...{ group: `${group} (${n})`, outcome, order },
      percent: 100 * rows[order] / n,
    }))
  );
  return {
    title: {
      text: "Unsafe conversations by who flags them at 1% FPR",
      subtitle: `${meanOver(seeds)}${synthetic ? "; synthetic conversations" : ""}`,
    },
    width: 440,
    height: { step: 22 },
    data: { values },
    mark: { type: "bar" },
    encoding: {
      y: { field: "group", type: "nominal", sort: null, title: null },
      x: {
        field: "percent",
        type: "quantitative",
        scale: { domain: [0, 100] },
        title: "% of unsafe rows",
      },
      order: { field: "order" },
      color: {
        field: "outcome",
        type: "nominal",
        scale: { domain: OUTCOMES, range: ["#0072B2", "#009E73", "#E69F00", "#dddddd"] },
        title: null,
      },
    },
  } as Figure;
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
