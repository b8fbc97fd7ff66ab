/**
 * Does a fusion of calibrated p-values keep what the detectors see, where MOOD's lambda does not?
 *
 * Lambda's weight may cost no recall on ID rows (arXiv 2605.21602), and so is next to nothing. Here every monitor's score becomes a
 * p-value among safe calibration rows, and the p-values are combined by five rules (`lib/detector/p_fusion.ts`): with the smallest, a monitor that
 * is surprised is heard whatever the others say. The guard has half of the budget of alarms, its detectors the other half in equal parts: fixed
 * beforehand; `chosen share` is the largest part, of a grid, that costs at most δ of recall on ID calibration rows. Under
 * the same scores, lambda and the guard alone; the mean of the logarithms is Fisher's order. Thresholds are at 1% of safe ID test rows, as in the paper, so
 * that all stand at the same rate; the guaranteed monitors take theirs from calibration rows alone, by `fitCalibratedFusion`.
 *
 *     deno task reproduce --only calibrated_fusion
 *
 * @module
 */
import type { z } from "zod";
import { OOD_DOMAINS } from "../lib/conversation/domains.ts";
import {
  DETECTORS_SHARE,
  largestShare,
  RECALL_LOSS,
  SHARES,
  splitBudget,
} from "../lib/detector/budget.ts";
import { fusedP } from "../lib/detector/calibrated_fusion.ts";
import { conformalP } from "../lib/detector/calibration.ts";
import { combine } from "../lib/detector/fusion.ts";
import type { PFusion } from "../lib/detector/p_fusion.ts";
import { contrastsOf, FLAGGED, recallContrasts } from "../lib/evaluation/contrasts.ts";
import { ALARMS, evaluate, RECALL, type SeedScores } from "../lib/evaluation/evaluation.ts";
import { contrastIn, figureIn } from "../lib/evaluation/findings.ts";
import { SHIFT_MEAN, TWIN_MEAN, withAlarmMeans } from "../lib/evaluation/group_means.ts";
import {
  evaluateAtP,
  type GuaranteedMonitor,
  promisedShare,
} from "../lib/evaluation/guaranteed.ts";
import { groupRows, scoresOf } from "../lib/evaluation/groups.ts";
import { defineExperiment } from "../lib/experiment/experiment.ts";
import {
  count,
  evaluated,
  fields,
  list,
  named,
  number,
} from "../lib/experiment/findings_schema.ts";
import { comparison, percentOf, recallOf } from "../lib/experiment/reading.ts";
import {
  type Circumstances,
  linesOf,
  meanOver,
  recallFigure,
  shortened,
  syntheticNotes,
} from "../lib/experiment/recall_table.ts";
import { runAsScript } from "../lib/experiment/run_as_script.ts";
import { type Block, stackedTable } from "../lib/report/stacked_table.ts";
import { percentCell, type Table } from "../lib/report/table.ts";
import { HEADLINE_FPR } from "../lib/stats/tpr_at_fpr.ts";
import {
  calibratedFusions,
  calibrationsOf,
  DETECTORS,
  fuseSeeds,
  safeScenes,
  scoredMonitors,
  surprisalsOf,
} from "../lib/workbench/calibrated.ts";
import { partsOver } from "../lib/workbench/planned/needs.ts";
import { bySeed, fuse, PARTS, type ScoredRows } from "../lib/workbench/fused.ts";

const TITLE = "Fusions of calibrated p-values";
const SMALLEST = "smallest p";
const ALL = "smallest p, all detectors";

/** Rules in the order of the table. */
const RULES: Record<string, PFusion> = {
  [SMALLEST]: "smallest",
  "fisher": "fisher",
  "stouffer": "stouffer",
  "cauchy": "cauchy",
  "harmonic mean p": "harmonic",
};

/** A monitor whose threshold is guaranteed, as opposed to that at 1% of the test rows. */
const guaranteed = (monitor: string) => `${monitor}, guaranteed`;

/** Monitors that have a guaranteed threshold too, in the order of the table. */
const GUARANTEED = ["guard", SMALLEST, ALL];

/** How well a monitor's tail fits its calibration rows. */
const tail = fields({ exceedances: count(), distance: number(), usualDistance: number() });

