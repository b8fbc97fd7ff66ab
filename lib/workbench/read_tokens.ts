/**
 * The tokens of conversations with their places and what the language model of safe training rows made of them.
 *
 * @module
 */
import type { Split } from "../conversation/scenes.ts";
import type { ReadTokens } from "../detector/turn_tokens.ts";
import { SURPRISE } from "./scores.ts";
import type { Workbench } from "./workbench.ts";

/**
 * Reads some rows.
 *
 * @param bench the workbench.
 * @param split whose rows are meant.
 * @param rows their indices. Default: all.
 * @returns the tokens of each; throws a `UserError` where the tokenizer cannot say where they stand.
 */
export async function readTokens(
  bench: Workbench,
  split: Split,
  rows: Iterable<number> = bench.suite[split].keys(),
): Promise<ReadTokens[]> {
  const model = await bench.safeLanguageModel();
  const { tokenNll, entropy } = await bench.signals(model, split, SURPRISE);
  const tokenizer = await bench.tokenizer();
  return Array.from(rows, (row) => {
    const { conversation } = bench.suite[split][row];
    const { starts, ends } = tokenizer.encodeWithOffsets(conversation);
    const read = -tokenNll![row].length; // a long conversation has lost turns at the front
    return {
      conversation,
      nll: tokenNll![row],
      entropy: entropy![row],
      starts: starts.subarray(read),
      ends: ends.subarray(read),
    };
  });
}
