/**
 * Fuses monitors by their p-values, so that one that is surprised is heard whatever the others say. Each function takes the
 * surprisals l = −log p of one row (`calibration.ts`) and the monitors' weights w, which sum to 1.
 *
 * | name       | what it combines                                 | source                                                              |
 * | ---------- | ------------------------------------------------ | ------------------------------------------------------------------- |
 * | `smallest` | the smallest p, of a budget of alarms that is split: 1 − (1 − p)^(1/w) | Tippett 1931; Šidák, JASA 62 (1967)           |
 * | `fisher`   | the sum of log p, against χ² with 2 k degrees of freedom; no weights   | Fisher, "Statistical methods for research workers", 1932 |
 * | `stouffer` | the normal quantiles of 1 − p: Σ w z / √Σ w²     | Stouffer et al. 1949; weights: Lipták 1958                          |
 * | `cauchy`   | Σ w tan((½ − p) π), against a Cauchy distribution | Liu and Xie, JASA 115 (2020)                                       |
 * | `harmonic` | the harmonic mean of p: 1 / Σ (w / p)            | Wilson, PNAS 116 (2019)                                             |
 *
 * All but `stouffer` return −log of the combined p in nats; that returns the z of which p is the upper tail. Such p would be exact
 * for monitors that are independent (`smallest`, `fisher`, `stouffer`) or nearly so for small p whatever their dependence (`cauchy`); ours are
 * not independent, so that a fused score is calibrated again before a rate is read off it. p-values far below the smallest
 * double keep their order, since everything is done on logarithms.
 *
 * @module
 */
import { normalQuantile } from "../stats/normal_quantile.ts";

/** How p-values are combined. */
export type PFusion = "smallest" | "fisher" | "stouffer" | "cauchy" | "harmonic";

/** Above this surprisal, 1 − p is 1 to 13 digits. */
const TINY_P = 30;

type Combine = (surprisals: readonly number[], weights: readonly number[]) => number;

const COMBINED: Record<PFusion, Combine> = {
  smallest: (surprisals, weights) => Math.max(...surprisals.map((l, i) => sidak(l, weights[i]))),
  fisher: (surprisals) => {
    const sum = surprisals.reduce((total, l) => total + l, 0);
    // the tail of χ² with 2 k degrees of freedom at 2 x is e^−x Σ x^j / j! for j < k
    let [term, series] = [1, 1];
    for (let j = 1; j < surprisals.length; j++) series += term *= sum / j;
    return sum - Math.log(series);
  },
  stouffer: (surprisals, weights) =>
    surprisals.reduce((sum, l, i) => sum + weights[i] * normalQuantile(l), 0) /
    Math.hypot(...weights),
  cauchy: (surprisals, weights) => {
    const most = Math.max(...surprisals);
    // tan((½ − p) π) = 1 / tan(p π), which is 1 / (p π) for tiny p; all divided by e^most, which may be over the largest double
    const scaled = surprisals.reduce((sum, l, i) => {
      const term = l > TINY_P
        ? Math.exp(l - most) / Math.PI
        : Math.exp(-most) / Math.tan(Math.PI * Math.exp(-l));
      return sum + weights[i] * term;
    }, 0);
    if (most > TINY_P) return Math.log(Math.PI * scaled) + most; // p is 1 / (π T)
    return -Math.log(Math.atan2(1, scaled * Math.exp(most)) / Math.PI); // ½ − atan(T) / π, to all digits
  },
  harmonic: (surprisals, weights) => {
    const most = Math.max(...surprisals);
    return most +
      Math.log(surprisals.reduce((sum, l, i) => sum + weights[i] * Math.exp(l - most), 0));
  },
};

/** −log (1 − (1 − p)^(1/w)); for tiny p that is 1/w times p, Bonferroni's. */
function sidak(surprisal: number, weight: number): number {
  if (surprisal > TINY_P) return surprisal + Math.log(weight);
  return -Math.log(-Math.expm1(Math.log1p(-Math.exp(-surprisal)) / weight));
}

/**
 * Fuses row by row.
 *
 * @param how the rule.
 * @param surprisals of at least one monitor, each of shape (rows), above 0.
 * @param weights of the monitors, at least 0, summing to 1; those with none are not heard. Equal by default.
 * @returns one score a row, shape (rows); danger points up.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fuseSurprisals } from "./p_fusion.ts";
 * const [guard, detector] = [Float64Array.of(Math.log(2)), Float64Array.of(Math.log(100))];
 * const [p] = fuseSurprisals("smallest", [guard, detector]).map((l) => Math.exp(-l));
 * assert.ok(Math.abs(p - 0.0199) < 1e-9); // 1 − 0.99²
 * ```
 */
export function fuseSurprisals(
  how: PFusion,
  surprisals: readonly Float64Array[],
  weights: readonly number[] = surprisals.map(() => 1 / surprisals.length),
): Float64Array {
  requireWeights(surprisals, weights);
  const heard = [...weights.keys()].filter((i) => weights[i] > 0);
  const heardWeights = heard.map((i) => weights[i]);
  return surprisals[0].map((_, row) =>
    COMBINED[how](heard.map((i) => surprisals[i][row]), heardWeights)
  );
}

/**
 * Which monitor the smallest p is of: the one that spoke.
 *
 * @param surprisals of at least one monitor, each of shape (rows), above 0.
 * @param weights of the monitors, at least 0, summing to 1.
 * @returns for each row the index of the monitor, shape (rows); of those that are equal, the first.
 */
export function loudest(
  surprisals: readonly Float64Array[],
  weights: readonly number[],
): Int32Array {
  requireWeights(surprisals, weights);
  return Int32Array.from(surprisals[0], (_, row) => {
    const heard = surprisals.map((of, m) => weights[m] === 0 ? 0 : sidak(of[row], weights[m]));
    return heard.indexOf(Math.max(...heard));
  });
}

function requireWeights(surprisals: readonly Float64Array[], weights: readonly number[]): void {
  const lengths = surprisals.map(({ length }) => length);
  if (lengths.length === 0 || lengths.some((length) => length !== lengths[0])) {
    throw new RangeError(
      `Cannot fuse: there must be monitors with one surprisal a row each, got ${
        lengths.join(", ") || "none"
      }`,
    );
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (
    weights.length !== surprisals.length || weights.some((weight) => !(weight >= 0)) ||
    Math.abs(sum - 1) > 1e-9
  ) {
    throw new RangeError(
      `Cannot fuse: ${surprisals.length} weights must be at least 0 and sum to 1, got ${
        weights.join(", ")
      }`,
    );
  }
}
