/**
 * What all detectors have in common. A detector scores conversations by what a forward pass gave for them; danger points
 * up. Those that learn are made by a `fit…` function from safe training rows, so that none can score before it is fitted.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";

/** Scores conversations. `X` is what it looks at, for n conversations. */
export interface Detector<X> {
  /** As it stands in tables. */
  readonly name: string;
  /**
   * Scores every conversation.
   *
   * @param x signals of n conversations.
   * @returns one score a conversation, shape (n), each from its own signals alone.
   */
  score(x: X): Float64Array;
}

/** A detector that can also say where a score comes from. */
export interface ExplainingDetector<X, E> extends Detector<X> {
  /**
   * Says where a score comes from.
   *
   * @param x signals of n conversations.
   * @param i which of them.
   * @returns what its score is made of.
   */
  explain(x: X, i: number): E;
}

/** Vectors, such as pooled hidden states, one a conversation. */
export interface Features {
  /** The values, shape (n, d), row by row. */
  readonly data: Float32Array;
  /** Features in a row, d. */
  readonly width: number;
}

/**
 * Counts rows.
 *
 * @param features shape (n, d).
 * @returns n; throws where the values do not make whole rows.
 */
export function rowCount({ data, width }: Features): number {
  const rows = data.length / width;
  if (!(width >= 1) || !Number.isInteger(rows)) {
    throw new RangeError(
      `Cannot read features: there must be whole rows of ${width}, got ${data.length} values`,
    );
  }
  return rows;
}

/**
 * One row.
 *
 * @param features shape (n, d).
 * @param i its index.
 * @returns a view of it, shape (d).
 */
export function rowOf({ data, width }: Features, i: number): Float32Array {
  return data.subarray(i * width, (i + 1) * width);
}

/**
 * Copies some rows, such as the safe ones of a training split.
 *
 * @param features shape (n, d).
 * @param rows indices of the rows, in the wanted order.
 * @returns them, shape (rows, d).
 */
export function selectRows(features: Features, rows: ArrayLike<number>): Features {
  const data = new Float32Array(rows.length * features.width);
  for (let k = 0; k < rows.length; k++) data.set(rowOf(features, rows[k]), k * features.width);
  return { data, width: features.width };
}

/**
 * Throws a {@linkcode UserError} on NaN and infinity, which would turn into a score without meaning.
 *
 * @param doing what for, such as `score with Mahalanobis`.
 * @param features shape (n, d).
 */
export function requireFiniteFeatures(doing: string, { data, width }: Features): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new UserError(
    `Cannot ${doing}: features must be finite, got ${data[bad]} as feature ${bad % width} of row ${
      Math.floor(bad / width)
    }`,
    "Look at the model that gave them: such hidden states come from damaged weights or from an overflow in half precision.",
  );
}

/**
 * Checks features at the door of a fitted detector; throws a {@linkcode UserError} where one is not finite.
 *
 * @param doing what for, such as `score with Mahalanobis`.
 * @param features shape (n, d).
 * @param width d of the rows that the detector was fitted to.
 */
export function requireFitting(doing: string, features: Features, width: number): void {
  if (features.width !== width) {
    throw new RangeError(
      `Cannot ${doing}: features must be ${width} wide as in the fit, got ${features.width}`,
    );
  }
  rowCount(features);
  requireFiniteFeatures(doing, features);
}
