/**
 * One resample: of every stratum as many units as it has, drawn with replacement. It stands in a module of its own, so that a
 * second thread has little to load.
 *
 * @module
 */

/** Resamples made one after the other; disposing of them ends what makes them. */
export interface Draws extends Disposable {
  /** Writes the next resample into `counts`, shape (units): how often each unit was drawn. */
  next(counts: Uint8Array): void;
}

/**
 * Draws a resample with the generator sfc32.
 *
 * @param counts receives how often each unit was drawn, shape (units). A count over 255 would wrap around; its chance is below
 * 1 / 256!.
 * @param starts where each stratum begins, ascending; the last entry is the number of units.
 * @param state of the generator, four words; what it is after the last draw is written back.
 */
export function drawInto(
  counts: Uint8Array,
  starts: readonly number[],
  state: Int32Array,
): void {
  counts.fill(0);
  let [a, b, c, d] = state; // locals: twice as fast as captured variables
  for (let stratum = 0; stratum + 1 < starts.length; stratum++) {
    const start = starts[stratum];
    const size = starts[stratum + 1] - start;
    const scale = size / 2 ** 32;
    for (let i = 0; i < size; i++) {
      const out = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + out) | 0;
      counts[start + (((out >>> 0) * scale) | 0)]++;
    }
  }
  state.set([a, b, c, d]);
}
