/**
 * Checkpoints in Hugging Face layout: `config.json` and `model.safetensors`; the tokenizer's files stand beside them. And GGUF
 * files, which are read as if they were such folders.
 *
 * @module
 */
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { readText, writeFileAtomic } from "../core/files.ts";
import { applyAdapter, readAdapter } from "./adapter.ts";
import {
  type DecoderConfig,
  fromHubConfig,
  labelsOf,
  type SpecialTokens,
  toHubConfig,
} from "./config.ts";
import { readGguf } from "./gguf/gguf.ts";
import { isGguf } from "./gguf/parts.ts";
import {
  decoderParameters,
  EMBEDDING,
  outputName,
  type Parameter,
  type Parameters,
  parametersOf,
  type ParameterSpec,
  renamed,
  SCORE,
} from "./parameters.ts";
import { writeSafetensors } from "./safetensors.ts";
import { readWeights } from "./weights.ts";

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
 * @param labels of a guard: 2 (safe, unsafe), or 1 (unsafe).
 * @returns names and shapes.
 */
export function modelParameters(config: DecoderConfig, head: Head, labels = 2): ParameterSpec[] {
  const { hiddenSize: C, vocabSize: V } = config;
  const decoder = decoderParameters(config);
  if (head === "guard") return [...decoder, { name: SCORE, shape: [labels, C] }];
  const output = outputName(config);
  return output === EMBEDDING ? decoder : [...decoder, { name: output, shape: [V, C] }];
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
 * Reads a checkpoint: one that {@linkcode writeCheckpoint} wrote, or any of a family that we have.
 *
 * @param path its folder, or a GGUF file, which holds a language model.
 * @param adapterFolder of a LoRA adapter to be merged into it; one with a score head makes a language model a guard.
 * @returns a guard where the checkpoint is a sequence classifier, else a language model; throws a {@linkcode UserError}
 * where a file is missing or broken, the decoder is none of ours, a weight is missing or has another shape than the
 * configuration says, or the adapter is none of ours or was made for another model.
 */
export function readCheckpoint(path: string, adapterFolder?: string): Model {
  const stored: Stored = isGguf(path) ? readGguf(path) : readFolder(path);
  const { config, labels, parameters: weights } = stored;
  const adapter = adapterFolder === undefined ? undefined : readAdapter(adapterFolder);
  const score = adapter?.replacements.get(SCORE);
  if (score !== undefined) labelsOf({ num_labels: score.shape[0] }, adapterFolder!); // refuses all but 1 and 2
  const head = labels !== undefined || score !== undefined ? "guard" : "language-model";
  const specs = score !== undefined
    ? decoderParameters(config)
    : modelParameters(config, head, labels);
  const parameters = parametersOf(pick(weights, specs, path));
  return { config, head, parameters: adapter ? applyAdapter(parameters, adapter) : parameters };
}

/** What a checkpoint holds, however it is stored. */
interface Stored {
  config: DecoderConfig;
  /** Of a sequence classifier. */
  labels?: number;
  /** By the names in Hugging Face checkpoints. */
  parameters: Parameters;
}

function readFolder(folder: string): Stored {
  const path = join(folder, "config.json");
  const hub = parseConfig(readText(path), path);
  const config = fromHubConfig(hub, path);
  const classifies = `${hub.architectures}`.endsWith("ForSequenceClassification");
  return {
    config,
    ...classifies && { labels: labelsOf(hub, path) },
    parameters: readWeights(folder),
  };
}

/** The weights that a model has, under the names that we know them by. */
function pick(from: Parameters, specs: readonly ParameterSpec[], folder: string): Parameter[] {
  // the decoder's names begin with "model.", with something longer beside a vision model, or with nothing
  const embedding = EMBEDDING.replace("model.", "");
  const prefix = [...from.keys()].find((name) => name.endsWith(embedding))?.replace(embedding, "");
  return specs.map(({ name, shape }) => {
    const found = from.get(name) ?? from.get(name.replace("model.", prefix ?? ""));
    if (found?.shape.join() !== shape.join()) {
      throw new UserError(
        `Cannot load "${folder}": weight "${name}" must have shape (${shape}), got ${
          found ? `(${found.shape})` : "none"
        }`,
        "Get a whole copy of this checkpoint, or choose another; one in the cache is made again once its folder is removed.",
      );
    }
    return renamed(found, name);
  });
}

function parseConfig(text: string, path: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch (error) {
    throw new UserError(
      `Cannot load "${path}": it is broken JSON (${(error as Error).message})`,
      "Get a whole copy of this checkpoint, or choose another; one in the cache is made again once its folder is removed.",
      { cause: error },
    );
  }
}
