/**
 * Monitors that flag by conformal p-values, and what is promised of them: a row is flagged where p ≤ α, so that no row that is
 * reported on has a say in the threshold.
 *
 * @module
 */
import { conformalRank } from "../detector/calibration.ts";
import { shareAboveHighest } from "../stats/rate_interval.ts";
import {
  evaluate,
  type EvaluatedRow,
  type Evaluation,
  type EvaluationOptions,
} from "./evaluation.ts";

/** A monitor with conformal p-values. */
export interface GuaranteedMonitor {
  /** Of the rows evaluated, for each seed. */
  p: readonly Float64Array[];
  /** How many calibration rows they are ranks among. */
  rows: number;
}

/**
 * Evaluates what is flagged.
 *
 * @param rows labelled rows, none of which is a calibration row.
 * @param monitors by name.
 * @param alpha α, in (0, 1).
 * @param options random stream and resamples; thresholds are held fixed.
 * @returns figures under the names of metrics at the rate α, such as `recall@0.01` and `fpr@0.01`.
 */
export function evaluateAtP(
  rows: readonly EvaluatedRow[],
  monitors: Readonly<Record<string, GuaranteedMonitor>>,
  alpha: number,
  options: Pick<EvaluationOptions, "streamName" | "resamples">,
): Evaluation {
  const threshold = Float64Array.of(-alpha * (1 + 1e-9)); // −p lies strictly above it where p ≤ α
  const each = (make: (p: Float64Array) => Float64Array) =>
    Object.fromEntries(Object.entries(monitors).map(([name, { p }]) => [name, p.map(make)]));
  return evaluate(rows, each((p) => p.map((value) => -value)), {
    ...options,
    fprTargets: [alpha],
    calibration: each(() => threshold),
  });
}

/** What is promised of safe rows that are exchangeable with the calibration rows. */
export interface Promised {
  /** How many calibration rows there are, n. */
  rows: number;
  /** The share flagged on average over calibrations, at most α: k / (n + 1) where no scores are tied. */
  onAverage: number;
  /** The share that is flagged at most by 97.5% of calibrations. */
  mostly: number;
}

/**
 * What share of safe rows is flagged at p ≤ α.
 *
 * @param rows how many calibration rows there are.
 * @param alpha α, in (0, 1).
 * @returns shares of rows exchangeable with these.
 */
export function promisedShare(rows: number, alpha: number): Promised {
  const k = conformalRank(rows, alpha);
  return { rows, onAverage: k / (rows + 1), mostly: shareAboveHighest(rows, k, 0.975) };
}
