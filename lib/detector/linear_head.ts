/**
 * A guard without a checkpoint of its own: a head on the hidden states of a frozen model, fitted by logistic regression with an
 * L2 penalty on standardised features (see `lib/stats/logistic_regression.ts`), which is convex and needs no seed:
 *
 *     log-odds of unsafe = w · x + b
 *
 * The strength of the penalty is chosen on the training rows alone, by the log loss of rows held out scene by scene.
 *
 * @module
 */
import { denseRows, fitLogisticRegression } from "../stats/logistic_regression.ts";
import { type Features, requireFitting, rowCount, rowOf } from "./detector.ts";
import { chooseC, dealFolds, type LabelledRow } from "./folds.ts";

/** Candidates for the C of the regression, ascending. */
const CANDIDATES: readonly number[] = [1e-4, 1e-3, 1e-2, 1e-1, 1];

/** A fitted head. */
export interface LinearHead {
  /** The C that was chosen. */
  C: number;
  /** w, log-odds per unit of each feature, shape (d). */
  weights: Float64Array;
  /** b, log-odds at x = 0. */
  intercept: number;
}

/**
 * Fits a head; the same rows give the same bits.
 *
 * @param features of the training rows, shape (n, d).
 * @param rows their labels and scenes.
 * @param fixed C, where it is not to be chosen.
 * @returns the head; throws a `UserError` where too few scenes have a label, or a feature is not finite.
 */
export function fitLinearHead(
  features: Features,
  rows: readonly LabelledRow[],
  fixed?: number,
): LinearHead {
  requireFitting("fit a head", features, features.width);
  const what = "a head on hidden states";
  const { scaled, means, deviations } = standardised(features);
  const labels = rows.map(({ malign }) => malign);
  const d = features.width;
  const featuresOf = (chosen: readonly number[]) => {
    const data = new Float64Array(chosen.length * d);
    chosen.forEach((i, k) => data.set(scaled.subarray(i * d, (i + 1) * d), k * d));
    return denseRows(data, d);
  };
  const C = fixed ?? chooseC(CANDIDATES, labels, dealFolds(rows, what), featuresOf);
  const fitted = fitLogisticRegression(denseRows(scaled, d), labels, { C, tolerance: 1e-4 });
  const weights = fitted.weights.map((w, j) => w / deviations[j]);
  const shift = weights.reduce((sum, w, j) => sum + w * means[j], 0);
  return { C, weights, intercept: fitted.intercept - shift };
}

/**
 * A head's logits, as a guard with two labels has them.
 *
 * @param head a fitted head.
 * @param features of n conversations, as wide as those in the fit.
 * @returns of each the logits safe (0) and unsafe (w · x + b), shape (n, 2).
 */
export function headLogits({ weights, intercept }: LinearHead, features: Features): Float32Array {
  requireFitting("score with a head", features, weights.length);
  const logits = new Float32Array(2 * rowCount(features));
  for (let i = 0; i < rowCount(features); i++) {
    logits[2 * i + 1] = rowOf(features, i).reduce((sum, x, j) => sum + weights[j] * x, intercept);
  }
  return logits;
}

/** Features of mean 0 and standard deviation 1; one that never varies stays 0. */
function standardised(features: Features) {
  const [n, d] = [rowCount(features), features.width];
  const means = new Float64Array(d);
  const deviations = new Float64Array(d);
  const each = (visit: (j: number, x: number) => void) =>
    features.data.forEach((x, k) => visit(k % d, x));
  each((j, x) => means[j] += x / n);
  each((j, x) => deviations[j] += (x - means[j]) ** 2 / n);
  deviations.forEach((variance, j) => deviations[j] = Math.sqrt(variance) || 1);
  const scaled = Float64Array.from(features.data, (x, k) => (x - means[k % d]) / deviations[k % d]);
  return { scaled, means, deviations };
}
