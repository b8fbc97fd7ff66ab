/**
 * `monitor.json`: what a monitor's folder holds, how its parts are fused, and which conversations are flagged. It passes one
 * schema when it is read, and is trusted after.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { exists, hashFile, readText, writeFileAtomic } from "../core/files.ts";
import { canonicalJson, hashOf, type Json, roundNumbers } from "../core/json.ts";
import { firstProblem } from "../core/schema.ts";
import type { HeadState, MonitorKind } from "../workbench/pretrained/tuned_recipe.ts";
import type { Base } from "./base.ts";
import { MONITOR_PARTS, type MonitorFusion } from "./fusion.ts";

/**
 * Raised whenever a folder of today could not be read, or would score differently, under tomorrow's code. The first did not say
 * how conversations had been rendered, and knew monitors trained from nothing alone; the second knew no fusion but lambda.
 */
const VERSION = 3;

/** The name of the file. */
const MANIFEST = "monitor.json";

/** Significant digits that no double needs more of. */
const EVERY_BIT = 17;

/** How a monitor was made of a pretrained model. */
export interface Tuning {
  /** What the guard is. */
  monitors: MonitorKind;
  /** What it judges by. */
  state: HeadState;
  /** The model. */
  base: Base;
}

/** What a monitor is, besides the files beside the manifest. */
export interface MonitorSettings {
  /** How the scores of its parts are fused, and which conversations are flagged. */
  fusion: MonitorFusion;
  /** How it was made of a pretrained model; not where it was trained from nothing. */
  tuning?: Tuning | undefined;
  /** Whether conversations were rendered with thoughts when it was fitted; not where they were text already. */
  thoughts?: boolean | undefined;
  /** Whatever says what it was fitted on. */
  fittedOn?: Json | undefined;
}

/** The whole file. */
export interface Manifest extends MonitorSettings {
  /** SHA-256 of every other file, by its path in the folder. */
  files: Record<string, string>;
  /** SHA-256 over all of this. */
  hash: string;
}

const Sha256 = z.string("must be a SHA-256").regex(/^[0-9a-f]{64}$/, "must be a SHA-256");
const Text = z.string("must be text").min(1, "must not be empty");
const Finite = z.number("must be a number");
const Share = Finite.min(0, "must be from 0 to 1").max(1, "must be from 0 to 1");
const Above0 = Finite.positive("must be above 0");
const Count = z.int("must be a whole number").min(1, "must be at least 1");
const ofEachPart = <T>(value: z.ZodType<T>) =>
  z.array(value, "must be a list").length(
    MONITOR_PARTS.length,
    `must hold ${MONITOR_PARTS.length} values`,
  );
const Parts = z.array(z.string()).refine(
  (parts) => parts.join() === MONITOR_PARTS.join(),
  `must be ${MONITOR_PARTS.join(", ")}`,
);

const BaseSchema = z.object({
  name: Text,
  reference: Text,
  files: z.array(z.object({ name: Text, sha256: Sha256 }, "must be an object"), "must be a list")
    .min(1, "must not be empty"),
}, "must be an object");

const LambdaSchema = z.object({
  kind: z.literal("lambda"),
  lambda: z.object({
    coefficient: Finite.min(0, "must not be negative"),
    anchor: z.int("must be a whole number").min(0).max(MONITOR_PARTS.length - 1, "must be a part"),
    means: ofEachPart(Finite),
    deviations: ofEachPart(Above0),
  }, "must be an object"),
  thresholds: z.array(
    z.object({ target: Share, threshold: Finite, fpr: Share, recall: Share }, "must be an object"),
    "must be a list",
  ).min(1, "must not be empty"),
});

const CalibrationSchema = z.object({
  scores: z.array(Finite, "must be a list").min(1, "must not be empty").refine(
    (scores) => scores.every((score, i) => i === 0 || scores[i - 1] <= score),
    "must be ascending",
  ),
  tail: z.object({
    threshold: Finite,
    scale: Above0,
    exceedances: Count,
    distance: Share,
    usualDistance: Finite,
  }, "must be an object or null").nullable(),
}, "must be an object");