const findings = evaluated({
  /** Of each guaranteed monitor: how many calibration rows its threshold is of, and what share of rows like them it flags. */
  bounds: named(fields({ rows: count(), onAverage: number(), mostly: number() })),
  /** How many scenes the safe ID calibration rows are of. */
  calibrationScenes: count(),
  /** By monitor, its tail under each seed; none where no calibration row lies above the others. */
  tails: named(list(tail.nullable())),
  /** The detectors' share that was chosen on calibration rows, seed by seed. */
  chosenShares: list(number()),
});
type Findings = z.infer<typeof findings>;

const experiment = defineExperiment({
  name: "calibrated_fusion",
  question:
    "Does a fusion of calibrated p-values keep what the detectors see, where MOOD's lambda does not?",
  config: {
    resamples: 2000, // of the bootstrap, over scenes and seeds
    parts: PARTS, // fused by every rule, as by the paper
    detectors: DETECTORS, // fused with the guard by the smallest p
    share: DETECTORS_SHARE, // of the budget of alarms for the detectors together
    grid: SHARES, // to choose from on calibration rows
    loss: RECALL_LOSS, // δ, recall on ID calibration rows that the chosen share may cost
    groups: ["id", "overall", "oodMean", ...OOD_DOMAINS], // on which fusions are compared
  },
  findings,
  needs: (bench) => partsOver(bench, "calibration", "test"),
  async run(bench, { resamples, groups, ...settings }, own) {
    const calibration = await scoredMonitors(bench, "calibration");
    const test = await scoredMonitors(bench, "test");
    const { scores, chosenShares } = fusionsOf(calibration, test, settings);
    const options = { streamName: own("bootstrap"), resamples };
    const atOnePercent = evaluate(test.rows, scores, options);
    const promised = guaranteedMonitors(calibration, test, settings);
    const bounded = evaluateAtP(test.rows, promised, HEADLINE_FPR, options);
    const all = withAlarmMeans({
      results: { ...atOnePercent.results, ...bounded.results },
      replicates: { ...atOnePercent.replicates, ...bounded.replicates },
    });
    const monitors = Object.keys(scores);
    const pairs = monitors.flatMap((name) =>
      ["lambda", "guard"].filter((other) => other !== name).map((other) => [name, other] as const)
    );
    const alarms = [TWIN_MEAN, SHIFT_MEAN].flatMap((group) =>
      pairs.map(([first, second]) => ({ first, second, group, metric: ALARMS }))
    );
    const overTwins = monitors.map((subject) => ({ subject, ...OVER_TWINS }));
    return {
      monitors,
      results: all.results,
      contrasts: {
        ...recallContrasts(all, [...pairs, ...AMONG_OURS], groups),
        ...contrastsOf(all, [...alarms, ...overTwins]),
      },
      bounds: Object.fromEntries(
        Object.entries(promised).map((
          [name, { rows }],
        ) => [name, promisedShare(rows, HEADLINE_FPR)]),
      ),
      calibrationScenes: new Set(safeScenes(calibration)).size,
      tails: tailsOf(["guard", ...settings.detectors], calibration),
      chosenShares,
    };
  },
  show({ findings, settings: { seeds }, suite: { synthetic } }) {
    const { results, contrasts } = findings;
    const shown = ["guard", "lambda", SMALLEST, "fisher", ALL];
    const against = (group: string, metric: string) =>
      comparison(contrastIn(contrasts, { first: SMALLEST, second: "lambda", group, metric }));
    return {
      table: fusionTable(findings, { seeds, synthetic }),
      figure: recallFigure(results, { title: TITLE, monitors: shown, seeds, synthetic }),
      reading:
        `Against lambda on the same scores, the smallest p-value has a recall outside id that is ${
          against("oodMean", RECALL)
        }, on id one that is ${against("id", RECALL)}, and false alarms on benign twins that are ${
          against(TWIN_MEAN, ALARMS)
        }. With its threshold from calibration rows alone it flags ${
          percentOf(figureIn(results, {
            subject: guaranteed(SMALLEST),
            group: "id",
            metric: ALARMS,
          }))
        } of safe id rows, where at most ${
          (100 * findings.bounds[guaranteed(SMALLEST)].onAverage).toFixed(1)
        }% on average is guaranteed; all detectors together recall ${
          percentOf(recallOf(results, ALL, "oodMean"))
        } outside id.`,
    };
  },
});

