/**
 * Is there one strange turn in an ordinary conversation? With the surprise (negative log-likelihood) sₜ of each token under a
 * language model that was tuned on safe training rows, the perplexity of the turn that surprises most:
 *
 *     score(x) = exp( max over turns k of (Σ_{t in k} sₜ + m s̄) / (n_k + m) ),   s̄ = mean s, n_k tokens in turn k, m = 16
 *
 * Markers of speakers count in no turn (`turn_taking.ts` looks at them). Means of few tokens are mostly noise, and the largest of
 * many means would be that of a short turn; so each is drawn towards the conversation's mean, as if the turn had m more tokens of
 * it. A conversation of a single turn has about its perplexity. `perplexity.ts` has the same question for windows of tokens.
 * Perplexity itself is MOOD's detector (arXiv 2605.21602); its maximum over turns is ours.
 *
 * @module
 */
import type { Speaker } from "../conversation/render.ts";
import { meanOf } from "../stats/mean.ts";
import type { ExplainingDetector } from "./detector.ts";
import { type ReadTokens, sumOver, type TokenStretch, turnTokens } from "./turn_tokens.ts";

/** Tokens of the conversation's mean that every turn is given, m. */
const SHRINKAGE = 16;

/** A turn that surprises. */
export interface StrangeTurn extends TokenStretch {
  /** Who speaks; undefined for text before the first marker. */
  speaker: Speaker | undefined;
  /** Mean surprise of these tokens, nats, drawn towards that of the conversation. */
  nll: number;
}

/** Looks at tokens as they were read; it explains a score by its turn. */
export const strangestTurn: ExplainingDetector<readonly ReadTokens[], StrangeTurn> = {
  name: "perplexity, strangest turn",
  score: (read) => Float64Array.from(read, (tokens, i) => Math.exp(strangest(tokens, i).nll)),
  explain: (read, i) => strangest(read[i], i),
};

/** The first of the turns with the largest mean. */
function strangest(tokens: ReadTokens, row: number): StrangeTurn {
  const { nll } = tokens;
  const mean = nll.length === 0 ? NaN : meanOf(nll);
  if (!Number.isFinite(mean)) {
    throw new RangeError(
      `Cannot score turns: a row must have finite surprises, got ${
        nll.length === 0 ? "none" : mean
      } in row ${row}`,
    );
  }
  const turns = turnTokens(tokens).filter(({ said: { from, end } }) => end > from);
  return turns.map(({ speaker, said }): StrangeTurn => {
    const shrunk = sumOver(nll, said) + SHRINKAGE * mean;
    return { speaker, ...said, nll: shrunk / (said.end - said.from + SHRINKAGE) };
  }).reduce(
    (most, turn) => turn.nll > most.nll ? turn : most,
    { speaker: undefined, from: 0, end: 0, nll: turns.length === 0 ? mean : -Infinity },
  );
}