const SmallestPSchema = z.object({
  kind: z.literal("smallest-p"),
  calibrated: z.object({
    how: z.literal("smallest", 'must be "smallest"'),
    weights: ofEachPart(Share).refine(
      (weights) => Math.abs(weights.reduce((sum, weight) => sum + weight) - 1) < 1e-9,
      "must sum to 1",
    ),
    parts: ofEachPart(CalibrationSchema),
    fused: CalibrationSchema,
  }, "must be an object"),
  scenes: Count,
  byLength: z.object({
    cuts: z.array(Finite, "must be a list"),
    fused: z.record(z.string(), CalibrationSchema, "must be an object"),
  }, "must be an object").refine(
    ({ cuts, fused }) => [...cuts, Infinity].every((_, bin) => Object.hasOwn(fused, bin)),
    "must have a calibration between all cuts",
  ).optional(),
  chosen: z.object(
    { share: Share, alone: Share, recall: Share, loss: Share, fpr: Share },
    "must be an object",
  ).optional(),
});

const ManifestSchema: z.ZodType<Manifest> = z.object({
  parts: Parts,
  fusion: z.discriminatedUnion("kind", [SmallestPSchema, LambdaSchema], {
    error: 'must be of the kind "smallest-p" or "lambda"',
  }),
  tuning: z.object({
    monitors: z.enum(["head", "lora"], 'must be "head" or "lora"'),
    state: z.object({
      layer: z.int("must be a whole number").min(0, "must not be negative"),
      poolings: z.array(z.enum(["last", "mean", "max"], "must be last, mean or max"))
        .min(1, "must not be empty"),
    }, "must be an object"),
    base: BaseSchema,
  }, "must be an object").optional(),
  thoughts: z.boolean("must be true or false").optional(),
  fittedOn: z.json().optional() as z.ZodType<Json | undefined>,
  files: z.record(z.string(), Sha256, "must be an object"),
  hash: Sha256,
}, "must be an object");

/**
 * Writes the manifest of a folder that holds all else.
 *
 * @param folder the monitor's.
 * @param settings numbers are kept to 6 significant digits, but for calibrated scores, which keep every bit: what is scored later
 * is tied with them or not.
 * @param names of the other files.
 */
export async function writeManifest(
  folder: string,
  { fusion, ...settings }: MonitorSettings,
  names: readonly string[],
): Promise<void> {
  const hashes: [string, string][] = [];
  for (const name of names) hashes.push([name, await hashFile(join(folder, name))]);
  const files = Object.fromEntries(hashes);
  const rest = { version: VERSION, parts: MONITOR_PARTS, ...settings, files };
  const body = {
    ...roundNumbers(rest),
    fusion: fusion.kind === "lambda" ? roundNumbers(fusion) : fusion,
  };
  writeFileAtomic(
    join(folder, MANIFEST),
    canonicalJson({ ...body, hash: hashOf(body) }, EVERY_BIT),
  );
}

/**
 * Reads a manifest.
 *
 * @param folder the monitor's.
 * @returns what it holds; throws a {@linkcode UserError} where the folder is none, or the file is damaged or of another version.
 */
export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST);
  if (!exists(path)) throw unusable(folder, `it must hold ${MANIFEST}, got none`);
  let value: Record<string, unknown>;
  try {
    value = { ...JSON.parse(readText(path)) };
  } catch {
    throw unusable(folder, `${MANIFEST} is broken JSON`);
  }
  const { hash, ...body } = value;
  const { version } = body;
  if (version !== VERSION && version !== 1 && version !== 2) {
    const found = JSON.stringify(version) ?? "none";
    throw unusable(folder, `its version must be from 1 to ${VERSION}, got ${found}`);
  }
  if (hashOf(body) !== hash) throw unusable(folder, `${MANIFEST} was changed`);
  const current = version === VERSION ? value : withFusion(value);
  const read = ManifestSchema.safeParse(current);
  if (read.success) return read.data;
  throw unusable(folder, `in ${MANIFEST} ${firstProblem(read.error, current)}`);
}

/** What the first two versions wrote, as it is written today. */
function withFusion(
  { lambda, thresholds, ...rest }: Record<string, unknown>,
): Record<string, unknown> {
  return { ...rest, fusion: { kind: "lambda", lambda, thresholds } };
}

/**
 * Throws a {@linkcode UserError} where a file is not as it was written.
 *
 * @param folder the monitor's.
 * @param manifest its manifest.
 * @param names of the files that such a monitor has.
 */
export async function requireFiles(
  folder: string,
  { files }: Manifest,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    if (!exists(path) || await hashFile(path) !== files[name]) {
      throw unusable(folder, `"${name}" is missing or changed`);
    }
  }
}

function unusable(folder: string, why: string): UserError {
  return new UserError(
    `Cannot load the monitor "${folder}": ${why}`,
    "Give a folder that `deno task fit` of this version wrote, or fit it again.",
  );
}
