/**
 * Work that a workbench can say before it does it: what is made, what has to be there before, what it takes, and whether it is in
 * the cache. Whoever does it, and where, ends in the same bytes.
 *
 * @module
 */
import { join } from "node:path";
import type { Cache } from "../../core/cache.ts";
import { writeFileAtomic } from "../../core/files.ts";
import type { Split } from "../../conversation/scenes.ts";
import type { Head } from "../../model/checkpoint.ts";
import type { DecoderConfig } from "../../model/config.ts";
import type { SignalRequest } from "../../signals/signal_graph.ts";
import { hashOf } from "../../core/json.ts";
import type { PlannedPass } from "../passes.ts";
import type { TrainedModel } from "../workbench.ts";

/** Something to be made. */
export interface Work {
  /** For people, such as `guard 2` or `guard 2 over test`. */
  readonly name: string;
  /** SHA-256 of all that what is made depends on. */
  readonly key: string;
  /** What has to be there before. */
  readonly after: readonly Work[];
  /** Pieces that can be made apart from one another, in any order and by several processes; 0 where nothing is to be made. */
  readonly pieces: number;
  /** What all of it takes. */
  readonly cost: Cost;
  /** Whether a piece is made, from 0. */
  isDone(piece: number): boolean | Promise<boolean>;
  /** Makes a piece. What has to be there before and is not is made, too. */
  make(piece: number): Promise<unknown>;
}

/** What work takes. */
export interface Cost {
  /** Tokens that go through a model, once for each time. */
  tokens: number;
  /** Floating-point operations. */
  flops: number;
  /** Values that pass from one operation to the next, which take time of their own in small models. */
  values: number;
  /** Weights of the models at work, bytes. */
  weights: number;
  /** Most memory, bytes; rough. */
  memory: number;
  /** Time that is not a matter of tokens, seconds. */
  seconds: number;
}

/** What nothing takes. */
export const NOTHING: Cost = { tokens: 0, flops: 0, values: 0, weights: 0, memory: 0, seconds: 0 };

/**
 * Of so much of the text.
 *
 * @param cost of a pass over all of it, or over a part.
 * @param share how many times that.
 * @returns the cost; memory and weights are the same.
 */
export function partOf(cost: Cost, share: number): Cost {
  const { tokens, flops, values } = cost;
  return { ...cost, tokens: share * tokens, flops: share * flops, values: share * values };
}

/**
 * Of several things, one after the other.
 *
 * @param costs of each.
 * @returns their sum; the most weights and memory of any.
 */
export function sumOf(costs: readonly Cost[]): Cost {
  return costs.reduce((a, b) => ({
    tokens: a.tokens + b.tokens,
    flops: a.flops + b.flops,
    values: a.values + b.values,
    weights: Math.max(a.weights, b.weights),
    memory: Math.max(a.memory, b.memory),
    seconds: a.seconds + b.seconds,
  }), NOTHING);
}

/** A model to be made. */
export interface PlannedModel extends Work {
  /** Its decoder. */
  readonly config: DecoderConfig;
  /** What stands on it. */
  readonly head: Head;
  /** The model, made now if it is not there. */
  open(): Promise<TrainedModel>;
}

/** What is asked of a model, which may depend on how many blocks it has. */
export type RequestFor = (layers: number) => SignalRequest;

/** The work behind what a workbench hands out. */
export interface Planned {
  /** The language model that measures perplexity. */
  safeLanguageModel(): Promise<PlannedModel>;
  /** The guard of a seed. */
  guard(seed: number): Promise<PlannedModel>;
  /** The language model that training starts from; not where models come from outside. */
  languageModel?(): Promise<PlannedModel>;
  /** A model's pass over a split, shard by shard. */
  pass(model: PlannedModel, split: Split, request: RequestFor): Promise<Work>;
}

/**
 * A model from outside, as if it were to be made.
 *
 * @param name for people.
 * @param model as it was opened.
 * @returns work that is done.
 */
export function presentModel(name: string, model: TrainedModel): PlannedModel {
  const { key, model: { config, head } } = model;
  return {
    name,
    key,
    config,
    head,
    after: [],
    pieces: 0,
    cost: NOTHING,
    isDone: () => true,
    make: () => Promise.resolve(),
    open: () => Promise.resolve(model),
  };
}

/**
 * Work whose result is kept by names that are not known yet: that it is done is noted.
 *
 * @param cache where.
 * @param work all else of it, in one piece.
 * @returns the work.
 */
export function notedWork(cache: Cache, work: Omit<Work, "pieces" | "isDone">): Work {
  return {
    ...work,
    pieces: 1,
    isDone: () => cache.find("made", work.key) !== undefined,
    make: (piece) =>
      cache.entry("made", work.key, async (folder) => {
        await work.make(piece);
        writeFileAtomic(join(folder, "name.txt"), `${work.name}\n`);
      }),
  };
}

/**
 * A model's pass as work.
 *
 * @param model whose.
 * @param split over which rows.
 * @param pass the pass, named.
 * @param cost what it takes.
 * @returns the work, a shard a piece.
 */
export function workOfPass(
  model: PlannedModel,
  split: Split,
  { parts, isKept, make }: PlannedPass,
  cost: Cost,
): Work {
  return {
    name: `${model.name} over ${split}`,
    key: hashOf(parts),
    after: [model],
    pieces: parts.length,
    cost,
    isDone: isKept,
    make: async (shard) => await make(await model.open(), shard),
  };
}
