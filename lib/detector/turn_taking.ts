/**
 * Did the expected speaker take the turn? Where a function should have been called, a language model of safe conversations
 * expects `Function:`, and "Assistant: I've booked it" surprises it at that very place; so does a call that nobody asked for.
 * With the surprise (negative log-likelihood) sₜ of each token under that model:
 *
 *     score(x) = max over turns k of Σ_{t in marker of k} sₜ = max −log p(the turn before ends, and this speaker takes over)
 *
 * Only turns of the assistant's side count, `Assistant` and `Function`: that a person ends a conversation's turn early or late says
 * nothing about the assistant. The first turn that was read takes over from nobody. Ours; no source is known to us.
 *
 * @module
 */
import { type PlacedTurn, type Speaker, splitTurns } from "../conversation/render.ts";
import type { ExplainingDetector } from "./detector.ts";
import { type ReadTokens, sumOver, type TokenStretch, turnTokens } from "./turn_tokens.ts";

/** Options of {@linkcode turnTaking}. */
export interface TurnTakingOptions {
  /** Whether conversations in which no functions can be called score 0. Defaults to false. */
  functionsOnly?: boolean;
}

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
 * @param options in which conversations it looks.
 * @returns a detector whose score is in nats, and 0 where no turn counts; it explains a score by its turn, if there is one.
 */
export function turnTaking(
  { functionsOnly = false }: TurnTakingOptions = {},
): ExplainingDetector<readonly ReadTokens[], TakenTurn | undefined> {
  const explain = (read: readonly ReadTokens[], i: number) => {
    if (functionsOnly && !offersFunctions(read[i].conversation)) return undefined;
    return leastExpected(read[i], i);
  };
  return {
    name: functionsOnly ? "turn-taking, functions" : "turn-taking",
    score: (read) => Float64Array.from(read, (_, i) => explain(read, i)?.nll ?? 0),
    explain,
  };
}

/** The first of the turns with the most surprising marker. */
function leastExpected(tokens: ReadTokens, row: number): TakenTurn | undefined {
  let least: TakenTurn | undefined;
  for (const { speaker, marker } of turnTokens(tokens)) {
    // where no token stands before it, it is the first turn, or was not read
    if (marker.from === 0 || (speaker !== "Assistant" && speaker !== "Function")) continue;
    const nll = sumOver(tokens.nll, marker);
    if (!Number.isFinite(nll)) {
      throw new RangeError(
        `Cannot score turn-taking: surprise must be finite, got ${nll} in row ${row}`,
      );
    }
    if (least === undefined || nll > least.nll) least = { speaker, ...marker, nll };
  }
  return least;
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
