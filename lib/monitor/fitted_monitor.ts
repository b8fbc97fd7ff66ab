/**
 * A fitted monitor as one directory, whole in itself:
 *
 *     monitor.json               the fusion, the thresholds, what it was fitted on, a hash of every other file
 *     guard/                     a checkpoint in Hugging Face layout, the tokenizer's files beside it
 *     language-model/            another, which measures perplexity
 *     mahalanobis.safetensors    mean and Cholesky factor of the guard's hidden states on safe rows
 *
 * A float64 is kept as a float32 and the rest as another, which together hold 48 of its 53 bits.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { UserError } from "../core/errors.ts";
import {
  exists,
  fileError,
  makeFolder,
  readBytes,
  readText,
  removeIfPresent,
  writeFileAtomic,
} from "../core/files.ts";
import { canonicalJson, hashOf, type Json, roundNumbers, sha256 } from "../core/json.ts";
import { type Model, readCheckpoint } from "../model/checkpoint.ts";
import type { Parameter } from "../model/parameters.ts";
import { readSafetensors, writeSafetensors } from "../model/safetensors.ts";
import { loadTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Lambda } from "../detector/fusion.ts";
import { type Gaussian, type Mahalanobis, mahalanobisOf } from "../detector/mahalanobis.ts";

/** The monitors that are fused, in the order of the lambda's means; the anchor first. */
export const MONITOR_PARTS = ["guard", "perplexity", "mahalanobis"] as const;

/** Raised whenever a directory of today could not be read, or would score differently, under tomorrow's code. */
const VERSION = 1;

const MANIFEST = "monitor.json";
const DETECTOR = "mahalanobis.safetensors";
const CHECKPOINT = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
const MODELS = ["guard", "language-model"] as const;
const FILES: readonly string[] = [
  ...MODELS.flatMap((model) => CHECKPOINT.map((name) => `${model}/${name}`)),
  DETECTOR,
];

/** Where conversations are flagged, and what that meant on the calibration rows. */
export interface Threshold {
  /** The false-positive rate that was aimed at. */
  target: number;
  /** Fused scores strictly above are flagged. */
  threshold: number;
  /** Share of safe calibration rows flagged. */
  fpr: number;
  /** Share of unsafe calibration rows flagged; the rows that the fusion was chosen on, so an optimistic figure. */
  recall: number;
}

/** What the parts of a monitor are combined by. */
export interface Fusion {
  /** How the scores of {@linkcode MONITOR_PARTS} are fused. */
  lambda: Lambda;
  /** Ascending by target. */
  thresholds: Threshold[];
}

/** A fitted monitor, ready to be opened. */
export interface FittedMonitor extends Fusion {
  /** SHA-256 over all that it consists of. */
  readonly hash: string;
  /** Scores conversations. */
  readonly guard: Model;
  /** Measures perplexity. */
  readonly languageModel: Model;
  /** Of both models. */
  readonly tokenizer: Tokenizer;
  /** Fitted to the guard's last hidden state at the last token. */
  readonly mahalanobis: Mahalanobis;
}

/** What a monitor is put together from. */
export interface MonitorContents extends Fusion {
  /** Folder of the guard's checkpoint. */
  guard: string;
  /** Folder of the language model's checkpoint. */
  languageModel: string;
  /** The fitted detector. */
  mahalanobis: Gaussian;
  /** Whatever says what it was fitted on. */
  fittedOn: Json;
}

/**
 * Writes a monitor, whole or not at all.
 *
 * @param folder where to; must not exist.
 * @param contents what it consists of; numbers of the fusion are kept to 6 significant digits.
 */
