/**
 * How do the scores of safe and of unsafe conversations lie?
 *
 * Histograms of the guard's, the paper's detectors' (arXiv 2605.21602) and their fusion's scores on every group, and on benign shifts,
 * beside those of the safe ID rows. Scores are given in standard deviations of the safe ID rows from their mean, so that
 * monitors stand on one scale. Weights of the fusion are chosen on the ID rows that are reported on, as in the paper.
 *
 *     deno task reproduce --only score_distributions
 *
 * @module
 */
import { mean, std } from "mathjs/number";
import type { z } from "zod";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { type Circumstances, meanOver, syntheticNotes } from "../lib/experiment/recall_table.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import {
  count,
  fields,
  flag,
  list,
  named,
  number,
  text,
} from "../lib/experiment/findings_schema.ts";
import { fuse, FUSED, PARTS, scoredParts } from "../lib/workbench/fused.ts";
import { groupRows, scoresOf } from "../lib/evaluation/groups.ts";
import type { Figure } from "../lib/report/figure.ts";
import type { Table } from "../lib/report/table.ts";
import { quantile } from "../lib/stats/quantile.ts";
import { shareAbove, thresholdAt } from "../lib/stats/tpr_at_fpr.ts";

const SAFE = "safe ID rows";

/** Rows of one kind; those of a benign shift are safe. */
const group = fields({ name: text(), shift: flag(), n: count() });
type Group = z.infer<typeof group>;

/** What a monitor gives to rows of one kind. */
const distribution = fields({
  /** Share of the rows in each bin, mean over seeds. */
  shares: list(number()),
  /** Share of the safe ID rows below the median of these rows, mean over seeds; a half where the two are alike. */
  rank: number(),
});
type Distribution = z.infer<typeof distribution>;

/** What the artifact holds. */
const findings = fields({
  /** In the order of the table. */
  monitors: list(text()),
  /** In the order of the table, the safe ID rows first. */
  groups: list(group),
  /** Ends of the bins, standard deviations, one more than bins. */
  bins: list(number()),
  /** By monitor: the threshold at 1% of the safe ID rows, standard deviations, mean over seeds; and each group. */
  distributions: named(fields({ threshold: number(), groups: named(distribution) })),
});
type Findings = z.infer<typeof findings>;

const experiment = defineExperiment({
  name: "score_distributions",
  question: "How far do the scores of unsafe conversations lie from those of safe ones?",
  config: {
    from: -4, // standard deviations; scores below are counted in the first bin
    to: 8, // the same; scores above are counted in the last
    bins: 24, // of equal width between
  },
  findings,
  needs: (bench) => partsOver(bench, "test"),
  async run(bench, { from, to, bins: count }) {
    const parts = await scoredParts(bench, "test");
    const scores = { ...parts.scores, [FUSED]: fuse(PARTS, parts, parts).scores };
    const { safe, groups, shifts } = groupRows(parts.rows);
    const kinds = [{ name: SAFE, rows: safe }, ...groups, ...shifts]
      .filter(({ rows }) => rows.length > 0);
    const width = (to - from) / count;
    const entries = Object.entries(scores).map(([monitor, seeds]) => {
      const standard = seeds.map((of) => standardised(of, safe));
      const thresholds = standard.map((z) => thresholdAt(scoresOf(z, safe), 0.01));
      const ofKinds = kinds.map(({ name, rows }): [string, Distribution] => {
        const shares = standard.map((z) => histogram(scoresOf(z, rows), { from, width, count }));
        const ranks = standard.map((z) =>
          1 - shareAbove(scoresOf(z, safe), quantile(scoresOf(z, rows), 0.5))
        );
        return [name, {
          shares: shares[0].map((_, b) => mean(shares.map((of) => of[b]))),
          rank: mean(ranks),
        }];
      });
      return [monitor, {
        threshold: mean(thresholds),
        groups: Object.fromEntries(ofKinds),
      }] as const;
    });
    return {
      monitors: Object.keys(scores),
      groups: kinds.map(({ name, rows }) => ({
        name,
        shift: shifts.some((shift) => shift.name === name),
        n: rows.length,
      })),
      bins: Array.from({ length: count + 1 }, (_, b) => from + b * width),
      distributions: Object.fromEntries(entries),
    };
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    const circumstances = { seeds, synthetic };
    const { groups, distributions: { guard } } = findings;
    const unsafe = groups.filter(({ name, shift }) => name !== SAFE && name !== "id" && !shift);
    const below = unsafe.filter(({ name }) => guard.groups[name].rank < 0.5);
    return {
      table: rankTable(findings, circumstances),
      figure: histograms(findings, circumstances),
      reading: `By the guard's score the median unsafe id row lies above ${
        percent(guard.groups.id.rank)
      } of the safe rows, where the threshold asks for 99%. In ${below.length} of ${unsafe.length} kinds of unsafe conversations outside id the median row looks safer to it than the median safe row.`,
    };
  },
});

