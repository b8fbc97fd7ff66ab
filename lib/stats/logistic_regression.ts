/**
 * Binary logistic regression with an L2 penalty on the weights, none on the intercept, for sparse
 * and dense features alike. The objective is that of scikit-learn:
 *
 *     f(w, b) = C Σᵢ log(1 + exp(−sᵢ zᵢ)) + ½ ‖w‖²,   z = X w + b,   s = 2 y − 1
 *
 * It is convex with one minimum. Newton's method finds it: each step is solved by conjugate
 * gradients, only as exactly as pays (Dembo and Steihaug 1983), then shortened until f falls enough
 * (Armijo).
 *
 * Written here because no package of npm does this: mathjs fits no models, and
 * `ml-logistic-regression` takes a fixed number of gradient steps on dense matrices, without
 * penalty and without saying how far from the minimum it stopped. The bag of words has thousands of
 * mostly empty columns, and a fit must be the same one whatever it starts from.
 *
 * @module
 */
/** A feature matrix X of shape (n, d), known by its two products. */
export interface FeatureRows {
  /** Number of rows. */
  readonly n: number;
  /** Number of features. */
  readonly d: number;
  /** X v for v of shape (d) or longer, shape (n); what is longer is not looked at. */
  times(v: Float64Array): Float64Array;
  /** Xᵀ u for u of shape (n), written to the first d entries of `out`, which hold zeros. */
  transposedTimes(u: Float64Array, out: Float64Array): void;
}

/** The nonzero features of one row. */
export interface SparseRow {
  /** Which features, each at most once, in [0, d). */
  columns: ArrayLike<number>;
  /** Their values, finite. */
  values: ArrayLike<number>;
}

/** A fitted logistic regression. */
export interface LogisticModel {
  /** Log-odds per unit of each feature, shape (d). */
  weights: Float64Array;
  /** Log-odds of a row of zeros. */
  intercept: number;
}

/** Options for {@linkcode fitLogisticRegression}. */
export interface LogisticOptions {
  /** Weight of the data against the penalty, > 0; larger fits closer. Defaults to 1. */
  C?: number;
  /**
   * Stops once ‖∇f‖ is at most this. The penalty makes f strongly convex, so it also bounds the
   * distance of the weights to the optimum. Defaults to 1e-6.
   */
  tolerance?: number;
  /** Where to begin: changes the time, and the result within the tolerance. Defaults to zeros. */
  start?: LogisticModel;
}

const MAX_STEPS = 100; // of Newton; 5 to 15 are usual
/** Of conjugate gradients in one Newton step; a rough direction still descends. */
const MAX_SOLVER_STEPS = 1000;

/**
 * Puts sparse rows together in compressed form (CSR).
 *
 * @param rows n rows; an empty one is all zeros.
 * @param d number of features.
 * @returns the matrix; throws where a column is out of range or a value is not finite.
 */
export function sparseRows(rows: readonly SparseRow[], d: number): FeatureRows {
  const n = rows.length;
  const starts = new Int32Array(n + 1);
  rows.forEach((row, i) => starts[i + 1] = starts[i] + row.columns.length);
  const columns = new Int32Array(starts[n]);
  const values = new Float64Array(starts[n]);
  rows.forEach((row, i) => {
    checkRow(row, i, d);
    columns.set(row.columns, starts[i]);
    values.set(row.values, starts[i]);
  });
  return {
    n,
    d,
    times(v) {
      const out = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let k = starts[i]; k < starts[i + 1]; k++) sum += values[k] * v[columns[k]];
        out[i] = sum;
      }
      return out;
    },
    transposedTimes(u, out) {
      for (let i = 0; i < n; i++) {
        for (let k = starts[i]; k < starts[i + 1]; k++) out[columns[k]] += values[k] * u[i];
      }
    },
  };
}

/**
 * Reads dense features, row by row.
 *
 * @param values features, shape (n, d), finite; not copied.
 * @param d number of features.
 * @returns the matrix; throws where a value is not finite or the length is no multiple of d.
 */
