/**
 * How far the rate that a threshold is chosen for may be from the rate that it has elsewhere. The share of a continuous
 * distribution above the sample's k-th highest value is distributed as Beta(k, n + 1 − k), and
 *
 *     P(Beta(k, n + 1 − k) <= p) = P(Binomial(n, p) >= k)
 *
 * A threshold between the k-th and the next lower value is between the two; for its interval, the lower end is taken from the
 * former and the upper from the latter, which makes Clopper and Pearson's interval for k of n.
 *
 * @module
 */

/**
 * The 95% interval of the rate on rows to come.
 *
 * @param n how many safe rows the threshold is chosen on, at least 1.
 * @param target the false-positive rate f that it is chosen for, in (0, 1), as by `thresholdAt`.
 * @returns shares from 0 to 1.
 */
export function rateInterval(n: number, target: number): [lower: number, upper: number] {
  const k = Math.min(n, Math.floor((n - 1) * target) + 1); // the quantile lies at or below the k-th highest
  return [shareAboveHighest(n, k, 0.025), k === n ? 1 : shareAboveHighest(n, k + 1, 0.975)];
}

/**
 * How large the share of a continuous distribution above a sample's k-th highest value may be.
 *
 * @param n how many values the sample has, at least 1.
 * @param k from 1 to n; or 0, above which there is nothing.
 * @param probability in (0, 1), such as 0.975.
 * @returns the quantile of Beta(k, n + 1 − k): the share is at most this with that probability.
 */
export function shareAboveHighest(n: number, k: number, probability: number): number {
  return k === 0 ? 0 : solve((p) => 1 - atMost(k - 1, n, p), probability);
}

/** P(Binomial(n, p) <= k). */
function atMost(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let sum = term;
  for (let i = 1; i <= k; i++) {
    term *= (n - i + 1) / i * p / (1 - p);
    sum += term;
  }
  return sum;
}

/** Where a function that rises from 0 to 1 has a value. */
function solve(rising: (p: number) => number, value: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < value) low = middle;
    else high = middle;
  }
  return low;
}
