/**
 * Forward passes of models over the splits of a suite, each made once and kept, shard by shard. The blocks that a tuned model
 * has in common with the one it began as are run once for both: their states are kept in half precision.
 *
 * @module
 */
import { join } from "node:path";
import type { Cache } from "../core/cache.ts";
import { sha256 } from "../core/json.ts";
import { onceFor } from "../core/once.ts";
import { type Progress, startProgress } from "../core/progress.ts";
import type { Split } from "../conversation/scenes.ts";
import type { Suite } from "../conversation/suite.ts";
import type { Model } from "../model/checkpoint.ts";
import { countParameters } from "../model/parameters.ts";
import type { Device, SessionOptions } from "../runtime/session.ts";
import { readStates, readStatesOf, writeStates } from "../signals/kept_states.ts";
import { arithmeticOf, type Below, type SignalRequest } from "../signals/signal_graph.ts";
import {
  mergeSignals,
  openSignalReader,
  type SignalReader,
  type Signals,
} from "../signals/signals.ts";
import { readSignalsFile, writeSignals } from "../signals/signals_file.ts";
import type { Encoded } from "./encoded.ts";
import { type Shard, shardsOf } from "./shards.ts";
import type { RunOptions, TrainedModel } from "./workbench.ts";

/** What passes are made over, and with. */
export interface PassOptions {
  /** Whose conversations. */
  suite: Suite;
  /** Where passes are kept. */
  cache: Cache;
  /** A split's conversations as token ids. */
  encoded: (split: Split) => Promise<Encoded>;
  /** What calculates. */
  device: Device;
  /** Threads and batches. */
  options: RunOptions;
}

/** Passes over the splits of a suite, from the cache where they were made before. */
export interface Passes {
  /** What a model's pass gives, row by row; nothing of `states`. */
  signals(model: TrainedModel, split: Split, request: SignalRequest): Promise<Signals>;
  /** The states of a row's tokens, shape (T, C), from a pass that is asked for them; read when they are wanted. */
  states(
    model: TrainedModel,
    split: Split,
    request: SignalRequest,
  ): Promise<(row: number) => Float32Array>;
}

/** A shard with the folder that holds what was read of it. */
type Kept = Shard & { folder: string };

const SIGNALS = "signals.safetensors";
const STATES = "states.f16";

/**
 * Makes forward passes.
 *
 * @param over what they are made over, and with.
 * @returns reads signals of a split, row by row.
 */
export function passesOver(over: PassOptions): Passes {
  const { encoded } = over;
  const lengthsOf = onceFor(async (split: Split) => {
    return (await encoded(split)).sequences.map(({ length }) => length);
  });

  const keep = async (
    model: TrainedModel,
    split: Split,
    request: SignalRequest,
  ): Promise<Kept[]> => {
    const { sequences } = await encoded(split);
    const { below } = model;
    const first = below !== undefined && startsAbove(request, below.request.states)
      ? below.request.states
      : 0;
    const lower = first > 0 ? await keep(below!.model, split, below!.request) : undefined;
    const { contextLength } = model.model.config;
    const lengths = await lengthsOf(split);
    const shards = lower ?? shardsOf(lengths, contextLength, sizeOf(model.model));
    await using pass = openPass({ model, split, request, first, sequences, lengths }, over);
    const kept: Kept[] = [];
    for (const [i, shard] of shards.entries()) {
      kept.push({ ...shard, folder: await pass.entry(shard, lower?.[i].folder) });
    }
    return kept;
  };

  return {
    async signals(model, split, request) {
      const kept = await keep(model, split, request);
      return mergeSignals(
        kept.map(({ rows, folder }) => ({ rows, signals: readSignalsFile(join(folder, SIGNALS)) })),
      );
    },
    async states(model, split, request) {
      const kept = await keep(model, split, request);
      const lengths = await lengthsOf(split);
      const places = new Map(kept.flatMap((shard) => placesIn(shard, lengths)));
      const { hiddenSize } = model.model.config;
      return (row) => {
        const { folder, ...place } = places.get(row)!;
        using file = Deno.openSync(join(folder, STATES));
        return readStatesOf(file, place, hiddenSize);
      };
    },
  };
}

