/**
 * What does recall outside ID cost in false alarms on harmless conversations of a new kind, as detectors are given more of the budget?
 *
 * Guard and detectors are fused by the smallest p-value (`lib/detector/p_fusion.ts`), with 0 to 100% of the budget of alarms for the
 * detectors. At every share the threshold is at 1% of safe ID test rows; what is flagged of benign twins and other benign shifts is the
 * price. MOOD (arXiv 2605.21602) has no benign shifts, and so no price.
 *
 * A second rule of operation holds the worst benign shift at a stated rate: the threshold is the highest of the conformal
 * ones, at 1% of safe ID calibration rows and at that rate of each shift that is known. What it does on a shift that is not known is
 * measured by leaving one out at a time. Recall under it takes rows of the shifts for known, which are no rows that recall is measured on.
 *
 *     deno task reproduce --only alarm_budget
 *
 * @module
 */
import type { z } from "zod";
import { splitBudget } from "../lib/detector/budget.ts";
import { difference, measureContrasts } from "../lib/evaluation/contrasts.ts";
import { ALARMS, evaluate, RECALL, type SeedScores } from "../lib/evaluation/evaluation.ts";
import { contrastIn, figureIn } from "../lib/evaluation/findings.ts";
import { SHIFT_MEAN, TWIN_MEAN, withAlarmMeans } from "../lib/evaluation/group_means.ts";
import { groupRows } from "../lib/evaluation/groups.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import { evaluated, fields, list, number, text } from "../lib/experiment/findings_schema.ts";
import { comparison, percentOf } from "../lib/experiment/reading.ts";
import {
  type Circumstances,
  meanOver,
  monitorColor,
  type Results,
  shortened,
  syntheticNotes,
} from "../lib/experiment/recall_table.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import type { Figure } from "../lib/report/figure.ts";
import { type Block, stackedTable } from "../lib/report/stacked_table.ts";
import { inPercent, percentCell, type Table } from "../lib/report/table.ts";
import { HEADLINE_FPR } from "../lib/stats/tpr_at_fpr.ts";
import { DETECTORS, fuseSeeds, scoredMonitors, surprisalsOf } from "../lib/workbench/calibrated.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { fuse, PARTS, type ScoredRows } from "../lib/workbench/fused.ts";
import {
  ALL_KNOWN,
  ID_ALONE,
  leftOut,
  operatedMonitors,
  under,
  underRules,
} from "../lib/workbench/shift_rule.ts";

const TITLE = "Recall for false alarms";
const GUARD = "guard";
const LAMBDA = "lambda";
const SMALLEST = "smallest p";

const findings = evaluated({
  /** The fusions of the curves, share by share within a set of detectors. */
  curves: list(fields({ set: text(), share: number(), monitor: text() })),
  /** Domains of safe rows outside ID. */
  shifts: list(text()),
});
type Findings = z.infer<typeof findings>;

const experiment = defineExperiment({
  name: "alarm_budget",
  question:
    "What does recall outside ID cost in false alarms, as detectors are given more of the budget?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
    sets: { "the paper's": PARTS.slice(1), "all": DETECTORS } as Record<string, readonly string[]>, // of detectors
    shares: [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], // of the budget, for the detectors together
    share: 0.5, // of the fusion under the second rule; its detectors are the paper's
    shiftRate: 0.05, // at which the second rule holds every known shift
  },
  findings,
  needs: (bench) => partsOver(bench, "calibration", "test"),
  async run(bench, { resamples, sets, shares, share, shiftRate }, own) {
    const calibration = await scoredMonitors(bench, "calibration");
    const test = await scoredMonitors(bench, "test");
    const options = { streamName: own("bootstrap"), resamples, fprTargets: [HEADLINE_FPR] };
    const { curves, scores } = curvesOf(calibration, test, sets, shares);
    const fixed = { [GUARD]: test.scores.guard, [LAMBDA]: fuse(PARTS, test, test).scores };
    const along = withAlarmMeans(evaluate(test.rows, { ...fixed, ...scores }, options));
    const shifts = groupRows(test.rows).shifts.map(({ name }) => name);
    const operated = operatedMonitors(calibration, test, share);
    const ruled = underRules(operated, test.rows, shiftRate);
    const held = evaluate(test.rows, ruled.scores, { ...options, calibration: ruled.thresholds });
    return {
      monitors: Object.keys(fixed),
      curves,
      shifts,
      results: {
        ...flaggedIn(along.results),
        ...flaggedIn(held.results, ["id", "overall", "oodMean", ...shifts]),
      },
      contrasts: measureContrasts(
        CONTRASTS,
        (first, second) => shifts.length === 0 ? null : difference(held, first, second),
      ),
    };
  },
  show({ findings, settings: { seeds, config }, suite: { synthetic } }) {
    const circumstances = { seeds, synthetic };
    return {
      table: budgetTable(findings, circumstances, config.shiftRate),
      figure: budgetFigure(findings, circumstances),
      reading: readingOf(findings, config.shiftRate),
    };
  },
});

