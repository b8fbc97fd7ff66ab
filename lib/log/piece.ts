/**
 * What the parts of a message are, whichever interface they come from.
 *
 * @module
 */

/** What a part is. */
export type Piece =
  /** Words. */
  | { kind: "said" | "thought"; text: string }
  /** A call of a tool, with what it is given: text or data. */
  | { kind: "call"; id: string | undefined; name: string; given: unknown }
  /** What a tool answered. */
  | { kind: "result"; pieces: Piece[] }
  /** A thing without text, such as an image, or a thought that is kept secret. */
  | { kind: "named"; name: string; thought: boolean };

/**
 * Words as a piece.
 *
 * @param text what is said.
 * @returns the piece, none where there is no text.
 */
export function said(text: string | undefined): Piece[] {
  return text === undefined ? [] : [{ kind: "said", text }];
}

/**
 * A thing without text.
 *
 * @param name what stands in the text for it, without brackets.
 * @param thought whether it is a thought.
 * @returns the piece.
 */
export function named(name: string, thought = false): Piece {
  return { kind: "named", name, thought };
}
