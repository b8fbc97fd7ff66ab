/**
 * Distance to the k-th nearest safe training row (Sun et al. 2022, https://arxiv.org/abs/2204.06507), after every row is
 * scaled to length 1:
 *
 *     score(x) = k-th smallest of ‖ x/‖x‖ − t/‖t‖ ‖ over training rows t
 *
 * It assumes no shape of the safe rows. Distances are summed in float64 from differences, not from products, which would lose
 * half of the digits between rows that are nearly the same.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import {
  type ExplainingDetector,
  type Features,
  requireFiniteFeatures,
  requireFitting,
  rowCount,
  rowOf,
} from "./detector.ts";

/** Options for {@linkcode fitNearestNeighbours}. */
export interface NearestNeighboursOptions {
  /** Which neighbour's distance is the score. Defaults to 10. */
  k?: number;
}

/** A training row near a scored one. */
export interface Neighbour {
  /** Index of the training row. */
  row: number;
  /** Distance between directions, from 0 to 2. */
  distance: number;
}

/**
 * Fits on safe training rows only.
 *
 * @param safe features, shape (n, d), n >= k.
 * @param options which neighbour.
 * @returns a detector whose score lies from 0 to 2; it explains a score by the k neighbours, nearest first. Throws a
 * {@linkcode UserError} on fewer than k rows, or features that are not finite.
 */
export function fitNearestNeighbours(
  safe: Features,
  { k = 10 }: NearestNeighboursOptions = {},
): ExplainingDetector<Features, Neighbour[]> {
  if (!Number.isInteger(k) || k < 1) {
    throw new RangeError(`Cannot fit nearest neighbours: k must be an integer >= 1, got ${k}`);
  }
  if (rowCount(safe) < k) {
    throw new UserError(
      `Cannot fit nearest neighbours: k = ${k} needs as many safe training rows, got ${
        rowCount(safe)
      }`,
      "Give more safe rows, or choose a smaller k.",
    );
  }
  requireFiniteFeatures("fit nearest neighbours", safe);
  const { width } = safe;
  const training = directions(safe);
  return {
    name: "nearest neighbours",
    score(features) {
      requireFitting("score with nearest neighbours", features, width);
      const rows = directions(features);
      return Float64Array.from(
        { length: rows.length / width },
        (_, i) => nearest(training, rows.subarray(i * width, (i + 1) * width), k)[k - 1].distance,
      );
    },
    explain(features, i) {
      const row = { data: rowOf(features, i), width };
      requireFitting("explain nearest neighbours", row, width);
      return nearest(training, directions(row), k);
    },
  };
}

/** Rows scaled to length 1, shape (n, d); a row of zeros stays one, at distance 1 from all others. */
function directions(features: Features): Float64Array {
  const { data, width } = features;
  const rows = Float64Array.from(data);
  for (let first = 0; first < rows.length; first += width) {
    const row = rows.subarray(first, first + width);
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    if (length > 0) row.forEach((x, j) => row[j] = x / length);
  }
  return rows;
}

/** The k nearest training rows, nearest first; of equally near ones the first. */
function nearest(training: Float64Array, row: Float64Array, k: number): Neighbour[] {
  const width = row.length;
  const found: Neighbour[] = [];
  let farthest = Infinity; // squared, of k neighbours
  for (let first = 0; first < training.length; first += width) {
    const squared = squaredDistance(training, first, row);
    if (squared >= farthest) continue;
    const at = found.findLastIndex(({ distance }) => distance <= squared) + 1;
    found.splice(at, 0, { row: first / width, distance: squared });
    if (found.length > k) found.pop();
    if (found.length === k) farthest = found[k - 1].distance;
  }
  return found.map(({ row, distance }) => ({ row, distance: Math.sqrt(distance) }));
}

function squaredDistance(training: Float64Array, first: number, row: Float64Array): number {
  let [even, odd] = [0, 0]; // two sums, because one would wait for each addition before the next
  const pairs = row.length & ~1;
  for (let j = 0; j < pairs; j += 2) {
    even += (training[first + j] - row[j]) ** 2;
    odd += (training[first + j + 1] - row[j + 1]) ** 2;
  }
  if (pairs < row.length) odd += (training[first + pairs] - row[pairs]) ** 2;
  return even + odd;
}
