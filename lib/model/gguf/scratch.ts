/**
 * Arrays to dequantise in, which are used again for one tensor after another: of arrays made anew for each of hundreds of
 * tensors, some 50 MB stay with the process (SmolLM2 135M), though nothing refers to them.
 *
 * @module
 */

/** About how many values are dequantised at a time. */
export const STRETCH = 1 << 18;

/** Room for one stretch of values, to be held with `using`, which gives it back. */
export interface Scratch extends Disposable {
  /** As they stand in the file; at most 4 bytes a value. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Dequantised. */
  readonly values: Float32Array<ArrayBuffer>;
  /** In another order. */
  readonly sorted: Float32Array<ArrayBuffer>;
}

const free: Scratch[] = [];

/**
 * Takes arrays that nobody uses.
 *
 * @param length values that they must have room for.
 * @returns the arrays; where `length` is above {@linkcode STRETCH}, such as are used once.
 */
export function takeScratch(length: number): Scratch {
  return length > STRETCH ? newScratch(length) : free.pop() ?? newScratch(STRETCH);
}

function newScratch(length: number): Scratch {
  return {
    bytes: new Uint8Array(4 * length),
    values: new Float32Array(length),
    sorted: new Float32Array(length),
    [Symbol.dispose]() {
      if (length === STRETCH) free.push(this);
    },
  };
}
