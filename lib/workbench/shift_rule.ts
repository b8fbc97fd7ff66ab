/**
 * A rule of operation that holds the worst benign shift at a stated rate: the threshold is the highest of the conformal ones, at
 * 1% of safe ID calibration rows and at the stated rate of each shift that is known. Of rows exchangeable with those of a known
 * shift, no more than the rate is flagged; a shift that is not known is promised nothing.
 *
 * @module
 */
import { splitBudget } from "../detector/budget.ts";
import { fusedSurprisals } from "../detector/calibrated_fusion.ts";
import { type Calibration, conformalThreshold, fitCalibration } from "../detector/calibration.ts";
import type { SeedScores } from "../evaluation/evaluation.ts";
import { groupRows, scoresOf } from "../evaluation/groups.ts";
import { HEADLINE_FPR } from "../stats/tpr_at_fpr.ts";
import { calibratedFusions, calibrationsOf } from "./calibrated.ts";
import { bySeed, fuse, PARTS, type ScoredRows } from "./fused.ts";

/** A monitor of which nothing was chosen on test rows, under one seed. */
export interface Operated {
  /** Its scores of safe ID calibration rows. */
  safe: Calibration;
  /** Its scores of test rows, shape (rows). */
  scores: Float64Array;
}

/** Monitors under rules of operation, ready to be evaluated. */
export interface Ruled {
  /** By monitor and rule, for each seed, shape (rows). */
  scores: SeedScores;
  /** By monitor and rule, the threshold of each seed: a list of one. */
  thresholds: SeedScores;
}

/** The rule that knows no shift, and so is that of safe ID rows alone. */
export const ID_ALONE = "id alone";

/** The rule that knows all of them. */
export const ALL_KNOWN = "all shifts known";

/**
 * The rule that knows all but one.
 *
 * @param shift the one.
 * @returns its name.
 */
export function leftOut(shift: string): string {
  return `${shift} left out`;
}

/**
 * A monitor under a rule.
 *
 * @param monitor its name.
 * @param rule the rule's.
 * @returns the name of both.
 */
export function under(monitor: string, rule: string): string {
  return `${monitor}, ${rule}`;
}

/**
 * Guard, calibrated lambda and the smallest p of the paper's monitors.
 *
 * @param calibration rows to fit and calibrate on.
 * @param test rows to score.
 * @param share of the budget of alarms for the detectors under the smallest p.
 * @returns `guard`, `lambda` and `smallest p`, seed by seed.
 */
export function operatedMonitors(
  calibration: ScoredRows,
  test: ScoredRows,
  share: number,
): Record<"guard" | "lambda" | "smallest p", Operated[]> {
  const { safe } = groupRows(calibration.rows);
  const lambda = fuse(PARTS, calibration, test).scores;
  const weights = splitBudget(PARTS.length - 1, share);
  const scores = bySeed(PARTS, test);
  return {
    "guard": calibrationsOf(["guard"], calibration)
      .map(([safe], seed) => ({ safe, scores: test.scores.guard[seed] })),
    "lambda": fuse(PARTS, calibration, calibration).scores
      .map((of, seed) => ({ safe: fitCalibration(scoresOf(of, safe)), scores: lambda[seed] })),
    "smallest p": calibratedFusions(PARTS, calibration, "smallest", weights)
      .map((fusion, seed) => ({
        safe: fusion.fused,
        scores: fusedSurprisals(fusion, scores[seed]),
      })),
  };
}

/**
 * Puts monitors under every rule: no shift known, all known, and each left out.
 *
 * @param monitors by name, for each seed.
 * @param rows of their scores.
 * @param shiftRate at which known shifts are held, in (0, 1).
 * @returns scores and thresholds, named by {@linkcode under}.
 */
export function underRules(
  monitors: Readonly<Record<string, readonly Operated[]>>,
  rows: ScoredRows["rows"],
  shiftRate: number,
): Ruled {
  const { shifts } = groupRows(rows);
  const rules = [
    { rule: ID_ALONE, known: [] },
    { rule: ALL_KNOWN, known: shifts },
    ...shifts.map((shift) => ({
      rule: leftOut(shift.name),
      known: shifts.filter((other) => other !== shift),
    })),
  ];
  const thresholdOf = ({ safe, scores }: Operated, known: typeof shifts) => {
    const ofShifts = known.map(({ rows }) =>
      conformalThreshold(fitCalibration(scoresOf(scores, rows)), shiftRate)
    );
    const highest = Math.max(conformalThreshold(safe, HEADLINE_FPR), ...ofShifts);
    return Float64Array.of(Math.min(Number.MAX_VALUE, highest)); // infinite where rows are so few that none may be flagged
  };
  const made = Object.entries(monitors).flatMap(([monitor, seeds]) =>
    rules.map(({ rule, known }) => ({
      name: under(monitor, rule),
      scores: seeds.map(({ scores }) => scores),
      thresholds: seeds.map((seed) => thresholdOf(seed, known)),
    }))
  );
  return {
    scores: Object.fromEntries(made.map(({ name, scores }) => [name, scores])),
    thresholds: Object.fromEntries(made.map(({ name, thresholds }) => [name, thresholds])),
  };
}