export function writeMonitor(folder: string, contents: MonitorContents): void {
  const { guard, languageModel, mahalanobis, lambda, thresholds, fittedOn } = contents;
  refuseExistingMonitor(folder);
  makeFolder(dirname(folder));
  const temporary = `${folder}.tmp-${crypto.randomUUID().slice(0, 8)}`;
  try {
    [guard, languageModel].forEach((from, m) => {
      makeFolder(join(temporary, MODELS[m]));
      for (const name of CHECKPOINT) {
        Deno.copyFileSync(join(from, name), join(temporary, MODELS[m], name));
      }
    });
    writeSafetensors(join(temporary, DETECTOR), arraysOf(mahalanobis));
    const files = Object.fromEntries(
      FILES.map((name) => [name, sha256(readBytes(join(temporary, name)))]),
    );
    const body = roundNumbers({
      version: VERSION,
      parts: MONITOR_PARTS,
      lambda,
      thresholds,
      fittedOn,
      files,
    });
    writeFileAtomic(join(temporary, MANIFEST), canonicalJson({ ...body, hash: hashOf(body) }));
    Deno.renameSync(temporary, folder);
  } catch (error) {
    removeIfPresent(temporary);
    throw fileError("write", folder, error);
  }
}

/**
 * Throws a {@linkcode UserError} where a monitor could not be written for what is there.
 *
 * @param folder where it is to be written.
 */
export function refuseExistingMonitor(folder: string): void {
  if (!exists(folder)) return;
  throw new UserError(
    `Cannot write the monitor "${folder}": it exists`,
    "Choose another folder with --output, or remove this one first.",
  );
}

/**
 * Reads a monitor and checks that it is whole.
 *
 * @param folder that {@linkcode writeMonitor} wrote.
 * @returns the monitor; throws a {@linkcode UserError} where the folder is none, is damaged, or is of another version.
 */
export function readMonitor(folder: string): FittedMonitor {
  const { lambda, thresholds, hash, files } = readManifest(folder);
  for (const name of FILES) {
    const path = join(folder, name);
    if (!exists(path) || sha256(readBytes(path)) !== files[name]) {
      throw unusable(folder, `"${name}" is missing or changed`);
    }
  }
  return {
    hash,
    lambda,
    thresholds,
    guard: readCheckpoint(join(folder, "guard")),
    languageModel: readCheckpoint(join(folder, "language-model")),
    tokenizer: loadTokenizer(join(folder, "guard")),
    mahalanobis: mahalanobisOf(gaussianOf(join(folder, DETECTOR))),
  };
}

interface Manifest extends Fusion {
  files: Record<string, string>;
  hash: string;
}

function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  if (!exists(path)) throw unusable(folder, `it must hold ${MANIFEST}, got none`);
  let manifest: { version?: unknown; hash?: unknown };
  try {
    manifest = { ...JSON.parse(readText(path)) };
  } catch {
    throw unusable(folder, `${MANIFEST} is broken JSON`);
  }
  const { hash, ...body } = manifest;
  if (body.version !== VERSION) {
    const found = JSON.stringify(body.version) ?? "none";
    throw unusable(folder, `its version must be ${VERSION}, got ${found}`);
  }
  if (hashOf(body) !== hash) throw unusable(folder, `${MANIFEST} was changed`);
  return manifest as unknown as Manifest; // as it was written
}

function unusable(folder: string, why: string): UserError {
  return new UserError(
    `Cannot load the monitor "${folder}": ${why}`,
    "Give a folder that `deno task fit` of this version wrote, or fit it again.",
  );
}

function arraysOf({ mean, lower, shrinkage }: Gaussian): Parameter[] {
  const d = mean.length;
  return [
    ...inTwoParts("mean", [d], mean),
    ...inTwoParts("lower", [d, d], lower),
    ...inTwoParts("shrinkage", [1], Float64Array.of(shrinkage)),
  ];
}

function inTwoParts(name: string, shape: number[], values: Float64Array): Parameter[] {
  const data = Float32Array.from(values);
  const rest = Float32Array.from(values, (x, k) => x - data[k]);
  return [{ name, shape, data }, { name: `${name}.rest`, shape, data: rest }];
}

function gaussianOf(path: string): Gaussian {
  const { parameters } = readSafetensors(path);
  const whole = (name: string) => {
    const [data, rest] = [name, `${name}.rest`].map((part) => parameters.get(part)!.data);
    return Float64Array.from(data, (x, k) => x + rest[k]);
  };
  return { mean: whole("mean"), lower: whole("lower"), shrinkage: whole("shrinkage")[0] };
}