/** Scores in standard deviations of the safe rows from their mean. */
function standardised(scores: Float64Array, safe: Int32Array): Float64Array {
  const of = [...scoresOf(scores, safe)];
  const centre = mean(of);
  const deviation = Number(std(of, "uncorrected"));
  return scores.map((score) => (score - centre) / Math.max(deviation, 1e-6)); // 1e-6 as in the paper's lambda
}

/** The share of values in each bin; those outside all of them are counted in the nearest. */
function histogram(
  values: Float64Array,
  { from, width, count }: { from: number; width: number; count: number },
): number[] {
  const shares = new Array<number>(count).fill(0);
  for (const value of values) {
    const bin = Math.floor((value - from) / width);
    shares[Math.min(count - 1, Math.max(0, bin))] += 1 / values.length;
  }
  return shares;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** A row a group: where its median row stands among the safe ID rows. */
function rankTable(
  { monitors, groups, distributions }: Findings,
  { seeds, synthetic }: Circumstances,
): Table {
  return {
    title: "Safe ID rows that score below the median row of each group",
    columns: ["group", "n", ...monitors],
    rows: groups.filter(({ name }) => name !== SAFE).map(({ name, shift, n }) => [
      labelOf({ name, shift }),
      String(n),
      ...monitors.map((monitor) => (100 * distributions[monitor].groups[name].rank).toFixed(1)),
    ]),
    notes: [
      `In % of ${groups[0].n} safe ID rows, ${
        meanOver(seeds)
      }; 50 is no difference, and more than 99 is needed`,
      "for half of the group to be flagged at 1% FPR. A description of these rows, without intervals.",
      ...syntheticNotes(synthetic),
    ],
  };
}

function labelOf({ name, shift }: Pick<Group, "name" | "shift">): string {
  return shift ? `${name} (safe)` : name;
}

/** A row of panels a group, a column a monitor; in each, the group's rows before the safe ID rows. */
function histograms(
  { monitors, groups, bins, distributions }: Findings,
  { seeds, synthetic }: Circumstances,
): Figure {
  const shown = groups.filter(({ name }) => name !== SAFE);
  const values = monitors.flatMap((monitor) => {
    const { threshold, groups: of } = distributions[monitor];
    const outline = (kind: string, group: Group, { shares }: Distribution) =>
      bins.map((bin, b) => ({
        ...{ monitor, group: labelOf(group), kind, bin, threshold },
        share: 100 * (shares[b] ?? 0), // the last bin's upper end closes the outline
      }));
    return shown.flatMap((group) => [
      ...outline(SAFE, group, of[SAFE]),
      ...outline(group.shift ? "benign shift" : "unsafe rows", group, of[group.name]),
    ]);
  });
  const kinds = [SAFE, "unsafe rows", "benign shift"];
  return {
    title: {
      text: "Scores of safe and unsafe conversations",
      subtitle: `share of rows in each bin (a panel is 100% high), ${
        meanOver(seeds)
      }; dashed: the threshold at 1% FPR; outer bins hold all beyond${
        synthetic ? "; synthetic conversations" : ""
      }`,
    },
    data: { values },
    facet: {
      row: {
        field: "group",
        type: "nominal",
        sort: shown.map(labelOf),
        title: null,
        header: null,
      },
      column: { field: "monitor", type: "nominal", sort: monitors, title: null },
    },
    spacing: { row: 8, column: 14 },
    spec: {
      width: 140,
      height: 44,
      layer: [
        {
          mark: {
            type: "area",
            interpolate: "step-after",
            opacity: 0.45,
            line: { strokeWidth: 1 },
          },
          encoding: {
            x: {
              field: "bin",
              type: "quantitative",
              scale: { nice: false },
              title: "standard deviations",
              axis: { grid: false, tickCount: 5 },
            },
            y: {
              field: "share",
              type: "quantitative",
              stack: null,
              title: null,
              scale: { domain: [0, 100] },
              axis: null,
            },
            color: {
              field: "kind",
              type: "nominal",
              scale: { domain: kinds, range: ["#56B4E9", "#D55E00", "#B8A000"] },
              title: null,
            },
          },
        },
        {
          // for labels of its own that lie flat, Vega puts wide ones further away than narrow ones
          transform: [{
            filter: {
              and: [equal("monitor", monitors[0]), equal("kind", SAFE), equal("bin", bins[0])],
            },
          }],
          mark: { type: "text", align: "right", dx: -8, fontSize: 11 },
          encoding: { x: { value: 0 }, y: { value: 22 }, text: { field: "group" } },
        },
        {
          mark: { type: "rule", strokeDash: [3, 3], color: "#444" },
          encoding: { x: { aggregate: "max", field: "threshold", type: "quantitative" } },
        },
      ],
    },
  } as Figure;
}

function equal(field: string, value: string | number): object {
  return { field, equal: value };
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
