/**
 * Did the expected speaker take the turn? Where a function should have been called, a language model of safe conversations
 * expects `Function:`, and "Assistant: I've booked it" surprises it at that very place; so does a call that nobody asked for.
 * With the surprise (negative log-likelihood) sₜ of each token under that model:
 *
 *     score(x) = max over turns k of Σ_{t in marker of k} sₜ = max −log p(speaker of k | the turn before has ended)
 *
 * The blank line before a marker does not count: when a turn ends is hard to foresee, and says nothing of who is next. Nor do turns
 * of `Human` and `System`, which the assistant does not take, nor the first turn that was read. Ours; we know no source.
 *
 * Answers and calls are also looked at alone, since one may be rare where the other is not, and answers then only where functions can
 * be called. Such a detector gives 0 to all other conversations, so that its AUROC against all safe rows is high wherever functions can be
 * called, even if it sees nothing else: compare it with safe conversations of that kind, or look at recall.
 *
 * @module
 */
import { type PlacedTurn, type Speaker, splitTurns } from "../conversation/render.ts";
import type { ExplainingDetector } from "./detector.ts";
import { type ReadTokens, sumOver, type TokenStretch, turnTokens } from "./turn_tokens.ts";

/** Whose turns count: the assistant's where functions can be called, those of functions, or both, and in all conversations. */
export type TakenBy = "answers" | "calls" | "both";

const SPEAKERS_OF: Record<TakenBy, readonly Speaker[]> = {
  answers: ["Assistant"],
  calls: ["Function"],
  both: ["Assistant", "Function"],
};

/** A turn that was taken; its tokens are those of its marker. */
export interface TakenTurn extends TokenStretch {
  /** By whom. */
  speaker: Speaker;
  /** Surprise of the marker, nats. */
  nll: number;
}

/**
 * Makes the detector.
 *
 * @param by whose turns count.
 * @returns a detector whose score is in nats, and 0 where no turn counts; it explains a score by its turn, if there is one.
 */
export function turnTaking(
  by: TakenBy = "both",
): ExplainingDetector<readonly ReadTokens[], TakenTurn | undefined> {
  const explain = (read: readonly ReadTokens[], i: number) => {
    if (by === "answers" && !offersFunctions(read[i].conversation)) return undefined;
    return leastExpected(read[i], SPEAKERS_OF[by], i);
  };
  return {
    name: by === "both" ? "turn-taking" : `turn-taking, ${by}`,
    score: (read) => Float64Array.from(read, (_, i) => explain(read, i)?.nll ?? 0),
    explain,
  };
}

/** The first of some speakers' turns with the most surprising marker. */
function leastExpected(
  tokens: ReadTokens,
  speakers: readonly Speaker[],
  row: number,
): TakenTurn | undefined {
  const read = turnTokens(tokens).filter(({ marker, said }) => said.end > marker.from);
  const taken = read.slice(1).flatMap(({ speaker, marker }): TakenTurn[] => {
    if (speaker === undefined || !speakers.includes(speaker)) return [];
    return [{ speaker, ...marker, nll: sumOver(tokens.nll, marker) }];
  });
  const bad = taken.find(({ nll }) => !Number.isFinite(nll));
  if (bad !== undefined) {
    throw new RangeError(
      `Cannot score turn-taking: surprise must be finite, got ${bad.nll} in row ${row}`,
    );
  }
  return taken.length === 0 ? undefined : taken.reduce((a, b) => b.nll > a.nll ? b : a);
}

/** A name with parameters, as in `lend(tool, day)`, or the word for it. */
const functionListed = /[\p{L}\p{N}_]\(|\b(?:functions?|tools?)\b/iu;

/**
 * Whether functions can be called in a conversation: one is, or the system's turn lists some.
 *
 * @param conversation the string.
 * @returns true where it has a turn of `Function`, or a turn of `System` with a signature or the word function or tool.
 */
export function offersFunctions(conversation: string): boolean {
  const offers = ({ speaker, text }: PlacedTurn) =>
    speaker === "Function" || (speaker === "System" && functionListed.test(text));
  return splitTurns(conversation).some(offers);
}
