/**
 * The merges of a SentencePiece vocabulary. SentencePiece joins whichever two neighbours make the piece of the highest score;
 * a `tokenizer.json` lists the pairs instead, the first to be joined first (as in transformers 4.57,
 * `convert_slow_tokenizer.py`, `generate_merges`).
 *
 * @module
 */

/**
 * Lists the merges that scores stand for.
 *
 * @param tokens pieces by id.
 * @param scores theirs; the higher, the sooner a piece is made.
 * @param isPiece whether an id is an ordinary piece, which merges may make and use.
 * @returns pairs: those of the highest-scored piece first, of one piece those with the lower ids first.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const merges = mergesOf(["a", "b", "ab", "aba"], [-2, -3, 0, -1], () => true);
 * assert.deepEqual(merges, [["a", "b"], ["ab", "a"]]);
 * ```
 */
export function mergesOf(
  tokens: readonly string[],
  scores: readonly number[],
  isPiece: (id: number) => boolean,
): [string, string][] {
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (isPiece(id)) ids.set(token, id);
  });
  const made = [...ids].filter(([token]) => token.length > 1).sort(([, a], [, b]) =>
    scores[b] - scores[a] || a - b
  );
  return made.flatMap(([token]) => splits(token, ids));
}

/** All ways to make a piece of two, those of lower ids first. */
function splits(token: string, ids: ReadonlyMap<string, number>): [string, string][] {
  const found: { pair: [string, string]; left: number; right: number }[] = [];
  for (let at = 1; at < token.length; at++) {
    const left = ids.get(token.slice(0, at));
    const right = left === undefined ? undefined : ids.get(token.slice(at));
    if (right === undefined) continue;
    found.push({ pair: [token.slice(0, at), token.slice(at)], left: left!, right });
  }
  return found.sort((a, b) => a.left - b.left || a.right - b.right).map(({ pair }) => pair);
}
