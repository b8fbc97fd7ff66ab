/**
 * A fused monitor whose own flagged share is guaranteed. Calibration happens twice: each monitor's scores become surprisals, these are
 * fused, and the fused scores get conformal p-values of their own, which need no assumption on how the monitors depend on
 * one another.
 *
 * The two steps take different rows. Were they the same, a calibration row would be held against itself in the first
 * step and a new row would not, and more than a share α of new rows would be flagged: at α = 1%, 200 rows and 7 monitors some 2.0%,
 * 750 rows and 7 monitors 1.1% instead of 0.9% (simulated, as in the test). Half of the rows for each step give the guarantee back; it
 * costs the second step half its rows, so that the rate reached on one set of calibration rows varies by √2 more, and
 * none is flagged at α with fewer than 2 (1 / α − 1) rows. Rows of one scene go to the same half.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { type Calibration, conformalP, fitCalibration, surprisal } from "./calibration.ts";
import { dealScenes } from "./deal_scenes.ts";
import { fuseSurprisals, type PFusion } from "./p_fusion.ts";

/** A fused monitor, as plain JSON holds it. */
export interface CalibratedFusion {
  /** How p-values are combined. */
  how: PFusion;
  /** What each monitor's alarms may take of the budget; they sum to 1. */
  weights: number[];
  /** Of each monitor, on the first half of the rows. */
  parts: Calibration[];
  /** Of the fused scores, on the second half. */
  fused: Calibration;
}

/** Settings of {@linkcode fitCalibratedFusion}. */
export interface CalibratedFusionOptions {
  /** How p-values are combined. */
  how: PFusion;
  /** Of the monitors, at least 0, summing to 1; chosen without a look at the second half of the safe rows. */
  weights: readonly number[];
  /** For each row its scene, or its id where it has none: rows with the same are kept together. */
  scenes: readonly string[];
}

/**
 * Calibrates monitors and their fusion.
 *
 * @param safe each monitor's scores of safe calibration rows, shape (rows).
 * @param options rule, weights and scenes.
 * @returns the fused monitor; throws a {@linkcode UserError} where there are fewer than two scenes.
 */
export function fitCalibratedFusion(
  safe: readonly Float64Array[],
  { how, weights, scenes }: CalibratedFusionOptions,
): CalibratedFusion {
  const [first, second] = halvesByScene(scenes);
  const select = (rows: readonly number[]) =>
    safe.map((of) => Float64Array.from(rows, (i) => of[i]));
  const parts = select(first).map((of) => fitCalibration(of));
  const fusion = { how, weights: [...weights], parts };
  return { ...fusion, fused: fitCalibration(fusedSurprisals(fusion, select(second))) };
}

/**
 * Fused scores, to rank by.
 *
 * @param fusion a fused monitor.
 * @param scores of its monitors in their order, each of shape (rows).
 * @returns one a row, shape (rows), as {@linkcode fuseSurprisals} gives them; danger points up.
 */
export function fusedSurprisals(
  { how, weights, parts }: Pick<CalibratedFusion, "how" | "weights" | "parts">,
  scores: readonly Float64Array[],
): Float64Array {
  return fuseSurprisals(how, scores.map((of, m) => surprisal(parts[m], of)), weights);
}

/**
 * The fused monitor's p-values, which carry the guarantee.
 *
 * @param fusion a fused monitor.
 * @param scores of its monitors in their order, on rows that it was not calibrated on, each of shape (rows).
 * @returns one a row, shape (rows): of safe rows exchangeable with the calibration rows, at most a share α has p ≤ α.
 */
export function fusedP(fusion: CalibratedFusion, scores: readonly Float64Array[]): Float64Array {
  return conformalP(fusion.fused, fusedSurprisals(fusion, scores));
}

/**
 * Deals rows to two halves, scene by scene in the order of the scenes' hashes.
 *
 * @param scenes of the rows.
 * @returns the rows of each half, ascending; throws a {@linkcode UserError} where there are fewer than two scenes.
 */
export function halvesByScene(scenes: readonly string[]): [first: number[], second: number[]] {
  const halfOf = dealScenes(scenes, 2);
  if (halfOf.size < 2) {
    throw new UserError(
      `Cannot calibrate a fusion: safe calibration rows must be of at least 2 scenes, got ${halfOf.size}`,
      "Add safe calibration rows: one half calibrates the monitors, the other their fusion.",
    );
  }
  const half = (wanted: number) =>
    [...scenes.keys()].filter((row) => halfOf.get(scenes[row]) === wanted);
  return [half(0), half(1)];
}
