/**
 * How a budget of alarms is split between an anchor, such as the guard, and detectors beside it: fixed beforehand, or as much for the
 * detectors as costs no more than a stated recall on rows that nothing is reported on.
 *
 * @module
 */
import { tprAtFpr } from "../stats/tpr_at_fpr.ts";
import { fuseSurprisals, type PFusion } from "./p_fusion.ts";

/** What the detectors beside a guard get together of the budget of alarms in the experiments: half, fixed before it was tried. */
export const DETECTORS_SHARE = 0.5;

/** Shares that one is chosen from, in the experiments as in the deployed monitor. */
export const SHARES: readonly number[] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** δ: recall on unsafe ID calibration rows that the chosen share may cost. */
export const RECALL_LOSS = 0.02;

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

/** A share that was chosen, and what it costs the rows that it was chosen on. */
export interface ChosenShare {
  /** What the detectors get together of the budget, in [0, 1]. */
  share: number;
  /** Share of unsafe calibration rows that the anchor alone recalls. */
  alone: number;
  /** Share of them that is recalled with the detectors; at least `alone` less δ. */
  recall: number;
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
): ChosenShare {
  const recallAt = (share: number) => {
    const weights = splitBudget(safe.length - 1, share);
    const [ofSafe, ofUnsafe] = [safe, unsafe].map((of) => fuseSurprisals(how, of, weights));
    return tprAtFpr(ofSafe, ofUnsafe, fpr).tpr;
  };
  const alone = recallAt(0);
  const afforded = grid.map((share): ChosenShare => ({ share, alone, recall: recallAt(share) }))
    .filter(({ recall }) => recall >= alone - loss);
  return afforded.reduce((a, b) => b.share > a.share ? b : a, { share: 0, alone, recall: alone });
}