/** Under each rule, how much more recall the smallest p leaves than others; not comparable where no shift is there to be held. */
const CONTRASTS = [ID_ALONE, ALL_KNOWN].flatMap((rule) =>
  [LAMBDA, GUARD].flatMap((other) =>
    ["id", "oodMean", "overall"].map((group) => ({
      ...{ first: under(SMALLEST, rule), second: under(other, rule), group, metric: RECALL },
    }))
  )
);

/** Fusions with ever more of the budget for the detectors. */
function curvesOf(
  calibration: ScoredRows,
  test: ScoredRows,
  sets: Readonly<Record<string, readonly string[]>>,
  shares: readonly number[],
): { curves: Findings["curves"]; scores: SeedScores } {
  const made = Object.entries(sets).flatMap(([set, detectors]) => {
    const surprisals = surprisalsOf([GUARD, ...detectors], calibration, test);
    return shares.map((share) => ({
      point: { set, share, monitor: `${100 * share}% for ${set} detectors` },
      scores: fuseSeeds("smallest", surprisals, splitBudget(detectors.length, share)),
    }));
  });
  return {
    curves: made.map(({ point }) => point),
    scores: Object.fromEntries(made.map(({ point, scores }) => [point.monitor, scores])),
  };
}

/** What is flagged, without the areas under curves, which thresholds do not change; on all groups by default. */
function flaggedIn(results: Results, wanted?: readonly string[]): Results {
  const flagged = ({ metrics, ...counts }: Results[string][string]) => ({
    ...counts,
    metrics: Object.fromEntries(
      Object.entries(metrics).filter(([name]) => name === RECALL || name === ALARMS),
    ),
  });
  return Object.fromEntries(
    Object.entries(results).map(([monitor, groups]) => [
      monitor,
      Object.fromEntries(
        Object.entries(groups).filter(([group]) => wanted?.includes(group) ?? true)
          .map(([group, of]) => [group, flagged(of)]),
      ),
    ]),
  );
}

/** Where most is to be had outside ID, at what price, and what is left under the second rule. */
function readingOf({ results, curves, contrasts, shifts }: Findings, rate: number): string {
  const recall = (subject: string) =>
    figureIn(results, { subject, group: "oodMean", metric: RECALL });
  const best = curves.reduce((a, b) =>
    (recall(b.monitor)?.estimate ?? -1) > (recall(a.monitor)?.estimate ?? -1) ? b : a
  );
  const alarms = (subject: string) =>
    percentOf(figureIn(results, { subject, group: TWIN_MEAN, metric: ALARMS }));
  const most = `Recall outside id is highest with ${best.monitor}: ${
    percentOf(recall(best.monitor))
  }, where the guard has ${percentOf(recall(GUARD))} and lambda ${percentOf(recall(LAMBDA))}`;
  if (shifts.length === 0) {
    return `${most}. This suite has no harmless conversations of a new kind.`;
  }
  const held = contrastIn(contrasts, {
    first: under(SMALLEST, ALL_KNOWN),
    second: under(LAMBDA, ALL_KNOWN),
    ...{ group: "oodMean", metric: RECALL },
  });
  return `${most}; it flags ${alarms(best.monitor)} of benign twins, the guard ${
    alarms(GUARD)
  }. With every known shift held at ${100 * rate}%, the recall of the smallest p outside id is ${
    comparison(held)
  } against lambda.`;
}

function budgetTable(findings: Findings, { seeds, synthetic }: Circumstances, rate: number): Table {
  const { curves, results, shifts } = findings;
  const percent = 100 * rate;
  return stackedTable(TITLE, [
    curveBlock("monitor", [GUARD, LAMBDA].map((monitor) => [monitor, monitor]), results),
    ...Map.groupBy(curves, ({ set }) => set).entries().map(([set, points]) =>
      curveBlock(
        `${set} detectors`,
        points.map(({ share, monitor }) => [`${100 * share}%`, monitor]),
        results,
      )
    ),
    leftOutBlock(findings),
    ruleBlock(findings),
  ], [
    "Recall on id and outside, mean false alarms on twins and on other benign shifts, in %, with the",
    `threshold at 1% of ${results.guard.id.nSafe} safe ID test rows, ${
      meanOver(seeds)
    }, [95% interval]. Rows:`,
    "the detectors' share of the budget of alarms.",
    ...shifts.length === 0 ? ["This suite has no safe rows outside ID."] : [
      `left out: false alarms on that shift, with the threshold at ${percent}% of the worst of the others and at`,
      "most 1% of safe ID calibration rows; all shifts known: none left out; id alone: all left out.",
    ],
    ...syntheticNotes(synthetic),
  ]);
}

