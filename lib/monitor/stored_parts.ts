/**
 * The parts of a monitor as the files of its folder. Trained from nothing:
 *
 *     guard/                     a checkpoint in Hugging Face layout, the tokenizer's files beside it
 *     language-model/            another, which measures perplexity
 *
 * Made of a pretrained model, which is not in the folder:
 *
 *     guard/head.json            a head on one of the model's hidden states, or
 *     guard/adapter_*            LoRA of the blocks below that state, with a head, in the layout of `peft`
 *     language-model/adapter_*   LoRA of the last blocks, which measures perplexity
 *
 * and of both
 *
 *     mahalanobis.safetensors    mean and Cholesky factor of the state that the guard judges by, on safe rows
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { readText, writeFileAtomic } from "../core/files.ts";
import { checked } from "../core/schema.ts";
import type { LinearHead } from "../detector/linear_head.ts";
import { type Gaussian, mahalanobisOf } from "../detector/mahalanobis.ts";
import { applyAdapter, readAdapter } from "../model/adapter.ts";
import { type Model, readCheckpoint } from "../model/checkpoint.ts";
import { loadCheckpointTokenizer } from "../model/checkpoint_tokenizer.ts";
import { cutModel } from "../model/cut.ts";
import { loadTokenizer } from "../tokenizer/tokenizer.ts";
import type { MonitorKind } from "../workbench/pretrained/tuned_recipe.ts";
import { readGaussian, writeGaussian } from "./gaussian_file.ts";
import type { Tuning } from "./manifest.ts";
import type { MonitorGuard, MonitorParts } from "./parts.ts";

/** Files by their paths in a monitor's folder, each with what writes it to the path that it is given. */
export type StoredFiles = Readonly<Record<string, (path: string) => void>>;

const DETECTOR = "mahalanobis.safetensors";
const HEAD = "guard/head.json";
const [GUARD, LANGUAGE_MODEL] = ["guard", "language-model"];
const CHECKPOINT = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
const [ADAPTER_CONFIG, ADAPTER_WEIGHTS] = ["adapter_config.json", "adapter_model.safetensors"];
const ADAPTER = [ADAPTER_CONFIG, ADAPTER_WEIGHTS];

const within = (folder: string, names: readonly string[]) =>
  names.map((name) => `${folder}/${name}`);

/**
 * The files that a monitor has.
 *
 * @param kind what its guard is; undefined where it was trained from nothing.
 * @returns their paths in its folder.
 */
export function storedNames(kind: MonitorKind | undefined): string[] {
  const models = kind === undefined
    ? [...within(GUARD, CHECKPOINT), ...within(LANGUAGE_MODEL, CHECKPOINT)]
    : [...kind === "head" ? [HEAD] : within(GUARD, ADAPTER), ...within(LANGUAGE_MODEL, ADAPTER)];
  return [...models, DETECTOR];
}

/** What a monitor is put together from that was trained from nothing. */
export interface TrainedFiles {
  /** Folder of the guard's checkpoint. */
  guard: string;
  /** Folder of the language model's checkpoint. */
  languageModel: string;
  /** The fitted detector. */
  mahalanobis: Gaussian;
}

/**
 * The files of a monitor that was trained from nothing.
 *
 * @param from checkpoints and detector.
 * @returns what writes them.
 */
export function trainedFiles({ guard, languageModel, mahalanobis }: TrainedFiles): StoredFiles {
  return {
    ...copies(GUARD, guard, CHECKPOINT),
    ...copies(LANGUAGE_MODEL, languageModel, CHECKPOINT),
    [DETECTOR]: (path) => writeGaussian(path, mahalanobis),
  };
}

/** What a monitor is put together from that was made of a pretrained model. */
export interface TunedFiles {
  /** A head, or the folder of an adapter. */
  guard: LinearHead | string;
  /** Folder of the language model's adapter. */
  languageModel: string;
  /** The fitted detector. */
  mahalanobis: Gaussian;
}

