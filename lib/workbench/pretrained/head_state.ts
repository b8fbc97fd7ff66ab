/**
 * The hidden state that a guard's head stands on, as it is asked for and as a head reads it.
 *
 * @module
 */
import type { Features } from "../../detector/detector.ts";
import type { Pooling } from "../../signals/signal_graph.ts";
import type { Signals } from "../../signals/signals.ts";
import type { HeadState } from "./tuned_recipe.ts";

/**
 * The vectors that a head reads, to be part of a request for signals.
 *
 * @param state layer and poolings.
 * @returns one vector for each pooling.
 */
export function vectorsOf({ layer, poolings }: HeadState): { layer: number; pooling: Pooling }[] {
  return poolings.map((pooling) => ({ layer, pooling }));
}

/**
 * Vectors of each conversation put behind one another.
 *
 * @param signals with these vectors alone, each of shape (n, width).
 * @param width of a hidden state.
 * @returns features, shape (n, vectors · width).
 */
export function featuresOf({ hidden }: Pick<Signals, "hidden">, width: number): Features {
  if (hidden.length === 1) return { data: hidden[0], width };
  const n = hidden[0].length / width;
  const wide = hidden.length * width;
  const data = new Float32Array(n * wide);
  hidden.forEach((vectors, v) => {
    for (let i = 0; i < n; i++) {
      data.set(vectors.subarray(i * width, (i + 1) * width), i * wide + v * width);
    }
  });
  return { data, width: wide };
}