export function denseRows(values: Float32Array | Float64Array, d: number): FeatureRows {
  const n = values.length / d;
  if (!Number.isInteger(n)) {
    throw new RangeError(
      `Cannot read dense rows: there must be n · ${d} values, got ${values.length}`,
    );
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw notFinite(Math.floor(bad / d), bad % d, values[bad]);
  return {
    n,
    d,
    times(v) {
      const out = new Float64Array(n);
      for (let i = 0, k = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; j < d; j++, k++) sum += values[k] * v[j];
        out[i] = sum;
      }
      return out;
    },
    transposedTimes(u, out) {
      for (let i = 0, k = 0; i < n; i++) {
        for (let j = 0; j < d; j++, k++) out[j] += values[k] * u[i];
      }
    },
  };
}

/**
 * Fits weights and intercept; the same input gives the same bits.
 *
 * @param rows features, shape (n, d).
 * @param labels 0 or 1 for each row, both present; 1 is what the log-odds point to.
 * @returns the model at the minimum; throws where a label is wrong or the tolerance is not reached.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { denseRows, fitLogisticRegression } from "./logistic_regression.ts";
 * const { intercept } = fitLogisticRegression(denseRows(new Float32Array(4), 1), [0, 1, 1, 1]);
 * assert.ok(Math.abs(intercept - Math.log(3)) < 1e-5); // the feature says nothing: odds 3 to 1
 * ```
 */
export function fitLogisticRegression(
  rows: FeatureRows,
  labels: ArrayLike<number>,
  { C = 1, tolerance = 1e-6, start }: LogisticOptions = {},
): LogisticModel {
  checkLabels(rows, labels);
  if (!(C > 0 && C < Infinity)) {
    throw new RangeError(`Cannot fit logistic regression: C must be above 0, got ${C}`);
  }
  const parameters = new Float64Array(rows.d + 1); // w, then b
  if (start !== undefined) {
    parameters.set(start.weights);
    parameters[rows.d] = start.intercept;
  }
  const z = margins(rows, parameters); // (n), kept up to date
  let slope = Infinity;
  for (let step = 0; step < MAX_STEPS; step++) {
    const p = z.map(sigmoid);
    const gradient = transposed(rows, p.map((q, i) => C * (q - labels[i]))); // (d + 1)
    addPenalty(gradient, parameters);
    slope = Math.sqrt(dot(gradient, gradient));
    if (slope <= tolerance) {
      return { weights: parameters.slice(0, rows.d), intercept: parameters[rows.d] };
    }
    // Saturated rows have no curvature; the floor keeps the intercept's second derivative above 0.
    const curvature = p.map((q) => C * Math.max(q * (1 - q), 1e-12)); // (n)
    const direction = newtonDirection(rows, curvature, gradient); // (d + 1)
    const dz = margins(rows, direction); // (n)
    const t = stepLength(z, dz, labels, parameters, direction, C, dot(gradient, direction));
    for (let j = 0; j <= rows.d; j++) parameters[j] += t * direction[j];
    for (let i = 0; i < rows.n; i++) z[i] += t * dz[i];
  }
  throw new RangeError(
    `Cannot fit logistic regression: the gradient's norm must fall to ${tolerance}, got ${slope} ` +
      `after ${MAX_STEPS} Newton steps; standardise the features`,
  );
}

/**
 * The log-odds of label 1.
 *
 * @param model a fitted model.
 * @param rows features, shape (n, d).
 * @returns one number a row, shape (n).
 */
export function logOdds({ weights, intercept }: LogisticModel, rows: FeatureRows): Float64Array {
  if (rows.d !== weights.length) {
    throw new RangeError(
      `Cannot score rows: they must have ${weights.length} features, got ${rows.d}`,
    );
  }
  return rows.times(weights).map((sum) => sum + intercept);
}

/** Solves H x = −g by conjugate gradients, H = [X 1]ᵀ D [X 1] + I (no I for the intercept). */
function newtonDirection(
  rows: FeatureRows,
  curvature: Float64Array,
  gradient: Float64Array,
): Float64Array {
  const x = new Float64Array(gradient.length);
  const residual = gradient.map((g) => -g);
  const search = residual.slice();
  let squared = dot(residual, residual);
  // Far from the minimum a rough solution does; near it, more digits keep convergence superlinear.
  const target = squared * Math.min(0.25, Math.sqrt(squared)) ** 2;
  for (let step = 0; step < MAX_SOLVER_STEPS && squared > target; step++) {
    const product = transposed(rows, margins(rows, search).map((m, i) => curvature[i] * m));
    addPenalty(product, search);
    const alpha = squared / dot(search, product);
    for (let j = 0; j < x.length; j++) {
      x[j] += alpha * search[j];
      residual[j] -= alpha * product[j];
    }
    const next = dot(residual, residual);
    for (let j = 0; j < x.length; j++) search[j] = residual[j] + next / squared * search[j];
    squared = next;
  }
  return x;
}

