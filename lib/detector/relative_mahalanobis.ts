/**
 * Relative Mahalanobis distance (Ren et al. 2021, https://arxiv.org/abs/2106.09022): how much farther a row is from the
 * safe rows than from all rows, so that directions in which everything varies count less.
 *
 *     score(x) = d²(x; safe) − d²(x; all),   d² = (x − μ)ᵀ Σ⁻¹ (x − μ)
 *
 * Distances are squared there and here. Ren et al. share one Σ among the classes; we know one class and fit its own.
 *
 * @module
 */
import type { ExplainingDetector, Features } from "./detector.ts";
import { fitMahalanobis, type MahalanobisOptions } from "./mahalanobis.ts";

/** What is fitted to. */
export interface RelativeTraining {
  /** Features of the safe training rows, shape (n, d). */
  safe: Features;
  /** Features of all training rows, shape (m, d). */
  all: Features;
}

/**
 * Fits on training rows only.
 *
 * @param training safe rows, and all of them.
 * @param options how both covariances are estimated, and threads.
 * @returns a detector; it explains a score by each feature's part of it, shape (d). Throws a `UserError` where
 * {@linkcode fitMahalanobis} does.
 */
export async function fitRelativeMahalanobis(
  { safe, all }: RelativeTraining,
  options: MahalanobisOptions,
): Promise<ExplainingDetector<Features, Float64Array>> {
  const near = await fitMahalanobis(safe, options);
  const background = await fitMahalanobis(all, options);
  return {
    name: "relative mahalanobis",
    score(features) {
      const far = background.score(features);
      return near.score(features).map((distance, i) => distance ** 2 - far[i] ** 2);
    },
    explain(features, i) {
      const far = background.explain(features, i);
      return near.explain(features, i).map((part, j) => part - far[j]);
    },
  };
}