/** Groups with a column in the table. */
const SHOWN_GROUPS = ["id", "oodMean", "overall"];

/** How much more of failures than of their benign twins is flagged. */
const OVER_TWINS = { first: "oodMean", second: TWIN_MEAN, metric: FLAGGED };

/** Contrasts among our own fusions. */
const AMONG_OURS = [[SMALLEST, "fisher"], [ALL, SMALLEST]] as const;

/** What fusions are made of. */
type Settings = Pick<typeof experiment.config, "parts" | "detectors" | "share" | "grid" | "loss">;

/** The fusions whose thresholds are at 1% of safe ID test rows. */
function fusionsOf(
  calibration: ScoredRows,
  test: ScoredRows,
  { parts, detectors, share, grid, loss }: Settings,
): { scores: SeedScores; chosenShares: number[] } {
  const surprisals = surprisalsOf(parts, calibration, test);
  const weights = splitBudget(parts.length - 1, share);
  const chosenShares = sharesOf(parts, calibration, { grid, loss });
  const all = surprisalsOf(["guard", ...detectors], calibration, test);
  const scores = {
    guard: test.scores.guard,
    "lambda": fuse(parts, test, test).scores,
    "lambda, calibrated": fuse(parts, calibration, test).scores,
    ...Object.fromEntries(
      Object.entries(RULES).map(([name, how]) => [name, fuseSeeds(how, surprisals, weights)]),
    ),
    "largest p": surprisals.map((monitors) => combine("min", monitors)),
    "smallest p, chosen share": surprisals.map((monitors, seed) =>
      fuseSeeds("smallest", [monitors], splitBudget(parts.length - 1, chosenShares[seed]))[0]
    ),
    [ALL]: fuseSeeds("smallest", all, splitBudget(detectors.length, share)),
  };
  return { scores, chosenShares };
}

/** The detectors' share of the budget, chosen on ID calibration rows. */
function sharesOf(
  parts: readonly string[],
  calibration: ScoredRows,
  { grid, loss }: Pick<Settings, "grid" | "loss">,
): number[] {
  const { safe, groups: [id] } = groupRows(calibration.rows);
  return surprisalsOf(parts, calibration, calibration).map((monitors) => {
    const [ofSafe, ofUnsafe] = [safe, id.rows].map((rows) =>
      monitors.map((of) => scoresOf(of, rows))
    );
    return largestShare(ofSafe, ofUnsafe, { how: "smallest", grid, loss, fpr: HEADLINE_FPR }).share;
  });
}

/** The guard, and fusions that are calibrated on two halves of the calibration rows. */
function guaranteedMonitors(
  calibration: ScoredRows,
  test: ScoredRows,
  { parts, detectors, share }: Settings,
): Record<string, GuaranteedMonitor> {
  const guards = calibrationsOf(["guard"], calibration).map(([guard]) => guard);
  const fused = (names: readonly string[]): GuaranteedMonitor => {
    const scores = bySeed(names, test);
    const weights = splitBudget(names.length - 1, share);
    const fusions = calibratedFusions(names, calibration, "smallest", weights);
    return {
      p: fusions.map((fusion, seed) => fusedP(fusion, scores[seed])),
      rows: fusions[0].fused.scores.length,
    };
  };
  return {
    [guaranteed("guard")]: {
      p: guards.map((guard, seed) => conformalP(guard, test.scores.guard[seed])),
      rows: guards[0].scores.length,
    },
    [guaranteed(SMALLEST)]: fused(parts),
    [guaranteed(ALL)]: fused(["guard", ...detectors]),
  };
}

function tailsOf(names: readonly string[], calibration: ScoredRows): Findings["tails"] {
  const seeds = calibrationsOf(names, calibration);
  return Object.fromEntries(
    names.map((name, m) => [name, seeds.map((monitors) => monitors[m].tail)]),
  );
}

