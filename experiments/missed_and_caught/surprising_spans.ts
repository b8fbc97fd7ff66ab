/**
 * What surprises in conversations: stretches of tokens of high perplexity under the language model of the safe training rows.
 *
 * @module
 */
import type { Split } from "../../lib/conversation/scenes.ts";
import { highPerplexity } from "../../lib/detector/perplexity.ts";
import type { Span } from "../../lib/report/conversation.ts";
import { readTokens } from "../../lib/workbench/read_tokens.ts";
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
  const read = await readTokens(bench, split, rows);
  return read.map((tokens) => joined(highPerplexity(tokens, tokens.conversation)));
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
