/**
 * What surprises in conversations: stretches of tokens of high perplexity under the language model of the safe training rows.
 *
 * @module
 */
import type { Split } from "../../lib/conversation/scenes.ts";
import { highPerplexity } from "../../lib/detector/perplexity.ts";
import type { Span } from "../../lib/report/conversation.ts";
import { SURPRISE } from "../../lib/workbench/scores.ts";
import type { Workbench } from "../../lib/workbench/workbench.ts";

/**
 * Finds the surprising stretches of some rows.
 *
 * @param bench the workbench.
 * @param split whose rows are meant.
 * @param rows their indices.
 * @returns for each row its stretches in the conversation, ascending; neighbours are joined.
 */
export async function surprisingSpans(
  bench: Workbench,
  split: Split,
  rows: readonly number[],
): Promise<Span[][]> {
  const model = await bench.safeLanguageModel();
  const { tokenNll, entropy } = await bench.signals(model, split, SURPRISE);
  const tokenizer = await bench.tokenizer();
  return rows.map((row) => {
    const { conversation } = bench.suite[split][row];
    const { starts, ends } = tokenizer.encodeWithOffsets(conversation);
    const read = -tokenNll![row].length; // a long conversation has lost turns at the front
    const tokens = {
      nll: tokenNll![row],
      entropy: entropy![row],
      starts: starts.subarray(read),
      ends: ends.subarray(read),
    };
    return joined(highPerplexity(tokens, conversation));
  });
}

/**
 * Joins spans that touch or overlap.
 *
 * @param spans ascending by their starts.
 * @returns the same stretches of text, none of which touches another.
 */
export function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const { start, end } of spans) {
    const last = result.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}
