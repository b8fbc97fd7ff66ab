/**
 * The tokens of conversations with their places and what the language model of safe training rows made of them, as they are or
 * after a change.
 *
 * @module
 */
import { once } from "../core/once.ts";
import type { Split } from "../conversation/scenes.ts";
import type { ReadTokens } from "../detector/turn_tokens.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { passesOver } from "./passes.ts";
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
    return placed(tokenizer, conversation, tokenNll![row], entropy![row]);
  });
}

/**
 * Reads some rows after a change, in a pass of its own.
 *
 * @param bench the workbench.
 * @param split whose rows are meant.
 * @param rows their indices.
 * @param change makes a conversation of another; never blank.
 * @returns the tokens of each as it was changed; throws as {@linkcode readTokens} does.
 */
export async function readChanged(
  bench: Workbench,
  split: Split,
  rows: readonly number[],
  change: (conversation: string) => string,
): Promise<ReadTokens[]> {
  const changed = rows.map((row) => {
    const { conversation, ...rest } = bench.suite[split][row];
    return { ...rest, conversation: change(conversation) };
  });
  const suite = { ...bench.suite, [split]: changed };
  const encoded = once(() => bench.encode(changed));
  const { tokenNll, entropy } = await passesOver({ ...bench, suite, encoded })
    .signals(await bench.safeLanguageModel(), split, SURPRISE);
  const tokenizer = await bench.tokenizer();
  return changed.map(({ conversation }, i) =>
    placed(tokenizer, conversation, tokenNll![i], entropy![i])
  );
}

function placed(
  tokenizer: Tokenizer,
  conversation: string,
  nll: Float32Array,
  entropy: Float32Array,
): ReadTokens {
  const { starts, ends } = tokenizer.encodeWithOffsets(conversation);
  const read = -nll.length; // a long conversation has lost turns at the front
  return { conversation, nll, entropy, starts: starts.subarray(read), ends: ends.subarray(read) };
}
