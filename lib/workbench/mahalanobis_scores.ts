/**
 * Mahalanobis distances of hidden states to the safe training rows, for whoever needs no other detector on them.
 *
 * @module
 */
import { safeRows } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import { type Features, selectRows } from "../detector/detector.ts";
import type { CovarianceKind } from "../detector/covariance_choice.ts";
import { fitMahalanobis, type Mahalanobis } from "../detector/mahalanobis.ts";
import { covarianceFor } from "./beforehand.ts";
import { forEachGuard, guardSignals } from "./scores.ts";
import type { Workbench } from "./workbench.ts";

/** A hidden state of one guard, pooled over each conversation, C numbers. */
export interface PooledStates {
  /** On the training split, shape (training rows, C). */
  train: Float32Array;
  /** On the rows that are scored, shape (n, C). */
  scored: Float32Array;
}

/**
 * Distances to the safe training rows.
 *
 * @param bench the workbench that the states are from.
 * @param states on training rows and on those scored.
 * @param covariance how it is estimated. Default: as the run has it.
 * @returns distances of the scored rows, shape (n).
 */
export async function mahalanobisDistances(
  bench: Workbench,
  { train, scored }: PooledStates,
  covariance?: CovarianceKind,
): Promise<Float64Array> {
  const width = train.length / bench.suite.train.length;
  const detector = await fitToSafeRows(bench, { data: train, width }, covariance);
  return detector.score({ data: scored, width });
}

/**
 * Fits Mahalanobis distance to the safe training rows.
 *
 * @param bench the workbench that the states are from.
 * @param train a hidden state of every training row, in their order.
 * @param covariance how it is estimated. Default: as the run has it.
 * @returns the detector.
 */
export function fitToSafeRows(
  bench: Pick<Workbench, "suite" | "options">,
  train: Features,
  covariance: CovarianceKind = covarianceFor(bench, train.width),
): Promise<Mahalanobis> {
  const { suite, options: { threads } } = bench;
  return fitMahalanobis(selectRows(train, safeRows(suite.train)), { covariance, threads });
}

/**
 * The paper's Mahalanobis detector: the last layer at the last token, and the covariance that the rows allow: the
 * sample's, as in the paper, unless they are few.
 *
 * @param bench the workbench.
 * @param split which rows are scored.
 * @returns one list of distances for each seed's guard.
 */
export function mahalanobisScores(bench: Workbench, split: Split): Promise<Float64Array[]> {
  return forEachGuard(bench, bench.seeds, async (guard) => {
    const [train] = (await guardSignals(bench, guard, "train")).hidden;
    const [scored] = (await guardSignals(bench, guard, split)).hidden;
    return mahalanobisDistances(bench, { train, scored });
  });
}
