/**
 * Models from outside: checkpoints in Hugging Face layout or as GGUF files, with their own tokenizer, and LoRA adapters;
 * found, opened, and checked to fit together.
 *
 * @module
 */
import { UserError } from "../../core/errors.ts";
import { hashOf } from "../../core/json.ts";
import { type Model, readCheckpoint } from "../../model/checkpoint.ts";
import { loadCheckpointTokenizer } from "../../model/checkpoint_tokenizer.ts";
import { decoderParameters, sameValues, SCORE } from "../../model/parameters.ts";
import { resolveDevice } from "../../runtime/device.ts";
import type { Device } from "../../runtime/session.ts";
import type { GivenTokenizer } from "../../tokenizer/given.ts";
import { type GivenSource, locateGiven, type LocateOptions } from "./given_sources.ts";
import type { GivenOptions, Origins } from "./given_options.ts";
import type { TrainedModel } from "../workbench.ts";

/** Raised whenever the same models would score differently than before. */
const GIVEN_VERSION = 3;

/** Models from outside, opened but not read. */
export interface GivenModels {
  /** Where they come from. */
  readonly origins: { languageModel: Origins; guard?: Origins };
  /** What calculates. */
  readonly device: Device;
  /** The tokenizer of all. */
  readonly tokenizer: GivenTokenizer;
  /** For perplexity. */
  readonly languageModel: TrainedModel;
  /** The same without its adapter. */
  readonly base: TrainedModel;
  /** The guard, where one is given. */
  readonly guard?: TrainedModel;
  /** One model for the signals of both, where their decoders are the same. */
  readonly shared?: TrainedModel;
}

/**
 * Opens models from outside.
 *
 * @param given which.
 * @param options cache, and whom to tell.
 * @returns the models; throws a {@linkcode UserError} where one cannot be had or read, where they do not fit together, or where
 * the device is not there.
 */
export async function openGivenModels(
  given: GivenOptions,
  { cache, say }: LocateOptions,
): Promise<GivenModels> {
  const device = await resolveDevice(given, say);
  const locate = (kind: "checkpoint" | "adapter", name: string | undefined) =>
    name === undefined ? undefined : locateGiven(kind, name, { cache, say });
  const base = await locateGiven("checkpoint", given.model, { cache, say });
  const lmAdapter = await locate("adapter", given.lmAdapter);
  const languageModel = opened(base, lmAdapter);
  if (languageModel.model.head !== "language-model") throw notA("language model", base, lmAdapter);
  const guardAdapter = await locate("adapter", given.guardAdapter);
  const guardBase = await locate("checkpoint", given.guard) ?? base;
  const common = {
    tokenizer: loadCheckpointTokenizer(base.folder),
    device,
    languageModel,
    base: lmAdapter === undefined ? languageModel : opened(base, undefined),
  };
  if (given.guard === undefined && guardAdapter === undefined) {
    return { ...common, origins: { languageModel: originsOf(base, lmAdapter) } };
  }
  const guard = opened(guardBase, guardAdapter, given.unsafeLabel);
  if (guard.model.head !== "guard") throw notA("guard", guardBase, guardAdapter);
  sayLabel(guard.model, guardAdapter ?? guardBase, say);
  requireOneVocabulary(languageModel.model, guard.model);
  const shared = sharedModel(guard, languageModel);
  return {
    ...common,
    origins: {
      languageModel: originsOf(base, lmAdapter),
      guard: {
        ...originsOf(guardBase, guardAdapter),
        ...given.unsafeLabel !== undefined && { unsafeLabel: given.unsafeLabel },
      },
    },
    guard,
    ...shared && { shared },
  };
}

function originsOf(base: GivenSource, adapter: GivenSource | undefined): Origins {
  return { model: base.origin, ...adapter && { adapter: adapter.origin } };
}

function opened(
  base: GivenSource,
  adapter: GivenSource | undefined,
  unsafeLabel?: string,
): TrainedModel {
  const model = readCheckpoint(base.folder, { adapter: adapter?.folder, unsafeLabel });
  const unsafe = model.labels && { unsafe: model.labels.unsafe ?? null };
  return {
    model,
    key: hashOf({ version: GIVEN_VERSION, ...originsOf(base, adapter), ...unsafe }),
    folder: base.folder,
  };
}

/** Says which label is taken for unsafe where that is not the second of two. */
function sayLabel({ labels }: Model, { origin }: GivenSource, say: LocateOptions["say"]): void {
  const { names, unsafe } = labels!;
  if (unsafe === 1) return;
  say(
    names.length === 1
      ? `The guard "${origin.name}" has one label, "${names[0]}": ${
        unsafe === undefined ? "it means safe, and is turned round" : "it is taken to mean unsafe"
      }.`
      : `The guard "${origin.name}" has its labels the other way round: 0, "${
        names[0]
      }", means unsafe.`,
  );
}

function notA(what: string, base: GivenSource, adapter: GivenSource | undefined): UserError {
  return new UserError(
    `Cannot use "${(adapter ?? base).origin.name}" as ${what}: ${
      what === "guard" ? "it must have a score head" : "it must not be a sequence classifier"
    }`,
    what === "guard"
      ? "Give a sequence classifier or an adapter of one, or leave it out: a head is then fitted."
      : "Give a sequence classifier with --guard.",
  );
}

function requireOneVocabulary(languageModel: Model, guard: Model): void {
  const [a, b] = [languageModel.config.vocabSize, guard.config.vocabSize];
  if (a === b) return;
  throw new UserError(
    `Cannot use guard and language model together: they must share a tokenizer, got vocabularies of ${b} and ${a} tokens`,
    "Choose both of one family.",
  );
}

/** Guard and language model in one, where the decoders are the same. */
function sharedModel(guard: TrainedModel, languageModel: TrainedModel): TrainedModel | undefined {
  const [a, b] = [guard.model, languageModel.model];
  if (guard.key === languageModel.key) return languageModel;
  // what a guard would take for its output layer says nothing of its decoder
  if (hashOf(plain({ ...a.config, tied: b.config.tied })) !== hashOf(plain(b.config))) {
    return undefined;
  }
  // the last blocks first: there an adapter shows soonest
  const specs = decoderParameters(a.config).reverse();
  const same = specs.every(({ name }) =>
    sameValues(a.parameters.get(name)!, b.parameters.get(name)!)
  );
  if (!same) return undefined;
  const score = a.parameters.get(SCORE);
  return {
    model: {
      ...b,
      ...a.padId !== undefined && { padId: a.padId },
      parameters: new Map([...b.parameters, ...score ? [[SCORE, score]] as const : []]),
    },
    key: hashOf([guard.key, languageModel.key]),
    folder: languageModel.folder,
  };
}

/** A configuration without the options that are left out. */
function plain(config: Model["config"]): unknown {
  return JSON.parse(JSON.stringify(config));
}