/** A row a fusion: what it notices and what it costs. */
function curveBlock(
  title: string,
  monitors: readonly (readonly [label: string, monitor: string])[],
  results: Results,
): Block {
  const figures = [["id", RECALL], ["oodMean", RECALL], [TWIN_MEAN, ALARMS], [SHIFT_MEAN, ALARMS]];
  return {
    columns: [title, "id", "outside id", "twins", "other shifts"],
    rows: monitors.map(([label, subject]) => [
      label,
      ...figures.map(([group, metric]) =>
        percentCell(figureIn(results, { subject, group, metric }))
      ),
    ]),
  };
}

const OPERATED = [GUARD, LAMBDA, SMALLEST];

/** A row a shift: what is flagged of it where it is not known. */
function leftOutBlock({ shifts, results }: Findings): Block {
  return {
    columns: ["left out", ...OPERATED],
    rows: shifts.map((group) => [
      shortened(group),
      ...OPERATED.map((monitor) =>
        percentCell(
          figureIn(results, { subject: under(monitor, leftOut(group)), group, metric: ALARMS }),
        )
      ),
    ]),
  };
}

/** What recall is left under each rule. */
function ruleBlock({ results, shifts }: Findings): Block {
  const rules = shifts.length === 0 ? [ID_ALONE] : [ID_ALONE, ALL_KNOWN];
  return {
    columns: ["recall outside id", ...OPERATED],
    rows: rules.map((rule) => [
      rule,
      ...OPERATED.map((monitor) =>
        percentCell(
          figureIn(results, { subject: under(monitor, rule), group: "oodMean", metric: RECALL }),
        )
      ),
    ]),
  };
}

/** Recall outside ID against the detectors' share, and against each kind of false alarm. */
function budgetFigure(
  { curves, results, shifts }: Findings,
  { seeds, synthetic }: Circumstances,
): Figure {
  const sets = [...new Set(curves.map(({ set }) => set))];
  const lineOf = (set: string) => `${set} detectors`;
  const color = monitorColor([GUARD, LAMBDA, ...sets.map(lineOf)]);
  const of = (subject: string, group: string, metric: string) => {
    const found = figureIn(results, { subject, group, metric });
    return found === null ? null : inPercent(found);
  };
  const points = [
    { monitor: GUARD, subject: GUARD, share: 0 },
    { monitor: LAMBDA, subject: LAMBDA, share: 0 },
    ...sets.flatMap((set) => [
      { monitor: lineOf(set), subject: GUARD, share: 0 },
      ...curves.filter((point) => point.set === set)
        .map(({ share, monitor }) => ({ monitor: lineOf(set), subject: monitor, share })),
    ]),
  ];
  const panel = (title: string, x: (point: typeof points[number]) => number | undefined) => {
    const values = points.flatMap((point) => {
      const recall = of(point.subject, "oodMean", RECALL);
      const at = x(point);
      if (recall === null || at === undefined) return [];
      const { estimate, low, high } = recall;
      return [{ ...{ monitor: point.monitor, share: point.share }, x: at, y: estimate, low, high }];
    });
    const xAxis = { field: "x", type: "quantitative", title };
    const yTitle = "oodMean recall, %";
    const y = { field: "y", type: "quantitative", title: yTitle };
    const low = { field: "low", type: "quantitative", title: yTitle };
    return {
      ...{ width: 240, height: 220, data: { values } },
      layer: [
        {
          mark: { type: "rule", opacity: 0.35 },
          encoding: { x: xAxis, y: low, y2: { field: "high" }, color },
        },
        { mark: "line", encoding: { x: xAxis, y, color, order: { field: "share" } } },
        { mark: { type: "point", filled: true, size: 30 }, encoding: { x: xAxis, y, color } },
      ],
    };
  };
  const alarms = (group: string, title: string) =>
    panel(title, ({ subject }) => of(subject, group, ALARMS)?.estimate);
  return {
    title: {
      text: TITLE,
      subtitle: `thresholds at 1% of safe ID rows; ${meanOver(seeds)}, 95% intervals${
        synthetic ? "; synthetic conversations" : ""
      }`,
    },
    hconcat: [
      panel("the detectors' share of the budget, %", ({ share }) => 100 * share),
      ...shifts.length === 0 ? [] : [
        alarms(TWIN_MEAN, "false alarms on benign twins, %"),
        alarms(SHIFT_MEAN, "false alarms on other benign shifts, %"),
      ],
    ],
  } as Figure;
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
