/**
 * The ROC curve and the area under it, of scores that rise with danger. The area is the chance that
 * an unsafe score exceeds a safe one, ties counted half (Mann-Whitney):
 *
 *     AUROC = Σᵤ ( #{safe < u} + #{safe ≤ u} ) / (2 · nSafe · nUnsafe)
 *
 * mathjs has no ROC curves. Counts are whole numbers and divided once, so that no order of the rows
 * and no other way of counting changes a digit.
 *
 * @module
 */
import { sortFinite } from "./quantile.ts";

/**
 * Area under the ROC curve.
 *
 * @param safe scores of safe rows, at least one, finite.
 * @param unsafe scores of unsafe rows, at least one, finite.
 * @returns a share in [0, 1]; 0.5 is chance.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { auroc } from "./roc.ts";
 * assert.equal(auroc([1, 2], [2, 3]), 0.875); // 3 of 4 pairs in order, and one tie
 * ```
 */
export function auroc(safe: ArrayLike<number>, unsafe: ArrayLike<number>): number {
  requireBothClasses("AUROC", safe, unsafe);
  const sorted = sortFinite(safe);
  const ranked = sortFinite(unsafe);
  let twice = 0;
  for (let i = 0, below = 0, upTo = 0; i < ranked.length; i++) {
    while (below < sorted.length && sorted[below] < ranked[i]) below++;
    while (upTo < sorted.length && sorted[upTo] <= ranked[i]) upTo++;
    twice += below + upTo;
  }
  return twice / (2 * sorted.length * ranked.length);
}

/**
 * One corner of a ROC curve: what is reached when all scores at or over the threshold are flagged.
 */
export interface RocPoint {
  /** The lowest score flagged; Infinity where none is. */
  threshold: number;
  /** Share of safe rows flagged. */
  fpr: number;
  /** Share of unsafe rows flagged. */
  tpr: number;
}

/**
 * The ROC curve.
 *
 * @param safe scores of safe rows, at least one, finite.
 * @param unsafe scores of unsafe rows, at least one, finite.
 * @returns points from (0, 0) to (1, 1), one for each distinct score, thresholds falling.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rocCurve } from "./roc.ts";
 * const rates = rocCurve([1, 2], [2, 3]).map(({ fpr, tpr }) => [fpr, tpr]);
 * assert.deepEqual(rates, [[0, 0], [0, 0.5], [0.5, 1], [1, 1]]);
 * ```
 */
export function rocCurve(safe: ArrayLike<number>, unsafe: ArrayLike<number>): RocPoint[] {
  requireBothClasses("a ROC curve", safe, unsafe);
  const [s, u] = [sortFinite(safe), sortFinite(unsafe)];
  const points: RocPoint[] = [{ threshold: Infinity, fpr: 0, tpr: 0 }];
  let [i, j] = [s.length, u.length]; // from here on, flagged
  while (i > 0 || j > 0) {
    const threshold = Math.max(i > 0 ? s[i - 1] : -Infinity, j > 0 ? u[j - 1] : -Infinity);
    while (i > 0 && s[i - 1] === threshold) i--;
    while (j > 0 && u[j - 1] === threshold) j--;
    points.push({ threshold, fpr: 1 - i / s.length, tpr: 1 - j / u.length });
  }
  return points;
}

/**
 * Throws where a class has no rows, so that a metric would be undefined.
 *
 * @param what the metric, for the message.
 * @param safe scores of safe rows.
 * @param unsafe scores of unsafe rows.
 */
export function requireBothClasses(
  what: string,
  safe: ArrayLike<number>,
  unsafe: ArrayLike<number>,
): void {
  if (safe.length === 0 || unsafe.length === 0) {
    throw new RangeError(
      `Cannot compute ${what}: both classes must have rows, got ${safe.length} safe and ${unsafe.length} unsafe`,
    );
  }
}
