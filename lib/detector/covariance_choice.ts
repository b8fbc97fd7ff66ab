/**
 * Which estimate of the covariance serves how many rows. Apart from the estimates themselves, which need native code.
 *
 * @module
 */

/** The estimates that there are. */
export const COVARIANCES = ["sample", "ledoit-wolf"] as const;

/** The name of one. */
export type CovarianceKind = typeof COVARIANCES[number];

/** The sample covariance is taken by default where there are so many times as many rows as features. */
export const ROWS_PER_FEATURE = 2;

/**
 * The estimate that is taken by default. With as many rows as features, or fewer, the sample covariance cannot be inverted; with
 * a few more it can, but its small eigenvalues are noise, and distances are made of these.
 *
 * @param rows n, the safe training rows.
 * @param width d, the features.
 * @returns the sample covariance where n >= 2 d, else Ledoit and Wolf's.
 */
export function usualCovariance(rows: number, width: number): CovarianceKind {
  return rows >= ROWS_PER_FEATURE * width ? "sample" : "ledoit-wolf";
}
