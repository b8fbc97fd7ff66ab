/**
 * Quantiles of the normal distribution from the logarithm of a tail, so that tails far below the smallest double keep
 * their order: algorithm AS 241 (PPND16) of Wichura, "The percentage points of the normal distribution", Applied
 * Statistics 37 (1988), about 16 digits. Its last branch is fitted to tails down to 1e-316; below, the asymptotic
 *
 *     z² = 2 l − log(2 π z²) − 2 / (2 + z²),   l = −log P(Z > z)
 *
 * (Abramowitz and Stegun 26.2.12, its first two terms) is iterated, which gives 9 digits.
 *
 * @module
 */

/** Numerator and denominator of a branch, constant first. */
interface Ratio {
  over: readonly number[];
  under: readonly number[];
}

const CENTRE: Ratio = {
  over: [
    ...[3.387132872796366608, 133.14166789178437745, 1971.5909503065514427],
    ...[13731.693765509461125, 45921.953931549871457, 67265.770927008700853],
    ...[33430.575583588128105, 2509.0809287301226727],
  ],
  under: [
    ...[1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077],
    ...[21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852854561],
  ],
};

const TAIL: Ratio = {
  over: [
    ...[1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055],
    ...[3.64784832476320460504, 1.27045825245236838258, 0.24178072517745061177],
    ...[0.0227238449892691845833, 7.7454501427834140764e-4],
  ],
  under: [
    ...[1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455],
    ...[0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4],
    1.05075007164441684324e-9,
  ],
};

const FAR_TAIL: Ratio = {
  over: [
    ...[6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358],
    ...[0.29656057182850489123, 0.026532189526576123093, 0.0012426609473880784386],
    ...[2.71155556874348757815e-5, 2.01033439929228813265e-7],
  ],
  under: [
    ...[1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525],
    ...[7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7],
    2.04426310338993978564e-15,
  ],
};

/**
 * Where the normal distribution has an upper tail.
 *
 * @param surprisal −log P(Z > z), in nats, above 0.
 * @returns z, in standard deviations; it rises with the surprisal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { normalQuantile } from "./normal_quantile.ts";
 * assert.equal(normalQuantile(Math.log(2)), 0); // half of it lies above 0
 * ```
 */
export function normalQuantile(surprisal: number): number {
  if (!(surprisal > 0)) {
    throw new RangeError(
      `Cannot take a normal quantile: the surprisal must be above 0, got ${surprisal}`,
    );
  }
  const q = 0.5 - Math.exp(-surprisal);
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  if (q > 0) return tailQuantile(surprisal);
  return -tailQuantile(-Math.log(-Math.expm1(-surprisal))); // the lower tail is 1 − p
}

function tailQuantile(surprisal: number): number {
  const r = Math.sqrt(surprisal);
  if (r <= 5) return ratio(TAIL, r - 1.6);
  if (r < 27) return ratio(FAR_TAIL, r - 5);
  let square = 2 * surprisal;
  for (let i = 0; i < 4; i++) {
    square = 2 * surprisal - Math.log(2 * Math.PI * square) - 2 / (2 + square);
  }
  return Math.sqrt(square);
}

function ratio({ over, under }: Ratio, x: number): number {
  const polynomial = (of: readonly number[]) => of.reduceRight((sum, c) => sum * x + c, 0);
  return polynomial(over) / polynomial(under);
}
