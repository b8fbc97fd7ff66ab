/**
 * The upper tail of scores as an exponential: how far scores lie above a high threshold u, where they do,
 *
 *     P(S − u > y | S > u) = e^(−y / β),   β = mean of S − u where S > u, which is the maximum-likelihood estimate
 *
 * It was chosen before it was tried, over the generalised Pareto distribution of which it is the middle case. A tail of 20 to
 * 50 scores does not tell the shape of a Pareto within ±0.2; and where that comes out negative, the distribution ends: all
 * rows beyond the end get probability 0, and the strangest of them can no longer be told apart. An exponential has one
 * parameter and no end. It is only ever used to rank, so that a wrong tail costs order and nothing that is guaranteed.
 *
 * How well it fits is said by the distance of Kolmogorov and Smirnov between exceedances and fit. Since β was fitted to the
 * same exceedances, its bound is that of Lilliefors, by the formula of Stephens, "EDF statistics for goodness of fit", JASA 69
 * (1974), table 1.
 *
 * @module
 */
import { meanOf } from "../stats/mean.ts";

/** A fitted tail. */
export interface ExponentialTail {
  /** u, in the unit of the scores; the tail is of scores strictly above. */
  threshold: number;
  /** β, in that unit, above 0. */
  scale: number;
  /** How many scores it was fitted to, m. */
  exceedances: number;
  /** The largest difference between the exceedances' distribution and the fit, from 0 to 1. */
  distance: number;
  /** What that is below in 95 of 100 samples of m from an exponential. */
  usualDistance: number;
}

/**
 * Fits the tail of some scores.
 *
 * @param sorted scores, ascending.
 * @param share how many of them are to lie above the threshold, from 0 to 1; fewer do where scores are tied there.
 * @returns the tail; null where no score lies above its threshold, as where all are equal.
 */
export function fitExponentialTail(
  sorted: readonly number[],
  share: number,
): ExponentialTail | null {
  const most = Math.max(1, Math.floor(share * sorted.length));
  const threshold = sorted[sorted.length - 1 - most];
  const exceedances = sorted.slice(-most).map((s) => s - threshold).filter((y) => y > 0);
  const m = exceedances.length;
  if (threshold === undefined || m === 0) return null;
  const scale = meanOf(exceedances);
  const gaps = exceedances.map((y, i) => {
    const fitted = -Math.expm1(-y / scale);
    return Math.max((i + 1) / m - fitted, fitted - i / m);
  });
  const usualDistance = 1.094 / (Math.sqrt(m) + 0.26 + 0.5 / Math.sqrt(m)) + 0.2 / m;
  return { threshold, scale, exceedances: m, distance: Math.max(...gaps), usualDistance };
}
