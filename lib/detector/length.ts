/**
 * A baseline that reads nothing: longer is more suspicious. Where it does well, length gives the label away.
 *
 * @module
 */

/**
 * Scores conversations by their length.
 *
 * @param conversations texts.
 * @returns characters (Unicode code points) of each. Danger points up.
 */
export function lengthScores(conversations: readonly string[]): Float64Array {
  return Float64Array.from(conversations, (text) => [...text].length);
}