/** Whether a request asks for nothing of the blocks below a layer. */
function startsAbove(
  { hidden = [], states }: SignalRequest,
  layer: number | undefined,
): layer is number {
  return layer !== undefined && states === undefined && hidden.every((of) => of.layer >= layer);
}

/** Where the states of a shard's rows stand in its file. */
function placesIn({ rows, folder }: Kept, lengths: readonly number[]) {
  const tokens = rows.reduce((sum, row) => sum + lengths[row], 0);
  let at = 0;
  return rows.map((row) => {
    const place = { folder, before: at, length: lengths[row], tokens };
    at += lengths[row];
    return [row, place] as const;
  });
}

/** One model's pass over one split. */
interface Pass {
  model: TrainedModel;
  split: Split;
  request: SignalRequest;
  /** The first block that is run. */
  first: number;
  sequences: readonly Int32Array[];
  lengths: readonly number[];
}

/** A pass that opens the model when the first shard is not in the cache. */
function openPass(
  { model: { model, key }, split, request, first, sequences, lengths }: Pass,
  over: PassOptions,
) {
  const { suite, cache, device, options } = over;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const resources = new AsyncDisposableStack();
  let progress: Progress & Disposable | undefined;
  const readerFor = onceFor(async (contextLength: number): Promise<SignalReader> => {
    progress ??= resources.use(startProgress(`scoring ${split} with ${model.head}`));
    return resources.use(
      await openSignalReader(withContext(model, contextLength), request, {
        ...sessionFor(model, over),
        first,
        ...options.given?.tokenBudget && { tokenBudget: options.given.tokenBudget },
      }),
    );
  });
  let done = 0;

  const read = async (folder: string, { rows, contextLength }: Shard, lower?: string) => {
    const reader = await readerFor(contextLength);
    const own = rows.map((row) => sequences[row]);
    const before = done / total;
    const share = own.reduce((sum, { length }) => sum + length, 0) / total;
    const nameRow = (i: number) => `"${suite[split][rows[i]].id}"`;
    const ofShard = { update: (part: number) => progress!.update(before + part * share) };
    const signals = await reader.read(own, {
      progress: ofShard,
      nameRow,
      ...lower !== undefined && { below: belowOf(lower, own) },
    });
    writeSignals(join(folder, SIGNALS), signals);
    if (signals.states) {
      writeStates(join(folder, STATES), signals.states, model.config.hiddenSize);
    }
  };

  const belowOf = (folder: string, own: readonly Int32Array[]): Below => ({
    layer: first,
    states: readStates(join(folder, STATES), own.map((s) => s.length), model.config.hiddenSize),
  });

  return {
    async entry(shard: Shard, lower?: string): Promise<string> {
      const parts = {
        model: key,
        tokens: hashOfTokens(shard.rows.map((row) => sequences[row])),
        request,
        ...device.provider !== "cpu" && { device },
        ...first > 0 && { first },
        ...arithmeticOf(request),
      };
      const folder = await cache.entry("signals", parts, (folder) => read(folder, shard, lower));
      done += shard.rows.reduce((sum, row) => sum + lengths[row], 0);
      return folder;
    },
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
}

/** SHA-256 of conversations' token ids. */
function hashOfTokens(sequences: readonly Int32Array[]): string {
  return sha256(sequences.map((sequence) => sequence.join(" ")).join("\n"));
}

function sizeOf({ parameters }: Model): number {
  return countParameters(parameters.values());
}

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
 * How a model is run.
 *
 * @param model whose weights, where they are large, are mapped from a file in the cache.
 * @param over device, threads and cache.
 * @returns the settings of a session.
 */
export function sessionFor(
  model: Model,
  { cache, device, options: { threads } }: {
    cache: Pick<Cache, "root">;
    device: Device;
    options: Pick<RunOptions, "threads">;
  },
): SessionOptions {
  // as float32; to map them is a little slower than to copy them
  const isLarge = 4 * sizeOf(model) > 2 ** 28;
  return { threads, device, ...isLarge && { weightsFolder: join(cache.root, "weights") } };
}
