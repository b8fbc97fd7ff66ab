/**
 * A fitted monitor at work: conversations in, fused scores out, each with what every part adds to it. A score depends on its own
 * conversation alone.
 *
 * @module
 */
import { roundNumbers } from "../core/json.ts";
import { lambdaShares } from "../detector/fusion.ts";
import { type HighPerplexity, highPerplexity } from "../detector/perplexity.ts";
import type { FittedMonitor } from "./fitted_monitor.ts";
import { MONITOR_PARTS, openParts } from "./parts.ts";

/** Options of {@linkcode openScorer}. */
export interface ScorerOptions {
  /** Threads that the forward passes use. Scores do not depend on it. */
  threads: number;
  /** Folder of the cache, from which large weights are mapped into memory. */
  cache: string;
  /** Whether to find the surprising places of each conversation; scores are the same. */
  spans: boolean;
}

/** What is found for one conversation. */
export interface ScoredConversation {
  /** The fused score, in standard deviations of the guard on safe rows; rises with danger. A multiple of 10^-6. */
  score: number;
  /** What each part adds to it; they sum to it. */
  shares: Record<typeof MONITOR_PARTS[number], number>;
  /** Turns at the front that were left out, wholly or in part, because the conversation is longer than the models' context. */
  truncatedTurns: number;
  /** Places that the language model of safe conversations did not expect, where they were asked for. */
  spans?: HighPerplexity[];
}

/** An open monitor. Its memory is freed by `await using`. */
export interface Scorer extends AsyncDisposable {
  /**
   * Scores conversations.
   *
   * @param conversations none blank. All are held in memory with their tokens.
   * @param nameRow names one by its place among them, from 0, for errors. By its number by default.
   * @returns what is found, one for each; throws a `UserError` where a signal is no finite number.
   */
  score(
    conversations: readonly string[],
    nameRow?: (row: number) => string,
  ): Promise<ScoredConversation[]>;
}

/**
 * Opens a monitor.
 *
 * @param monitor as it was read.
 * @param options threads, place for weights, and whether surprising places are wanted.
 * @returns a scorer.
 */
export async function openScorer(
  { parts, lambda }: Pick<FittedMonitor, "parts" | "lambda">,
  { threads, cache, spans }: ScorerOptions,
): Promise<Scorer> {
  const open = await openParts(parts, { threads, cache, tokens: spans });
  return {
    async score(conversations, nameRow) {
      const naming = nameRow === undefined ? {} : { nameRow };
      const { scores, truncatedTurns, tokens } = await open.read(conversations, naming);
      const fused = lambdaShares(lambda, scores);
      return conversations.map((text, i): ScoredConversation => {
        const own = MONITOR_PARTS.map((part, m) => [part, fused.shares[m][i]]);
        return {
          score: fused.scores[i],
          shares: Object.fromEntries(own),
          truncatedTurns: truncatedTurns[i],
          ...tokens && { spans: roundNumbers(highPerplexity(tokens[i], text)) },
        };
      });
    },
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}
