/**
 * Conversations cut into shards of about equal work. A forward pass is made shard by shard and each is kept as soon as it is
 * there, so that a killed run loses seconds of work and not hours.
 *
 * @module
 */

/** Some of many conversations. */
export interface Shard {
  /** Which, by their index; by length, so that little is padded. */
  readonly rows: readonly number[];
  /** Most tokens that the graph which reads them takes. */
  readonly contextLength: number;
}

/**
 * Longest of the short texts, in tokens. What long texts need costs short ones time, so that each kind has its own graph; which
 * one reads a text depends on its own length alone, and so do its signals.
 */
const SHORT = 512;

/** Parameters times tokens of a shard, which a CPU of two cores does in some ten seconds. */
const WORK = 2 ** 40;

/** Most tokens of a shard, however small the model is: so that several processes have something to share. */
const TOKENS = 2 ** 15;

/**
 * Cuts conversations into shards.
 *
 * @param lengths of the conversations, in tokens.
 * @param contextLength of the model.
 * @param parameters how many the model has.
 * @returns the shards, shortest conversations first; each conversation is in one.
 */
export function shardsOf(
  lengths: readonly number[],
  contextLength: number,
  parameters: number,
): Shard[] {
  const most = Math.min(TOKENS, WORK / parameters); // tokens
  const byLength = [...lengths.keys()].sort((a, b) => lengths[a] - lengths[b]);
  const shards: { rows: number[]; contextLength: number }[] = [];
  let tokens = Infinity;
  for (const row of byLength) {
    const own = lengths[row] <= SHORT ? Math.min(SHORT, contextLength) : contextLength;
    tokens += lengths[row];
    if (tokens > most || shards.at(-1)!.contextLength !== own) {
      shards.push({ rows: [], contextLength: own });
      tokens = lengths[row];
    }
    shards.at(-1)!.rows.push(row);
  }
  return shards;
}
