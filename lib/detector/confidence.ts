/**
 * How sure a guard is, from its two logits f = (safe, unsafe). Neither learns anything, and neither asks which class the
 * guard is sure of.
 *
 *     maximum softmax probability (Hendrycks and Gimpel 2017):  score = 1 − max softmax(f) = σ(−|f₁ − f₀|)
 *     energy (Liu et al. 2020):                                 score = −ln Σ exp(f)
 *
 * @module
 */
import type { Detector } from "./detector.ts";

/** Looks at logit differences, unsafe − safe, shape (n); its score rises to ½ where both classes are equally likely. */
export const maximumSoftmaxProbability: Detector<Float32Array> = {
  name: "maximum softmax probability",
  score: (differences) =>
    Float64Array.from(differences, (difference, i) => {
      requireNumber("maximum softmax probability", difference, i);
      return 1 / (1 + Math.exp(Math.abs(difference))); // 1 − max p would lose its digits where the guard is sure
    }),
};

/** Looks at both logits of each conversation, shape (n, 2); its score is in nats and rises where both are low. */
export const energy: Detector<Float32Array> = {
  name: "energy",
  score(logits) {
    if (logits.length % 2 !== 0) {
      throw new RangeError(
        `Cannot score energy: there must be two logits a row, got ${logits.length}`,
      );
    }
    return Float64Array.from({ length: logits.length / 2 }, (_, i) => {
      const [safe, unsafe] = logits.subarray(2 * i, 2 * i + 2);
      requireNumber("energy", safe + unsafe, i);
      return -Math.max(safe, unsafe) - Math.log1p(Math.exp(-Math.abs(safe - unsafe)));
    });
  },
};

function requireNumber(name: string, value: number, row: number): void {
  if (Number.isFinite(value)) return;
  throw new RangeError(`Cannot score ${name}: logits must be finite, got ${value} in row ${row}`);
}