/** The first of 1, ½, ¼, … at which f has fallen by a ten-thousandth of what its slope promised. */
function stepLength(
  z: Float64Array,
  dz: Float64Array,
  labels: ArrayLike<number>,
  parameters: Float64Array,
  direction: Float64Array,
  C: number,
  slope: number,
): number {
  const d = parameters.length - 1;
  const objective = (t: number) => {
    let [loss, penalty] = [0, 0];
    for (let i = 0; i < z.length; i++) loss += logLoss(z[i] + t * dz[i], labels[i]);
    for (let j = 0; j < d; j++) penalty += (parameters[j] + t * direction[j]) ** 2;
    return C * loss + penalty / 2;
  };
  const before = objective(0);
  const rounding = 1e-12 * before; // near the minimum f falls by less than its last digits
  let t = 1;
  while (t > 1e-10 && objective(t) > before + 1e-4 * t * slope + rounding) t /= 2;
  return t;
}

/** X w + b, for parameters (w, b). */
function margins(rows: FeatureRows, parameters: Float64Array): Float64Array {
  const out = rows.times(parameters);
  for (let i = 0; i < out.length; i++) out[i] += parameters[rows.d];
  return out;
}

/** [X 1]ᵀ u, shape (d + 1). */
function transposed(rows: FeatureRows, u: Float64Array): Float64Array {
  const out = new Float64Array(rows.d + 1);
  rows.transposedTimes(u, out);
  for (let i = 0; i < u.length; i++) out[rows.d] += u[i];
  return out;
}

/** Adds w to the gradient, or to a product with the Hessian; the intercept is not penalised. */
function addPenalty(out: Float64Array, parameters: Float64Array): void {
  for (let j = 0; j < out.length - 1; j++) out[j] += parameters[j];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}

/**
 * The negative log-likelihood of a label.
 *
 * @param z log-odds of label 1.
 * @param label 0 or 1.
 * @returns nats, without overflow or cancellation for any z.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { logLoss } from "./logistic_regression.ts";
 * assert.equal(logLoss(0, 1), Math.LN2); // even odds: one bit
 * assert.equal(logLoss(-1000, 1), 1000);
 * ```
 */
export function logLoss(z: number, label: number): number {
  const against = label === 1 ? -z : z;
  return Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

function checkLabels({ n }: FeatureRows, labels: ArrayLike<number>): void {
  if (labels.length !== n) {
    throw new RangeError(
      `Cannot fit logistic regression: there must be ${n} labels, got ${labels.length}`,
    );
  }
  const counts = [0, 0];
  for (let i = 0; i < n; i++) {
    if (labels[i] !== 0 && labels[i] !== 1) {
      throw new RangeError(
        `Cannot fit logistic regression: the label of row ${i} must be 0 or 1, got ${labels[i]}`,
      );
    }
    counts[labels[i]]++;
  }
  if (counts[0] === 0 || counts[1] === 0) {
    throw new RangeError(
      `Cannot fit logistic regression: both labels must occur, got ${counts[0]} of 0 and ${
        counts[1]
      } of 1`,
    );
  }
}

function checkRow({ columns, values }: SparseRow, i: number, d: number): void {
  for (let k = 0; k < columns.length; k++) {
    if (!(Number.isInteger(columns[k]) && columns[k] >= 0 && columns[k] < d)) {
      throw new RangeError(
        `Cannot read sparse row ${i}: columns must lie in [0, ${d}), got ${columns[k]}`,
      );
    }
    if (!Number.isFinite(values[k])) throw notFinite(i, columns[k], values[k]);
  }
}

function notFinite(row: number, feature: number, value: number | undefined): RangeError {
  return new RangeError(
    `Cannot read features: feature ${feature} of row ${row} must be finite, got ${value}`,
  );
}
