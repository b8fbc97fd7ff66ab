/**
 * Forward passes of models from outside over the splits of a suite, each made once and kept, and requests answered out of a pass
 * that serves several experiments.
 *
 * @module
 */
import { join } from "node:path";
import type { Cache } from "../../core/cache.ts";
import { hashOf } from "../../core/json.ts";
import { startProgress } from "../../core/progress.ts";
import { onceFor } from "../../core/once.ts";
import type { Split } from "../../conversation/scenes.ts";
import type { Suite } from "../../conversation/suite.ts";
import type { Model } from "../../model/checkpoint.ts";
import { countParameters } from "../../model/parameters.ts";
import type { Device, SessionOptions } from "../../runtime/session.ts";
import { arithmeticOf, type SignalRequest } from "../../signals/signal_graph.ts";
import {
  mergeSignals,
  readSignals,
  type SignalOptions,
  type Signals,
} from "../../signals/signals.ts";
import { cachedSignals } from "../cached_signals.ts";
import type { Encoded } from "../encoded.ts";
import type { RunOptions, TrainedModel } from "../workbench.ts";

/** What passes are made over, and with. */
export interface PassOptions {
  /** Whose conversations. */
  suite: Suite;
  /** Where passes are kept. */
  cache: Cache;
  /** A split's conversations as token ids. */
  encoded: (split: Split) => Promise<Encoded>;
  /** Identifies the tokenizer. */
  tokenizerKey: string;
  /** What calculates. */
  device: Device;
  /** Threads and batches. */
  options: RunOptions;
}

/** One forward pass over a split, from the cache where it was made before. */
export type PassOver = (
  model: TrainedModel,
  split: Split,
  request: SignalRequest,
) => Promise<Signals>;

/**
 * Makes forward passes.
 *
 * @param over what they are made over, and with.
 * @returns reads signals of a split, row by row.
 */
export function passesOver(over: PassOptions): PassOver {
  const { suite, cache, encoded, tokenizerKey, device, options } = over;
  const rowsKey = onceFor((split: Split) => hashOf(suite[split]));
  return ({ model, key, folder }, split, request) => {
    const parts = {
      model: key,
      tokenizer: tokenizerKey,
      rows: rowsKey(split),
      request,
      device,
      ...arithmeticOf(request),
    };
    return cachedSignals(cache, parts, async () => {
      const { sequences } = await encoded(split);
      using progress = startProgress(`scoring ${split} with ${folder}`);
      return await readByLength(model, sequences, request, {
        ...sessionFor(model, over),
        progress,
        nameRow: (row) => `"${suite[split][row].id}"`,
        ...options.given?.tokenBudget && { tokenBudget: options.given.tokenBudget },
      });
    });
  };
}

/**
 * Reads signals with a graph for short texts and one for long ones, since what long texts need costs short ones time. Which graph
 * reads a text depends on its own length alone, and so do its signals.
 */
async function readByLength(
  model: Model,
  sequences: readonly Int32Array[],
  request: SignalRequest,
  options: SignalOptions,
): Promise<Signals> {
  const { contextLength } = model.config;
  if (contextLength <= SHORT) return await readSignals(model, sequences, request, options);
  const isShort = (i: number) => sequences[i].length <= SHORT;
  const rows = [...sequences.keys()];
  const parts: { rows: number[]; signals: Signals }[] = [];
  for (
    const [own, longest] of [
      [rows.filter(isShort), SHORT],
      [rows.filter((i) => !isShort(i)), contextLength],
    ] as const
  ) {
    if (own.length === 0) continue;
    const texts = own.map((i) => sequences[i]);
    const nameRow = options.nameRow && ((i: number) => options.nameRow!(own[i]));
    const signals = await readSignals(withContext(model, longest), texts, request, {
      ...options,
      ...nameRow && { nameRow },
    });
    parts.push({ rows: own, signals });
  }
  return parts.length === 1 ? parts[0].signals : mergeSignals(parts);
}

/** Longest of the short texts, in tokens. */
const SHORT = 512;

/**
 * A model for shorter texts.
 *
 * @param model any.
 * @param contextLength most tokens of a text.
 * @returns the same but for that.
 */
export function withContext(model: Model, contextLength: number): Model {
  return { ...model, config: { ...model.config, contextLength } };
}

/**
 * How a model from outside is run.
 *
 * @param model whose weights, where they are large, are mapped from a file in the cache.
 * @param over device, threads and cache.
 * @returns the settings of a session.
 */
export function sessionFor(
  { parameters }: Model,
  { cache, device, options: { threads } }: Pick<PassOptions, "cache" | "device" | "options">,
): SessionOptions {
  // as float32; to map them is a little slower than to copy them
  const isLarge = 4 * countParameters(parameters.values()) > 2 ** 28;
  return { threads, device, ...isLarge && { weightsFolder: join(cache.root, "weights") } };
}

/**
 * Whether a request asks for nothing that another does not.
 *
 * @param wide the other.
 * @param request the one.
 * @returns true where the other's signals hold all that is asked for.
 */
export function covers(
  wide: SignalRequest,
  { guard, nll, tokens, hidden = [] }: SignalRequest,
): boolean {
  return (wide.guard || !guard) && (wide.nll || !nll) && (wide.tokens || !tokens) &&
    hidden.every((state) => placeOf(state, wide) >= 0);
}

type State = NonNullable<SignalRequest["hidden"]>[number];

function placeOf({ layer, pooling }: State, { hidden = [] }: SignalRequest): number {
  return hidden.findIndex((state) => state.layer === layer && state.pooling === pooling);
}

/**
 * What was asked for, out of what was read.
 *
 * @param found signals of a request that covers the one asked.
 * @param wide that request.
 * @param request what was asked for.
 * @returns its signals.
 */
export function pick(found: Signals, wide: SignalRequest, request: SignalRequest): Signals {
  const { guard, nll, tokenNll, entropy } = found;
  return {
    hidden: (request.hidden ?? []).map((state) => found.hidden[placeOf(state, wide)]),
    ...request.guard && { guard: guard! },
    ...request.nll && { nll: nll! },
    ...request.tokens && { tokenNll: tokenNll!, entropy: entropy! },
  };
}
