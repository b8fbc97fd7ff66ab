/**
 * Does what the assistant reports follow from what functions answered? A report is a turn of the assistant right behind one of a
 * function. Its support is the pointwise mutual information (Church and Hanks 1990, https://aclanthology.org/J90-1003) of the report r
 * and the calls and results f before it, under a language model that was tuned on safe conversations, with c all else before it:
 *
 *     score(x) = max over reports r of exp(−PMI(r; f | c) / |r|),   PMI(r; f | c) = log p(r | c, f) − log p(r | c)
 *
 * with |r| tokens in r: how much likelier a token of the least supported report is where no function was asked. It is below 1 where
 * the answers bear the report out, about 1 where it could have been made up without them, and above 1 where they speak against it.
 * A conversation without a report has 0. For p(r | c) the conversation is read a second time, without any turn of a function.
 * To set a claim against its source in this way is ours; a claim with no call at all is left to `turn_taking.ts`.
 *
 * Expected before its scores of any test row had been seen, with models from nothing, which copy badly: on
 * `function-calling-missing` a recall of 1 to 4% at 1% FPR, and an AUROC of 0.5 to 0.6 against safe conversations with reports. Found
 * with the models of `--quick`: 3.0% and 0.58 on the embedded suite, 2.5% and 0.49 on real text. Not expected was that on real text it
 * notices 22.8% [16.9, 32.1] of `function-calling-inappropriate` (4.3% of the embedded one), of which guard, perplexity and their
 * fusions notice next to nothing: behind a call that a person had just declined, the assistant says goodbye as if there were none.
 * In a fusion with those three it gains 5 points there, loses 5 overall, and so is in none. With SmolLM2-135M as it is, on 20
 * conversations of each kind: 0.61 on `function-calling-missing`, its reports at 0.93 in the middle and safe ones at 0.81.
 *
 * @module
 */
import { splitTurns } from "../conversation/render.ts";
import type { ExplainingDetector } from "./detector.ts";
import { type ReadTokens, sumOver, type TokenStretch, turnTokens } from "./turn_tokens.ts";

/** n conversations, read twice. */
export interface ReadTwice {
  /** As they are, shape (n). */
  whole: readonly ReadTokens[];
  /** As {@linkcode withoutFunctions} gives them, shape (n). */
  without: readonly ReadTokens[];
}

/** A report; its tokens are those of the whole conversation. */
export interface Report extends TokenStretch {
  /** Pointwise mutual information of the report and what functions were asked and answered, nats a token. */
  support: number;
}

/**
 * Leaves out what functions were asked and what they answered.
 *
 * @param conversation the string.
 * @returns it, without the turns of `Function`.
 */
export function withoutFunctions(conversation: string): string {
  return splitTurns(conversation).filter(({ speaker }) => speaker !== "Function")
    .map(({ start, end }) => conversation.slice(start, end)).join("");
}

/**
 * Whether the assistant reports anything.
 *
 * @param conversation the string.
 * @returns true where one of its turns stands right behind one of a function.
 */
export function hasReport(conversation: string): boolean {
  return splitTurns(conversation).some(({ speaker }, k, turns) =>
    speaker === "Assistant" && turns[k - 1]?.speaker === "Function"
  );
}

/** Its score is a ratio of likelihoods a token, and 0 where there is no report; it explains a score by its report, if there is one. */
export const reportSupport: ExplainingDetector<ReadTwice, Report | undefined> = {
  name: "report support",
  score: (read) =>
    Float64Array.from(read.whole, (_, i) => {
      const report = leastSupported(read, i);
      return report === undefined ? 0 : Math.exp(-report.support);
    }),
  explain: leastSupported,
};

/** The first of the reports with the least support. Those that were not wholly read, with what stands before them, do not count. */
function leastSupported({ whole, without }: ReadTwice, i: number): Report | undefined {
  const others = turnTokens(without[i]);
  let place = 0; // among the turns that both have
  const reports = turnTokens(whole[i]).flatMap(({ speaker, said }, k, turns): Report[] => {
    if (speaker === "Function") return [];
    const other = others[place++];
    const before = turns[k - 1];
    if (speaker !== "Assistant" || before?.speaker !== "Function") return [];
    const isRead = before.marker.end > before.marker.from && other.marker.end > other.marker.from;
    const length = said.end - said.from;
    if (!isRead || length === 0) return [];
    const support = sumOver(without[i].nll, other.said) - sumOver(whole[i].nll, said);
    return [{ ...said, support: support / length }];
  });
  const bad = reports.find(({ support }) => !Number.isFinite(support));
  if (bad !== undefined) {
    throw new RangeError(
      `Cannot score reports: surprise must be finite, got a support of ${bad.support} in row ${i}`,
    );
  }
  return reports.length === 0 ? undefined : reports.reduce((a, b) => b.support < a.support ? b : a);
}
