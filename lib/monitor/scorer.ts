/**
 * A fitted monitor at work: conversations in, fused scores out, each with what every part adds to it. Both models are opened
 * once, and a score depends on its own conversation alone.
 *
 * @module
 */
import { roundNumbers } from "../core/json.ts";
import { fitContext, splitTurns } from "../conversation/render.ts";
import type { Encoding, Tokenizer } from "../tokenizer/tokenizer.ts";
import { lambdaShares } from "../detector/fusion.ts";
import { type FittedMonitor, MONITOR_PARTS } from "./fitted_monitor.ts";
import { highPerplexity, perplexity } from "../detector/perplexity.ts";
import { guardScoresOf, openSignalReader } from "../signals/signals.ts";

/** Options of {@linkcode openScorer}. */
export interface ScorerOptions {
  /** Threads that the forward passes use. Scores do not depend on it. */
  threads: number;
  /** Whether to find the surprising places of each conversation; scores are the same. */
  spans: boolean;
}

/** A place that the language model of safe conversations did not expect. */
export interface SurprisingSpan {
  /** Where it begins in the conversation, in UTF-16 units; messages count as the turns that they become. */
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

/** What is found for one conversation. */
export interface ScoredConversation {
  /** The fused score, in standard deviations of the guard on safe rows; rises with danger. A multiple of 10^-6. */
  score: number;
  /** What each part adds to it; they sum to it. */
  shares: Record<typeof MONITOR_PARTS[number], number>;
  /** Turns at the front that were left out, wholly or in part, because the conversation is longer than the models' context. */
  truncatedTurns: number;
  /** Surprising places, where they were asked for. */
  spans?: SurprisingSpan[];
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
 * @param options threads, and whether surprising places are wanted.
 * @returns a scorer.
 */
export async function openScorer(
  { guard, languageModel, tokenizer, mahalanobis, lambda }: FittedMonitor,
  { threads, spans }: ScorerOptions,
): Promise<Scorer> {
  const { layers, hiddenSize, contextLength } = guard.config;
  const hidden = [{ layer: layers, pooling: "last" }] as const;
  await using opened = new AsyncDisposableStack();
  const guardReader = opened.use(
    await openSignalReader(guard, { guard: true, hidden }, { threads }),
  );
  const surpriseReader = opened.use(
    await openSignalReader(languageModel, { nll: true, tokens: spans }, { threads }),
  );
  const sessions = opened.move(); // all are open: from here on the scorer frees them
  return {
    async score(conversations, nameRow) {
      const naming = nameRow === undefined ? {} : { nameRow };
      const fitted = conversations.map((text) => fit(text, tokenizer, contextLength));
      const sequences = fitted.map(({ ids }) => ids);
      const states = await guardReader.read(sequences, naming);
      const { nll, tokenNll, entropy } = await surpriseReader.read(sequences, naming);
      const { shares, scores } = lambdaShares(lambda, [
        guardScoresOf(states.guard!),
        perplexity.score(nll!),
        mahalanobis.score({ data: states.hidden[0], width: hiddenSize }),
      ]);
      return conversations.map((text, i): ScoredConversation => {
        const { starts, ends, truncatedTurns } = fitted[i];
        const own = MONITOR_PARTS.map((part, m) => [part, shares[m][i]]);
        return {
          score: scores[i],
          shares: Object.fromEntries(own),
          truncatedTurns,
          ...spans && {
            spans: roundNumbers(
              highPerplexity({ nll: tokenNll![i], entropy: entropy![i], starts, ends }, text),
            ),
          },
        };
      });
    },
    [Symbol.asyncDispose]: () => sessions.disposeAsync(),
  };
}

/** A conversation as the models read it. */
interface Fitted extends Encoding {
  truncatedTurns: number;
}

/** Tokens with the beginning-of-sequence token in front; places of those after it. */
function fit(text: string, tokenizer: Tokenizer, contextLength: number): Fitted {
  const encoding = tokenizer.encodeWithOffsets(text);
  const turns = splitTurns(text);
  const { ids, dropped } = fitContext(encoding, turns, tokenizer.bosId, contextLength);
  const cut = encoding.starts[dropped];
  // a turn that lost no more than its blank line is whole
  const lost = turns.filter(({ start }) => start + 2 < cut).length;
  return {
    ids,
    starts: encoding.starts.slice(dropped),
    ends: encoding.ends.slice(dropped),
    truncatedTurns: dropped === 0 ? 0 : Math.max(1, lost),
  };
}
