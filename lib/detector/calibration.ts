/**
 * What a score is worth among the scores of safe conversations: its p-value. Two numbers are made of a score s and n
 * calibration scores, and only the first is guaranteed.
 *
 * **The conformal p-value** (Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005)
 *
 *     p = (1 + #{calibration scores ≥ s}) / (n + 1)
 *
 * counts ties against the alarm. Where a safe row is exchangeable with the calibration rows, P(p ≤ α) ≤ α for every α and n,
 * whatever the distribution of the scores: of such rows, flagging at p ≤ α flags at most a share α on average over
 * calibrations. It says nothing of safe rows of another kind. Rows of one scene resemble each other and those of a new
 * scene are not exchangeable with them one by one: then the guarantee is only as good as the scenes are many.
 *
 * **The surprisal**, −log of the p-value smoothed, is for ranking and fusing. No p above is less than 1 / (n + 1), so that all rows beyond
 * the calibration scores would be tied; beyond the 95% quantile u, where m scores lie, the surprisal goes on along an exponential tail
 * (`exponential_tail.ts`):
 *
 *     −log ((½ + #{calibration scores ≥ s}) / (n + 1))    up to u
 *     −log ((½ + m) / (n + 1)) + (s − u) / β              above
 *
 * The ½ keeps every p below 1, where the sums of Stouffer and Cauchy would be infinite. It rises with the score, and no
 * false-alarm rate may be read off it.
 *
 * @module
 */
import { countBelow } from "../stats/rank.ts";
import { sortFinite } from "../stats/quantile.ts";
import { type ExponentialTail, fitExponentialTail } from "./exponential_tail.ts";

/** The share of calibration scores that the tail is fitted to. */
const TAIL_SHARE = 0.05;

/**
 * No surprisal is larger, in nats: where the tail's scores are next to equal, others would be infinitely far away. Fisher's
 * sum has powers of it, of which that of a dozen monitors is still finite.
 */
const MOST = 1e25;

/** Calibrated scores of one monitor, as plain JSON holds them. */
export interface Calibration {
  /** Scores of safe rows, ascending, at least one. */
  scores: number[];
  /** Of those above the 95% quantile; null where none is, and then all rows beyond the calibration scores are tied. */
  tail: ExponentialTail | null;
}

/**
 * Calibrates a monitor.
 *
 * @param safe its scores of safe rows that it was not fitted to, at least one, finite; danger points up.
 * @returns what scores are held against.
 */
export function fitCalibration(safe: ArrayLike<number>): Calibration {
  if (safe.length === 0) {
    throw new RangeError("Cannot calibrate scores: there must be safe rows, got none");
  }
  const scores = [...sortFinite(safe)];
  return { scores, tail: fitExponentialTail(scores, TAIL_SHARE) };
}

/**
 * The p-values with the guarantee.
 *
 * @param calibration of the monitor.
 * @param scores of rows that are not among those calibrated on, shape (rows).
 * @returns one a row, from 1 / (n + 1) to 1; low is dangerous.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { conformalP, fitCalibration } from "./calibration.ts";
 * const calibration = fitCalibration([1, 2, 2, 3]);
 * assert.deepEqual([...conformalP(calibration, [4, 2, 0])], [1 / 5, 4 / 5, 1]);
 * ```
 */
export function conformalP(
  { scores: known }: Calibration,
  scores: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(
    scores,
    (score) => (1 + known.length - countBelow(known, score)) / (known.length + 1),
  );
}

/**
 * The surprisals, to rank and to fuse by.
 *
 * @param calibration of the monitor.
 * @param scores of any rows, shape (rows).
 * @returns one a row, in nats, above 0; danger points up.
 */
export function surprisal(
  { scores: known, tail }: Calibration,
  scores: ArrayLike<number>,
): Float64Array {
  const n = known.length;
  const ofCount = (count: number) => -Math.log((0.5 + count) / (n + 1));
  return Float64Array.from(
    scores,
    (score) =>
      tail !== null && score > tail.threshold
        ? ofCount(tail.exceedances) + Math.min(MOST, (score - tail.threshold) / tail.scale)
        : ofCount(n - countBelow(known, score)),
  );
}

/**
 * The threshold that a guaranteed rate stands for.
 *
 * @param calibration of the monitor.
 * @param alpha the rate α, in (0, 1).
 * @returns rows strictly above it are those with a conformal p-value of at most α; infinite where there are fewer than
 * 1 / α − 1 calibration scores, which no row can be so far beyond.
 */
export function conformalThreshold({ scores }: Calibration, alpha: number): number {
  const k = conformalRank(scores.length, alpha);
  return k === 0 ? Infinity : scores[scores.length - k];
}

/**
 * Which of the highest calibration scores a guaranteed rate stands for.
 *
 * @param n how many calibration scores there are.
 * @param alpha the rate α, in (0, 1).
 * @returns k, where rows above the k-th highest are flagged; 0 where none can be.
 */
export function conformalRank(n: number, alpha: number): number {
  return Math.floor(alpha * (n + 1) * (1 + 1e-12)); // 0.29 * 100 is 28.999999999999996
}