/**
 * The files of a monitor that was made of a pretrained model.
 *
 * @param from head, adapters and detector.
 * @param reference by what name the model is found, for the adapters to say.
 * @returns what writes them.
 */
export function tunedFiles(
  { guard, languageModel, mahalanobis }: TunedFiles,
  reference: string,
): StoredFiles {
  return {
    ...typeof guard === "string"
      ? adapterCopies(GUARD, guard, reference)
      : { [HEAD]: (path: string) => writeFileAtomic(path, headText(guard)) },
    ...adapterCopies(LANGUAGE_MODEL, languageModel, reference),
    [DETECTOR]: (path) => writeGaussian(path, mahalanobis),
  };
}

function copies(to: string, from: string, names: readonly string[]): StoredFiles {
  return Object.fromEntries(
    names.map((name) => [`${to}/${name}`, (path) => Deno.copyFileSync(join(from, name), path)]),
  );
}

/** What was trained may have been found under another name, such as a folder of the cache. */
function adapterCopies(to: string, from: string, reference: string): StoredFiles {
  return {
    ...copies(to, from, [ADAPTER_WEIGHTS]),
    [`${to}/${ADAPTER_CONFIG}`]: (path) => {
      const config = JSON.parse(readText(join(from, ADAPTER_CONFIG)));
      const named = { ...config, base_model_name_or_path: reference };
      writeFileAtomic(path, JSON.stringify(named, null, 2) + "\n");
    },
  };
}

/**
 * Reads the parts of a monitor that was trained from nothing.
 *
 * @param folder the monitor's, its files checked.
 * @returns the parts.
 */
export function readTrainedParts(folder: string): MonitorParts {
  const guard = readCheckpoint(join(folder, GUARD));
  const tokenizer = loadTokenizer(join(folder, GUARD));
  return {
    guard: { model: guard, state: { layer: guard.config.layers, poolings: ["last"] } },
    languageModel: readCheckpoint(join(folder, LANGUAGE_MODEL)),
    tokenizer: { ...tokenizer, frontId: tokenizer.bosId },
    mahalanobis: readDetector(folder),
  };
}

/**
 * Reads the parts of a monitor that was made of a pretrained model. Both models have the weights of the one that is read here.
 *
 * @param folder the monitor's, its files checked.
 * @param tuning how it was made.
 * @param basePath folder or GGUF file of the pretrained model.
 * @returns the parts.
 */
export function readTunedParts(
  folder: string,
  { monitors, state }: Tuning,
  basePath: string,
): MonitorParts {
  const base = readCheckpoint(basePath);
  const guard: MonitorGuard = monitors === "head"
    ? { model: base, state, head: readHead(join(folder, HEAD)) }
    : { model: adapted(cutModel(base, state.layer), join(folder, GUARD), "guard"), state };
  return {
    guard,
    languageModel: adapted(base, join(folder, LANGUAGE_MODEL), "language-model"),
    tokenizer: loadCheckpointTokenizer(basePath),
    mahalanobis: readDetector(folder),
  };
}

function adapted(model: Model, folder: string, head: Model["head"]): Model {
  const parameters = applyAdapter(model.parameters, readAdapter(folder), head !== "guard");
  return { config: model.config, head, parameters };
}

function readDetector(folder: string): MonitorParts["mahalanobis"] {
  return mahalanobisOf(readGaussian(join(folder, DETECTOR)));
}

const Finite = z.number("must be a number");
const HeadSchema = z.object({
  C: Finite,
  weights: z.array(Finite, "must be a list"),
  intercept: Finite,
}, "must be an object");

/** Numbers in JSON keep every bit. */
function headText({ C, weights, intercept }: LinearHead): string {
  return JSON.stringify({ C, intercept, weights: [...weights] }) + "\n";
}

function readHead(path: string): LinearHead {
  const { C, weights, intercept } = checked(
    HeadSchema,
    JSON.parse(readText(path)),
    `Cannot load the head "${path}"`,
    "Fit the monitor again.",
  );
  return { C, weights: Float64Array.from(weights), intercept };
}
