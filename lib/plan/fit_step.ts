/**
 * `deno task fit --step`: one step of a fit, for whoever does the steps apart from one another.
 *
 * @module
 */
import type { Part } from "../core/flag.ts";
import { type FitOptions, openFit } from "../monitor/fit_on_data.ts";
import { doStepNamed } from "./do_step.ts";
import { inOrder } from "./steps.ts";

/**
 * Does a step of a fit: makes a model, or some pieces of a pass.
 *
 * @param options of the fit.
 * @param which the first digits of the step's key, and which part of it.
 * @param say told what a user should know.
 * @returns what was done, a sentence.
 */
export async function doFitStep(
  options: FitOptions,
  { step, shard }: { step: string; shard: Part },
  say: (message: string) => void,
): Promise<string> {
  const { maker } = await openFit(options, say);
  return await doStepNamed(inOrder(await maker.needs()), step, shard);
}
