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
  padIdOf,
  type SpecialTokens,
  toHubConfig,
} from "./config.ts";
import { readGguf } from "./gguf/gguf.ts";
import { isGguf } from "./gguf/parts.ts";
import { type GuardLabels, labelsOf } from "./labels.ts";
import {
  decoderParameters,
  EMBEDDING,
  OUTPUT,
  outputName,
  type Parameter,
  type Parameters,
  parametersOf,
  type ParameterSpec,
  renamed,
  sameValues,
  SCORE,
  storedParameter,
} from "./parameters.ts";
import { writeSafetensors } from "./safetensors.ts";
import type { HubConfig } from "./settings.ts";
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
  /** Of a guard that was read, which of its labels means unsafe. The rows of its head are safe and unsafe whatever the order was. */
  readonly labels?: GuardLabels;
  /** The id with which a guard's texts are filled up: it reads the last token that is another. Default: the last of all. */
  readonly padId?: number;
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

/** Settings of {@linkcode readCheckpoint}. */
export interface ReadOptions {
  /** Folder of a LoRA adapter to be merged into it; one with a score head makes a language model a guard. */
  adapter?: string | undefined;
  /** The name of a guard's label that means unsafe, where names do not tell. */
  unsafeLabel?: string | undefined;
}

/**
 * Reads a checkpoint: one that {@linkcode writeCheckpoint} wrote, or any of a family that we have.
 *
 * @param path its folder, or a GGUF file, which holds a language model.
 * @param options adapter, label.
 * @returns a guard where the checkpoint is a sequence classifier, else a language model; throws a {@linkcode UserError}
 * where a file is missing or broken, the decoder is none of ours, a weight is missing or has another shape than the
 * configuration says, the adapter is none of ours or was made for another model, or labels do not say which one is unsafe.
 */
export function readCheckpoint(
  path: string,
  { adapter: adapterFolder, unsafeLabel }: ReadOptions = {},
): Model {
  const stored: Stored = isGguf(path) ? readGguf(path) : readFolder(path);
  const { parameters: weights, hub = {} } = stored;
  const adapter = adapterFolder === undefined ? undefined : readAdapter(adapterFolder);
  const score = adapter?.replacements.get(SCORE);
  const rows = score?.shape[0];
  const labels = rows !== undefined || stored.classifies
    ? labelsOf(hub, rows === undefined ? path : adapterFolder!, unsafeLabel, rows)
    : undefined;
  const head = labels !== undefined ? "guard" : "language-model";
  const config = head === "guard" ? stored.config : tyingOf(stored);
  const specs = score !== undefined
    ? decoderParameters(config)
    : modelParameters(config, head, labels?.names.length);
  const plain = parametersOf(pick(weights, specs, path));
  const parameters = adapter ? applyAdapter(plain, adapter, head === "language-model") : plain;
  if (labels === undefined) {
    return { config: { ...config, tied: !parameters.has(OUTPUT) }, head, parameters };
  }
  const padId = padIdOf(hub);
  return {
    config,
    head,
    parameters: new Map(parameters).set(SCORE, safeFirst(parameters.get(SCORE)!, labels)),
    labels,
    ...padId !== undefined && { padId },
  };
}

/** A score head with its rows for safe and unsafe in this order; a lone row for safe says unsafe when turned round. */
function safeFirst(score: Parameter, { names, unsafe }: GuardLabels): Parameter {
  const { name, shape } = score;
  if (unsafe === names.length - 1) return score;
  const C = shape[1];
  return storedParameter({ name, shape }, function* () {
    const data = new Float32Array(score.data);
    if (unsafe === undefined) yield data.map((x) => -x);
    else {
      yield data.slice(C);
      yield data.slice(0, C);
    }
  });
}

/**
 * A configuration that says of the output layer what the file holds, as transformers 5 has it: where it holds output weights that
 * are not the embeddings, they are used, whatever `tie_word_embeddings` is.
 */
function tyingOf({ config, parameters }: Stored): DecoderConfig {
  if (!(config.tied ?? true)) return config;
  const [output, embedding] = [OUTPUT, EMBEDDING].map((name) => findWeight(parameters, name));
  const differs = output !== undefined && embedding !== undefined &&
    (output.shape.join() !== embedding.shape.join() || !sameValues(output, embedding));
  return differs ? { ...config, tied: false } : config;
}

/** What a checkpoint holds, however it is stored. */
interface Stored {
  config: DecoderConfig;
  /** Its `config.json`, where it has one. */
  hub?: HubConfig;
  /** Whether it is a sequence classifier. */
  classifies?: boolean;
  /** By the names in Hugging Face checkpoints. */
  parameters: Parameters;
}

function readFolder(folder: string): Stored {
  const path = join(folder, "config.json");
  const hub = parseConfig(readText(path), path);
  return {
    config: fromHubConfig(hub, path),
    hub,
    classifies: [hub.architectures].flat().some((name) =>
      typeof name === "string" && name.endsWith("ForSequenceClassification")
    ),
    parameters: readWeights(folder),
  };
}

/** The weights that a model has, under the names that we know them by. */
function pick(from: Parameters, specs: readonly ParameterSpec[], folder: string): Parameter[] {
  return specs.map(({ name, shape }) => {
    const found = findWeight(from, name);
    if (found?.shape.join() !== shape.join()) {
      throw new UserError(
        `Cannot load "${folder}": weight "${name}" must have shape (${shape}), got ${
          found ? `(${found.shape})` : "none"
        }`,
        "Get a whole copy of this checkpoint, or choose another; one in the cache is made again once its folder is removed.",
      );
    }
    if (found.problem !== undefined) {
      throw new UserError(
        `Cannot load "${folder}": weight ${found.problem}`,
        "Choose the checkpoint in float32, float16 or bfloat16, or convert it with save_pretrained().",
      );
    }
    return renamed(found, name);
  });
}

/**
 * A weight by the name that we know it by. In files the decoder's names begin with "model.", with something longer beside a
 * vision model, or with nothing.
 */
function findWeight(from: Parameters, name: string): Parameter | undefined {
  const own = from.get(name);
  if (own !== undefined) return own;
  if (name === OUTPUT) return from.get(`language_model.${OUTPUT}`);
  const embedding = EMBEDDING.replace("model.", "");
  const prefix = [...from.keys()].find((key) => key.endsWith(embedding))?.replace(embedding, "");
  return from.get(name.replace("model.", prefix ?? ""));
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
