/**
 * What has a language model unlearnt on safe conversations? The likelihood ratio (Ren et al. 2019, https://arxiv.org/abs/1906.02845)
 * of the language model before and after it was tuned on safe training rows:
 *
 *     score(x) = (1/T) Σₜ [ log p_base(xₜ | x₍<ₜ₎) − log p_safe(xₜ | x₍<ₜ₎) ] = mean NLL_safe − mean NLL_base
 *
 * What makes a text hard for both models (rare words, another language, code) cancels out, and what is left is how far the text
 * is from safe conversations in particular. Ren et al. train the background model on inputs with noise and sum over all of x; here
 * it is the model that tuning began with, and the mean keeps length out.
 *
 * @module
 */
import type { Detector } from "./detector.ts";

/** Mean surprise of n conversations under two models, nats a token. */
export interface SurpriseOfTwo {
  /** Under the model tuned on safe training rows, shape (n). */
  safe: Float32Array;
  /** Under the model that it was before, shape (n). */
  base: Float32Array;
}

/** Its score is in nats a token: above 0 where the tuning made a conversation less likely. */
export const likelihoodRatio: Detector<SurpriseOfTwo> = {
  name: "likelihood ratio",
  score({ safe, base }) {
    if (safe.length !== base.length) {
      throw new RangeError(
        `Cannot score likelihood ratios: both models must have read the same rows, got ${safe.length} and ${base.length}`,
      );
    }
    return Float64Array.from(safe, (nll, i) => {
      const difference = nll - base[i];
      if (Number.isFinite(difference)) return difference;
      throw new RangeError(
        `Cannot score likelihood ratios: surprise must be finite, got ${nll} and ${
          base[i]
        } in row ${i}`,
      );
    });
  },
};
