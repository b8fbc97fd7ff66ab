/**
 * Where something in a text of Unicode's normal form C stood before the text was normalised.
 *
 * @module
 */
import type { Stretch } from "./offsets.ts";

/**
 * Maps places back. Normalisation changes no more than what stands within one grapheme cluster (UAX #29, section 3): in a cluster
 * that it changes, a stretch is given all of the cluster, as a token is that holds some of a character's bytes.
 *
 * @param text before it was normalised.
 * @param stretches places in `text.normalize("NFC")`.
 * @returns the places in `text`, in the same order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const places = placesBeforeNfc("e\u0301a", [{ start: 0, end: 1 }, { start: 1, end: 2 }]); // é, a
 * assert.deepEqual(places, [{ start: 0, end: 2 }, { start: 2, end: 3 }]);
 * ```
 */
export function placesBeforeNfc(text: string, stretches: Stretch[]): Stretch[] {
  if (text.normalize("NFC") === text) return stretches;
  const starts: number[] = []; // for each place between two units of the normal text, what begins there
  const ends = [0]; // and what ends there
  for (const { segment, index } of new Intl.Segmenter("und").segment(text)) {
    const normal = segment.normalize("NFC");
    const last = index + segment.length;
    for (let unit = 0; unit < normal.length; unit++) {
      starts.push(normal === segment ? index + unit : index);
      ends.push(normal === segment ? index + unit + 1 : last);
    }
  }
  starts.push(text.length);
  return stretches.map(({ start, end }) => ({ start: starts[start], end: ends[end] }));
}
