/**
 * The frequencies of rotary positions (https://arxiv.org/abs/2104.09864), and how checkpoints for longer texts stretch them.
 *
 *     fᵢ = θ^(−2i/d)   for the pairs i = 0 … d/2 − 1
 *
 * @module
 */

/** Rotary positions of some layers. */
export interface Rope {
  /** θ, the base of the frequencies. */
  theta: number;
  /** How the frequencies are lowered; without it they are not. */
  scaling?: RopeScaling | undefined;
}

/**
 * All frequencies divided by a factor, or, as in Llama 3.1, only those too slow to turn round within the original length; or
 * each by a factor of its own, shape (d/2), which is how GGUF files hold the latter.
 */
export type RopeScaling =
  | { type: "linear"; factor: number }
  | { type: "factors"; factors: readonly number[] }
  | {
    type: "llama3";
    factor: number;
    /** Turns within the original length up to which a frequency is divided in full. */
    lowTurns: number;
    /** Turns from which on it is left alone; between the two it is a mixture of both. */
    highTurns: number;
    /** Longest text before the stretching, in tokens. */
    originalLength: number;
  };

/**
 * The angles by which a position turns each pair.
 *
 * @param rope base and scaling.
 * @param size d, of a head; even.
 * @returns radians a token, shape (d/2).
 */
export function ropeFrequencies({ theta, scaling }: Rope, size: number): number[] {
  const plain = Array.from({ length: size / 2 }, (_, i) => theta ** (-i / (size / 2)));
  if (scaling === undefined) return plain;
  if (scaling.type === "linear") return plain.map((f) => f / scaling.factor);
  if (scaling.type === "factors") return plain.map((f, i) => f / scaling.factors[i]);
  const { factor, lowTurns, highTurns, originalLength } = scaling;
  return plain.map((f) => {
    const turns = originalLength * f / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - lowTurns) / (highTurns - lowTurns)));
    return kept * f + (1 - kept) * f / factor;
  });
}
