/**
 * How a budget of alarms is split between an anchor, such as the guard, and detectors beside it: fixed beforehand, or as much for the
 * detectors as costs no more than a stated recall on rows that nothing is reported on.
 *
 * @module
 */
import { tprAtFpr } from "../stats/tpr_at_fpr.ts";
import { fuseSurprisals, type PFusion } from "./p_fusion.ts";

/**
 * What the detectors beside a guard get together of the budget of alarms, in the experiments as in the deployed monitor: half, fixed
 * before it was tried.
 */
export const DETECTORS_SHARE = 0.5;

/**
 * Splits a budget.
 *
 * @param others how many detectors there are beside the anchor, at least 1.
 * @param share what they get together, in [0, 1], in equal parts.
 * @returns weights that sum to 1, the anchor's first.
 */
export function splitBudget(others: number, share: number): number[] {
  return [1 - share, ...new Array<number>(others).fill(share / others)];
}

/** Settings of {@linkcode largestShare}. */
export interface BudgetOptions {
  /** How p-values are combined. */
  how: PFusion;
  /** Shares to choose from, each in [0, 1]; 0 is always one of them. */
  grid: readonly number[];
  /** δ: how much recall the detectors may cost, a share. */
  loss: number;
  /** The false-positive rate at which recall is measured. */
  fpr: number;
}

/**
 * Chooses the detectors' share, as MOOD chooses its weight, but for a loss that may be above 0.
 *
 * @param safe surprisals of safe calibration rows, the anchor's first, each of shape (safe rows).
 * @param unsafe of unsafe ones, in the same order, each of shape (unsafe rows).
 * @param options rule, grid, loss and rate.
 * @returns the largest share at which recall is at least that of the anchor alone, less δ.
 */
export function largestShare(
  safe: readonly Float64Array[],
  unsafe: readonly Float64Array[],
  { how, grid, loss, fpr }: BudgetOptions,
): number {
  const recall = (share: number) => {
    const weights = splitBudget(safe.length - 1, share);
    const [ofSafe, ofUnsafe] = [safe, unsafe].map((of) => fuseSurprisals(how, of, weights));
    return tprAtFpr(ofSafe, ofUnsafe, fpr).tpr;
  };
  const least = recall(0) - loss;
  return Math.max(0, ...grid.filter((share) => recall(share) >= least));
}
