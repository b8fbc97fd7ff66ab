/**
 * For tests: small models with random weights, in memory and as the folders in which models come.
 *
 * @module
 */
import { join } from "node:path";
import { makeFolder } from "../core/files.ts";
import { writeTokenizer } from "../tokenizer/tokenizer.ts";
import { trainBpe } from "../tokenizer/train.ts";
import { type Head, type Model, modelParameters, writeCheckpoint } from "./checkpoint.ts";
import type { DecoderConfig } from "./config.ts";
import { initialParameters } from "./parameters.ts";
import { writeSafetensors } from "./safetensors.ts";

/**
 * A model that nobody has trained.
 *
 * @param head what stands on it.
 * @param dimensions those that matter.
 * @param seed names its weights.
 * @returns the model.
 */
export function randomModel(
  head: Head,
  dimensions: Partial<DecoderConfig>,
  seed = "random model",
): Model {
  const config = {
    vocabSize: 300,
    hiddenSize: 16,
    intermediateSize: 32,
    layers: 2,
    heads: 2,
    contextLength: 96,
    ...dimensions,
  };
  const parameters = initialParameters(modelParameters(config, head), config.layers, seed);
  return { config, head, parameters };
}

/**
 * Writes such a model with a tokenizer, as a checkpoint.
 *
 * @param folder where to; it is made.
 * @param model as {@linkcode randomModel} makes it, with a vocabulary of at least 290.
 * @returns the folder.
 */
export function writeRandomCheckpoint(folder: string, model: Model): string {
  makeFolder(folder);
  writeCheckpoint(folder, model, { padId: 0, bosId: 1, eosId: 2 });
  const text = "\n\nHuman: Is it there?\n\nAssistant: It is here, there.";
  writeTokenizer(folder, trainBpe([text], 290));
  return folder;
}

/**
 * Writes a LoRA adapter of one projection.
 *
 * @param folder where to; it is made.
 * @param model which model it is for.
 * @param holds whether it has a score head, too.
 * @returns the folder.
 */
export function writeAdapter(
  folder: string,
  { config }: Model,
  holds: { head: boolean },
): string {
  makeFolder(folder);
  const width = config.hiddenSize;
  const values = (name: string, shape: [number, number]) => ({
    name: `base_model.model.${name}.weight`,
    shape,
    data: Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i)),
  });
  const query = "model.layers.1.self_attn.q_proj";
  writeSafetensors(join(folder, "adapter_model.safetensors"), [
    values(`${query}.lora_A`, [2, width]),
    values(`${query}.lora_B`, [width, 2]),
    ...holds.head ? [values("score", [2, width])] : [],
  ]);
  const settings = { peft_type: "LORA", r: 2, lora_alpha: 4, base_model_name_or_path: "model" };
  Deno.writeTextFileSync(join(folder, "adapter_config.json"), JSON.stringify(settings));
  return folder;
}
