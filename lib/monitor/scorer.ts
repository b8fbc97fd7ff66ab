/**
 * A fitted monitor at work: conversations in, verdicts out, each with what every part has to say. A verdict depends on its own
 * conversation alone.
 *
 * @module
 */
import { roundNumbers } from "../core/json.ts";
import { type HighPerplexity, highPerplexity } from "../detector/perplexity.ts";
import type { FittedMonitor } from "./fitted_monitor.ts";
import { type Verdict, verdictsAt } from "./fusion.ts";
import { openParts } from "./parts.ts";

/** Options of {@linkcode openScorer}. */
export interface ScorerOptions {
  /** The false-positive rate at which conversations are flagged. */
  fpr: number;
  /** Threads that the forward passes use. Scores do not depend on it. */
  threads: number;
  /** Folder of the cache, from which large weights are mapped into memory. */
  cache: string;
  /** Whether to find the surprising places of each conversation; scores are the same. */
  spans: boolean;
}

/** What is found for one conversation, besides the verdict. */
export interface Found {
  /** Turns at the front that were left out, wholly or in part, because the conversation is longer than the models' context. */
  truncatedTurns: number;
  /** Places that the language model of safe conversations did not expect, where they were asked for. */
  spans?: HighPerplexity[];
}

/** What is found for one conversation. */
export type ScoredConversation = Verdict & Found;

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
 * @param options rate, threads, place for weights, and whether surprising places are wanted.
 * @returns a scorer; throws a `UsageError` where the monitor cannot flag at that rate.
 */
export async function openScorer(
  { parts, fusion }: Pick<FittedMonitor, "parts" | "fusion">,
  { fpr, threads, cache, spans }: ScorerOptions,
): Promise<Scorer> {
  const judge = verdictsAt(fusion, fpr);
  const open = await openParts(parts, { threads, cache, tokens: spans });
  return {
    async score(conversations, nameRow) {
      const naming = nameRow === undefined ? {} : { nameRow };
      const { scores, truncatedTurns, tokens } = await open.read(conversations, naming);
      return judge(scores, conversations).map((verdict, i) => ({
        ...verdict,
        truncatedTurns: truncatedTurns[i],
        ...tokens && { spans: roundNumbers(highPerplexity(tokens[i], conversations[i])) },
      }));
    },
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}
