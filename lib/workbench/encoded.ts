/**
 * The conversations of a suite as the token ids that models read, cut to their context.
 *
 * @module
 */
import { onceFor } from "../core/once.ts";
import { fitContext, splitTurns } from "../conversation/render.ts";
import type { Row } from "../conversation/row.ts";
import type { Split } from "../conversation/scenes.ts";
import { type Piece, splitSentences } from "../conversation/sentences.ts";
import type { Suite } from "../conversation/suite.ts";
import type { GivenTokenizer } from "../tokenizer/given.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { TokenPiece } from "../training/excerpts.ts";

/** Conversations as token ids. */
export interface Encoded {
  /** Token ids of every row, the beginning-of-sequence token first. */
  readonly sequences: readonly Int32Array[];
  /** Where the sequence of every row can be cut into sentences. */
  readonly pieces: readonly (readonly TokenPiece[])[];
  /** How many rows were too long and lost turns at the front. */
  readonly truncated: number;
}

/**
 * Encodes a suite's splits, each when it is first asked for.
 *
 * @param suite whose conversations.
 * @param contextLength of the models, in tokens.
 * @param options whom to tell how many conversations were cut.
 * @param encode encodes the rows of a split.
 * @returns a split's conversations as token ids, row by row.
 */
export function encodedOnce(
  suite: Suite,
  contextLength: number,
  { say }: { say: (message: string) => void },
  encode: (rows: readonly Row[]) => Promise<Encoded>,
): (split: Split) => Promise<Encoded> {
  return onceFor(async (split) => {
    const encoded = await encode(suite[split]);
    if (encoded.truncated > 0) {
      say(
        `${encoded.truncated} of ${suite[split].length} ${split} conversations are longer than ` +
          `${contextLength} tokens; turns at their front are left out.`,
      );
    }
    return encoded;
  });
}

/**
 * With a tokenizer of ours.
 *
 * @param rows conversations.
 * @param tokenizer the one that the models were trained with.
 * @param contextLength theirs, in tokens.
 * @returns sequences of at most so many tokens, and where they can be cut.
 */
export function encodeRows(
  rows: readonly Row[],
  tokenizer: Tokenizer,
  contextLength: number,
): Encoded {
  const encoded = rows.map(({ conversation }) => {
    const encoding = tokenizer.encodeWithOffsets(conversation);
    const { ids, dropped } = fitContext(
      encoding,
      splitTurns(conversation),
      tokenizer.bosId,
      contextLength,
    );
    return {
      ids,
      dropped,
      pieces: tokenPieces(splitSentences(conversation), encoding.starts, dropped),
    };
  });
  return {
    sequences: encoded.map(({ ids }) => ids),
    pieces: encoded.map(({ pieces }) => pieces),
    truncated: encoded.filter(({ dropped }) => dropped > 0).length,
  };
}

/** Sentences as stretches of tokens behind the first one; a token belongs where it begins. */
function tokenPieces(
  sentences: readonly Piece[],
  starts: Int32Array,
  dropped: number,
): TokenPiece[] {
  let to = dropped;
  return sentences.flatMap(({ end, turn, marker }) => {
    const from = to;
    while (to < starts.length && starts[to] < end) to++;
    return to > from ? [{ from: from - dropped + 1, to: to - dropped + 1, turn, marker }] : [];
  });
}

/**
 * As the checkpoint's own tokenisation is, cut to the context. Only texts that are too long need the places of tokens.
 *
 * @param rows conversations.
 * @param tokenizer of models from outside.
 * @param contextLength theirs, in tokens.
 * @returns sequences of at most so many tokens, without places to cut them; throws a `UserError` where places are needed and a
 * token has none.
 */
export function encodeWhole(
  rows: readonly Row[],
  tokenizer: GivenTokenizer,
  contextLength: number,
): Encoded {
  const { frontId } = tokenizer;
  const fitted = rows.map(({ conversation }) => {
    const ids = tokenizer.encode(conversation);
    const fits = ids.length + (frontId === undefined ? 0 : 1) <= contextLength;
    const encoding = fits
      ? { ids, starts: new Int32Array(ids.length) }
      : tokenizer.encodeWithOffsets(conversation);
    return fitContext(encoding, splitTurns(conversation), frontId, contextLength);
  });
  return {
    sequences: fitted.map(({ ids }) => ids),
    pieces: rows.map(() => []),
    truncated: fitted.filter(({ dropped }) => dropped > 0).length,
  };
}