function fusionTable(findings: Findings, { seeds, synthetic }: Circumstances): Table {
  const { results, bounds, calibrationScenes } = findings;
  const { rows } = bounds[guaranteed("guard")];
  return stackedTable(TITLE, [
    recallBlock(findings),
    beyondLambdaBlock(findings),
    domainBlock(findings),
    alarmBlock(findings),
    boundBlock(findings),
    tailBlock(findings),
  ], [
    `Recall (TPR) and false alarms in % at 1% FPR on ${results.guard.id.nSafe} safe ID test rows, ${
      meanOver(seeds)
    },`,
    "[95% interval]; beyond lambda: paired differences in points. (safe): false alarms on benign rows.",
    `guaranteed: flagged at p <= ${HEADLINE_FPR} among safe calibration rows (${rows} of ${calibrationScenes} scenes, a half`,
    "for fusions); at most, on average and for 97.5% of calibrations: of rows exchangeable with these.",
    "Rows of a scene resemble each other, so that shares vary more from suite to suite than that.",
    "tail: the largest distance (Kolmogorov-Smirnov) of any seed, and what 95% of exponentials have.",
    ...syntheticNotes(synthetic),
  ]);
}

/** A row a monitor, a column a group. */
function recallBlock({ monitors, results }: Findings): Block {
  return {
    columns: ["recall", "id", "outside id", "overall"],
    rows: monitors.map((monitor) => [
      monitor,
      ...SHOWN_GROUPS.map((group) => percentCell(recallOf(results, monitor, group))),
    ]),
  };
}

function beyondLambdaBlock({ monitors, contrasts }: Findings): Block {
  return {
    columns: ["recall beyond lambda", "id", "outside id", "overall"],
    rows: monitors.filter((monitor) => monitor !== "lambda").map((first) => [
      first,
      ...SHOWN_GROUPS.map((group) =>
        percentCell(contrastIn(contrasts, { first, second: "lambda", group, metric: RECALL }))
      ),
    ]),
  };
}

/** A row a domain, for the fusions that are compared. */
function domainBlock({ monitors, results }: Findings): Block {
  const shown = ["lambda", SMALLEST, ALL];
  const domains = linesOf(results, monitors).filter(({ group }) =>
    !["id", "overall", "oodMean"].includes(group)
  );
  return {
    columns: ["by domain", "lambda", "smallest p", "all detectors"],
    rows: domains.map(({ group, shift, metric }) => [
      shift ? `${shortened(group)} (safe)` : shortened(group),
      ...shown.map((subject) => percentCell(figureIn(results, { subject, group, metric }))),
    ]),
  };
}

/** What is flagged of benign rows, and how much less than of failures. */
function alarmBlock({ monitors, results, contrasts }: Findings): Block {
  return {
    columns: ["mean false alarms", "twins", "other shifts", "failures beyond twins"],
    rows: monitors.map((subject) => [
      subject,
      ...[TWIN_MEAN, SHIFT_MEAN].map((group) =>
        percentCell(figureIn(results, { subject, group, metric: ALARMS }))
      ),
      percentCell(contrastIn(contrasts, { subject, ...OVER_TWINS })),
    ]),
  };
}

function boundBlock({ results, bounds }: Findings): Block {
  const percent = (share: number) => (100 * share).toFixed(1);
  return {
    columns: ["safe ID rows, guaranteed", "flagged", "at most on average", "mostly at most"],
    rows: GUARANTEED.map((monitor) => [guaranteed(monitor), monitor]).map(([subject, monitor]) => [
      monitor,
      percentCell(figureIn(results, { subject, group: "id", metric: ALARMS })),
      percent(bounds[subject].onAverage),
      percent(bounds[subject].mostly),
    ]),
  };
}

function tailBlock({ tails }: Findings): Block {
  return {
    columns: ["tail", "rows in it", "distance", "usual distance"],
    rows: ["guard", ...DETECTORS].flatMap((monitor) => {
      const found = tails[monitor].filter((tail) => tail !== null);
      if (found.length === 0) return [];
      const worst = found.reduce((a, b) => b.distance > a.distance ? b : a);
      const { exceedances, distance, usualDistance } = worst;
      return [[monitor, String(exceedances), distance.toFixed(2), usualDistance.toFixed(2)]];
    }),
  };
}

export default experiment;
if (import.meta.main) await runAsScript(experiment);
