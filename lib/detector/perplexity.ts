/**
 * How surprising a conversation is to a language model that was tuned on safe training rows. With the surprise (negative
 * log-likelihood) sₜ of each token after the first, in nats:
 *
 *     perplexity          exp(mean s), as in MOOD (arXiv 2605.21602)
 *     windowed maximum    exp(largest mean of w neighbouring s), for a short strange passage in a long ordinary conversation
 *
 * and, as an explanation, the tokens of high perplexity: those whose excess surprise, sₜ minus the entropy of the prediction
 * there, is more than 3 standard deviations over the conversation's mean.
 *
 * @module
 */
import { meanOf } from "../stats/mean.ts";
import type { Detector, ExplainingDetector } from "./detector.ts";

/** Standard deviations over the mean, beyond which a token's excess surprise is high. */
const HIGH = 3;

/** Looks at mean surprises, nats a token, shape (n); a score of k is a choice among k equally likely tokens. */
export const perplexity: Detector<Float32Array> = {
  name: "perplexity",
  score: (meanNll) =>
    Float64Array.from(meanNll, (nll, i) => {
      if (!Number.isFinite(nll)) {
        throw new RangeError(
          `Cannot score perplexity: surprise must be finite, got ${nll} in row ${i}`,
        );
      }
      return Math.exp(nll);
    }),
};

/** Neighbouring tokens of a conversation, counted from its second one. */
export interface TokenWindow {
  /** The first token. */
  from: number;
  /** After the last token. */
  end: number;
  /** Mean surprise of these tokens, nats. */
  nll: number;
}

/**
 * The windowed maximum. Long conversations have more windows, so that its score rises a little with length.
 *
 * @param options `window` is w, in tokens; a shorter conversation is one window. Defaults to 16.
 * @returns a detector that looks at the surprises of each conversation's tokens; it explains a score by its window.
 */
export function windowedPerplexity(
  { window = 16 }: { window?: number } = {},
): ExplainingDetector<readonly Float32Array[], TokenWindow> {
  if (!Number.isInteger(window) || window < 1) {
    throw new RangeError(`Cannot take windows: they must have tokens, got ${window}`);
  }
  const explain = (tokenNll: readonly Float32Array[], i: number) =>
    strangestWindow(tokenNll[i], window, i);
  return {
    name: `perplexity, windows of ${window}`,
    score: (tokenNll) => Float64Array.from(tokenNll, (_, i) => Math.exp(explain(tokenNll, i).nll)),
    explain,
  };
}

/** The first of the windows with the largest mean. */
function strangestWindow(nll: Float32Array, window: number, row: number): TokenWindow {
  const size = Math.min(window, nll.length);
  let sum = 0;
  let best: TokenWindow = { from: 0, end: size, nll: -Infinity };
  for (let end = 1; end <= nll.length; end++) {
    sum += nll[end - 1];
    if (end > size) sum -= nll[end - 1 - size];
    if (end >= size && sum / size > best.nll) best = { from: end - size, end, nll: sum / size };
  }
  if (nll.length === 0 || !Number.isFinite(sum)) {
    throw new RangeError(
      `Cannot score windows: a row must have finite surprises, got ${
        nll.length === 0 ? "none" : sum
      } in row ${row}`,
    );
  }
  return best;
}

/** The scored tokens of one conversation, all arrays of shape (T). */
export interface ScoredTokens {
  /** Surprise, nats. */
  nll: ArrayLike<number>;
  /** Entropy of the prediction, nats. */
  entropy: ArrayLike<number>;
  /** Where each token begins in the text, in UTF-16 units. */
  starts: ArrayLike<number>;
  /** Where each token ends, exclusive. */
  ends: ArrayLike<number>;
}

/** A token that the model did not expect, although it was sure. */
export interface HighPerplexity {
  /** Where it begins in the conversation, in UTF-16 units. */
  start: number;
  /** Where it ends, exclusive. */
  end: number;
  /** What stands there. */
  text: string;
  /** Its surprise, nats. */
  nll: number;
  /** Its excess surprise, in standard deviations over the conversation's mean. */
  z: number;
}

/**
 * Finds the tokens of high perplexity. Mean and standard deviation (population, at least 1e-9) are those of this
 * conversation, so that T tokens reach z = √(T − 1) at most: ten tokens or fewer have none.
 *
 * @param tokens the scored tokens, without the beginning-of-sequence token.
 * @param text the conversation.
 * @returns the tokens, in the order of the text.
 */
export function highPerplexity(
  { nll, entropy, starts, ends }: ScoredTokens,
  text: string,
): HighPerplexity[] {
  const T = nll.length;
  if ([entropy, starts, ends].some(({ length }) => length !== T)) {
    throw new RangeError(
      `Cannot find high perplexity: all must have ${T} tokens, got ${entropy.length} entropies, ` +
        `${starts.length} starts and ${ends.length} ends`,
    );
  }
  const excess = Float64Array.from({ length: T }, (_, t) => nll[t] - entropy[t]);
  const mean = meanOf(excess);
  const deviation = Math.max(Math.sqrt(meanOf(excess.map((e) => (e - mean) ** 2))), 1e-9);
  return Array.from(excess, (e, t): HighPerplexity => ({
    start: starts[t],
    end: ends[t],
    text: text.slice(starts[t], ends[t]),
    nll: nll[t],
    z: (e - mean) / deviation,
  })).filter(({ z }) => z > HIGH);
}
