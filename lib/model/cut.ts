/**
 * A decoder without its upper blocks, for monitors that stand on a state in the middle.
 *
 * @module
 */
import type { Model } from "./checkpoint.ts";
import { decoderParameters, parametersOf } from "./parameters.ts";

/**
 * The first blocks of a model, and its last norm on them.
 *
 * @param model any; what stands on it is left out.
 * @param layers how many blocks are kept, at most as many as it has.
 * @returns the smaller model, its weights the same objects.
 */
export function cutModel({ config, head, parameters }: Model, layers: number): Model {
  const { sliding } = config;
  const cut = {
    ...config,
    layers,
    ...sliding && { sliding: { ...sliding, layers: sliding.layers.slice(0, layers) } },
  };
  const kept = decoderParameters(cut).map(({ name }) => parameters.get(name)!);
  return { config: cut, head, parameters: parametersOf(kept) };
}
