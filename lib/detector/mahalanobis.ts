/**
 * Mahalanobis distance to the safe training rows, after Lee et al. 2018 (https://arxiv.org/abs/1807.03888) but with one
 * Gaussian, as MOOD (arXiv 2605.21602) has it:
 *
 *     score(x) = √( (x − μ)ᵀ Σ⁻¹ (x − μ) ) = ‖L⁻¹ (x − μ)‖,   Σ = L Lᵀ
 *
 * Σ is the sample covariance (n − 1) with 1e-6 on its diagonal, or Ledoit and Wolf's estimate. MOOD's release works in
 * bfloat16 with a pseudo-inverse; here all is float64 and Σ is never inverted, and where it has no Cholesky factor, that is
 * an error.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { cholesky, SingularMatrixError, solveLower, solveUpper } from "../stats/cholesky.ts";
import type { CovarianceKind } from "./covariance_choice.ts";
import { ledoitWolf, type Moments, moments, sampleCovariance } from "./covariance.ts";
import {
  type ExplainingDetector,
  type Features,
  requireFitting,
  rowCount,
  rowOf,
} from "./detector.ts";

/** Added to the diagonal of the sample covariance, in squared feature units. */
const RIDGE = 1e-6;

/** Rows that are scored together, so that memory stays bounded. */
const BLOCK_ROWS = 256;

/** Options for {@linkcode fitMahalanobis}. */
export interface MahalanobisOptions {
  /** How Σ is estimated; Ledoit and Wolf's shrinkage also serves fewer rows than features. Defaults to "sample". */
  covariance?: CovarianceKind;
  /** Threads that the fit uses; scores do not depend on it. */
  threads: number;
}

/** What a fit finds. */
export interface Gaussian {
  /** μ, shape (d). */
  readonly mean: Float64Array;
  /** L, shape (d, d), lower triangular. */
  readonly lower: Float64Array;
  /** Share of the identity in Ledoit and Wolf's estimate, 0 for the sample covariance. */
  readonly shrinkage: number;
}

/** A fitted Mahalanobis detector; it explains a score by each feature's part of its square, shape (d). */
export interface Mahalanobis extends ExplainingDetector<Features, Float64Array>, Gaussian {}

/**
 * Fits on safe training rows only.
 *
 * @param safe features, shape (n, d); for the sample covariance n > d.
 * @param options the estimate of Σ, and threads.
 * @returns a detector whose score is in standard deviations, 0 at the mean; throws a {@linkcode UserError} on
 * too few rows, on features that are constant or not finite, and where Σ is singular.
 */
export async function fitMahalanobis(
  safe: Features,
  { covariance = "sample", threads }: MahalanobisOptions,
): Promise<Mahalanobis> {
  const { width: d } = safe;
  const plain = covariance === "sample";
  requireRows(rowCount(safe), d, plain);
  const sums = await moments(safe, threads);
  requireVariation(sums, plain);
  const { covariance: sigma, shrinkage } = plain
    ? { covariance: withRidge(sampleCovariance(sums)), shrinkage: 0 }
    : ledoitWolf(safe, sums);
  return mahalanobisOf({ mean: sums.mean, lower: factor(sigma, d, plain), shrinkage });
}

/**
 * The detector of a fit that was made before.
 *
 * @param gaussian what was found.
 * @returns the detector.
 */
export function mahalanobisOf({ mean, lower, shrinkage }: Gaussian): Mahalanobis {
  const d = mean.length;
  return {
    name: "mahalanobis",
    mean,
    lower,
    shrinkage,
    score(features) {
      requireFitting("score with Mahalanobis", features, d);
      return distances(features, mean, lower);
    },
    explain(features, i) {
      const row = { data: rowOf(features, i), width: d };
      requireFitting("explain Mahalanobis", row, d);
      const centred = centredRows(row, mean);
      const precise = solveUpper(lower, solveLower(lower, centred, d)); // Σ⁻¹ (x − μ)
      return centred.map((x, j) => x * precise[j]);
    },
  };
}

function distances(features: Features, mean: Float64Array, lower: Float64Array): Float64Array {
  const { data, width: d } = features;
  const scores = new Float64Array(rowCount(features));
  for (let first = 0; first < scores.length; first += BLOCK_ROWS) {
    const block = { data: data.subarray(first * d, (first + BLOCK_ROWS) * d), width: d };
    const z = solveLower(lower, centredRows(block, mean), d); // (rows, d)
    for (let i = 0; i * d < z.length; i++) {
      scores[first + i] = norm(z.subarray(i * d, (i + 1) * d));
    }
  }
  return scores;
}

function centredRows({ data, width }: Features, mean: Float64Array): Float64Array {
  return Float64Array.from(data, (x, k) => x - mean[k % width]);
}

function norm(z: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < z.length; j++) sum += z[j] ** 2;
  return Math.sqrt(sum);
}

function withRidge(covariance: Float64Array): Float64Array {
  const d = Math.sqrt(covariance.length);
  return covariance.map((c, k) => k % (d + 1) === 0 ? c + RIDGE : c);
}

function factor(sigma: Float64Array, d: number, plain: boolean): Float64Array {
  try {
    return cholesky(sigma, d);
  } catch (cause) {
    if (!(cause instanceof SingularMatrixError)) throw cause;
    throw new UserError(
      `Cannot fit Mahalanobis: the covariance is singular, feature ${cause.column} follows from those before it`,
      plain
        ? "Choose the Ledoit-Wolf covariance (--covariance ledoit-wolf), or leave such features out."
        : "Give more rows.",
      { cause },
    );
  }
}

function requireRows(rows: number, d: number, plain: boolean): void {
  const least = plain ? d + 1 : 2;
  if (rows >= least) return;
  throw new UserError(
    `Cannot fit Mahalanobis: ${d} features need at least ${least} safe training rows, got ${rows}`,
    plain
      ? "Give more safe rows, or choose the Ledoit-Wolf covariance (--covariance ledoit-wolf), whose shrinkage makes up for missing ones."
      : "Give more safe rows.",
  );
}

/** Shrinkage gives constant features the mean variance of the others; the sample covariance has nothing to give. */
function requireVariation({ rows, mean, scatter }: Moments, plain: boolean): void {
  const d = mean.length;
  const constant = [...mean.keys()].filter((j) => !(scatter[j * d + j] > 0));
  if (constant.length === 0 || (!plain && constant.length < d)) return;
  const named = constant.slice(0, 5).join(", ") + (constant.length > 5 ? ", …" : "");
  throw new UserError(
    `Cannot fit Mahalanobis: features must vary, but ${constant.length} of ${d} are the same in all ${rows} rows: ${named}`,
    "Choose another layer or pooling (under max, the first token may always win)" +
      (plain && constant.length < d
        ? ", or the Ledoit-Wolf covariance (--covariance ledoit-wolf)."
        : "."),
  );
}
