/**
 * Checkpoints in Hugging Face layout: `config.json` and `model.safetensors`; the tokenizer's files stand beside them.
 *
 * @module
 */
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { readText, writeFileAtomic } from "../core/files.ts";
import { type DecoderConfig, fromHubConfig, type SpecialTokens, toHubConfig } from "./config.ts";
import { decoderParameters, type Parameters, type ParameterSpec, SCORE } from "./parameters.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

/** What stands on top of a decoder. */
export type Head = "language-model" | "guard";

/** A trained model. */
export interface Model {
  /** Dimensions of the decoder. */
  readonly config: DecoderConfig;
  /** Decides which weights there are besides the decoder's. */
  readonly head: Head;
  /** The weights that {@linkcode modelParameters} lists. */
  readonly parameters: Parameters;
}

const architectures: Record<Head, string> = {
  "language-model": "LlamaForCausalLM",
  "guard": "LlamaForSequenceClassification",
};

/**
 * The weights of a model.
 *
 * @param config the decoder.
 * @param head what stands on it.
 * @returns names and shapes.
 */
export function modelParameters(config: DecoderConfig, head: Head): ParameterSpec[] {
  const decoder = decoderParameters(config);
  return head === "guard" ? [...decoder, { name: SCORE, shape: [2, config.hiddenSize] }] : decoder;
}

/**
 * Writes a checkpoint.
 *
 * @param folder where to.
 * @param model what to write.
 * @param tokens ids of the special tokens.
 */
export function writeCheckpoint(
  folder: string,
  { config, head, parameters }: Model,
  tokens: SpecialTokens,
): void {
  const hub = toHubConfig(config, architectures[head], tokens);
  const labels = head === "guard"
    ? { id2label: { 0: "safe", 1: "unsafe" }, label2id: { safe: 0, unsafe: 1 } }
    : {};
  writeFileAtomic(
    join(folder, "config.json"),
    JSON.stringify({ ...hub, ...labels }, null, 2) + "\n",
  );
  writeSafetensors(join(folder, "model.safetensors"), parameters.values());
}

/**
 * Reads a checkpoint that {@linkcode writeCheckpoint} wrote.
 *
 * @param folder its folder.
 * @returns the model; throws a {@linkcode UserError} where a file is missing or broken, or a weight is missing or has
 * another shape than the configuration says.
 */
export function readCheckpoint(folder: string): Model {
  const path = join(folder, "config.json");
  const hub = parseConfig(readText(path), path);
  const config = fromHubConfig(hub, path);
  const isGuard = JSON.stringify(hub.architectures) === JSON.stringify([architectures.guard]);
  const head = isGuard ? "guard" : "language-model";
  const { parameters } = readSafetensors(join(folder, "model.safetensors"));
  for (const { name, shape } of modelParameters(config, head)) {
    const found = parameters.get(name)?.shape;
    if (found?.join() !== shape.join()) {
      throw new UserError(
        `Cannot load "${folder}": weight "${name}" must have shape (${shape}), got ${
          found ? `(${found})` : "none"
        }`,
        "Remove the folder, so that the checkpoint is made again.",
      );
    }
  }
  return { config, head, parameters };
}

function parseConfig(text: string, path: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch (error) {
    throw new UserError(
      `Cannot load "${path}": it is broken JSON (${(error as Error).message})`,
      "Remove the folder, so that the checkpoint is made again.",
      { cause: error },
    );
  }
}
