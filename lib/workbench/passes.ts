/**
 * Forward passes of models over the splits of a suite, each made once and kept, shard by shard. The blocks that a tuned model
 * has in common with the one it began as are run once for both: their states are kept in half precision.
 *
 * @module
 */
import { join } from "node:path";
import type { Cache } from "../core/cache.ts";
import { onceFor } from "../core/once.ts";
import { type Progress, startProgress } from "../core/progress.ts";
import type { Split } from "../conversation/scenes.ts";
import type { Suite } from "../conversation/suite.ts";
import type { Model } from "../model/checkpoint.ts";
import { countParameters } from "../model/parameters.ts";
import type { Device, SessionOptions } from "../runtime/session.ts";
import { readStates, readStatesOf, writeStates } from "../signals/kept_states.ts";
import type { Below, SignalRequest } from "../signals/signal_graph.ts";
import {
  mergeSignals,
  openSignalReader,
  type SignalReader,
  type Signals,
} from "../signals/signals.ts";
import { readSignalsFile, writeSignals } from "../signals/signals_file.ts";
import type { Encoded } from "./encoded.ts";
import { namesOf, type PassModel } from "./named_passes.ts";
import type { Shard } from "./shards.ts";
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
  /** The same pass before it is made, of a model that need not be there yet. */
  planned(model: PassModel, split: Split, request: SignalRequest): Promise<PlannedPass>;
}

/** A pass that can be made shard by shard, by several processes. */
export interface PlannedPass {
  /** The first block that is run. */
  first: number;
  /** Of the conversations, in tokens. */
  lengths: readonly number[];
  /** For every shard, all that what is read of it depends on. */
  parts: readonly unknown[];
  /** Whether a shard is in the cache. */
  isKept(shard: number): boolean;
  /** Makes a shard with the model, which is there by now. */
  make(model: TrainedModel, shard: number): Promise<void>;
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
  const { encoded, cache } = over;
  const lengthsOf = onceFor(async (split: Split) => {
    return (await encoded(split)).sequences.map(({ length }) => length);
  });
  const name = namesOf(over);

  const keep = async (
    model: TrainedModel,
    split: Split,
    request: SignalRequest,
    wanted: (shard: number) => boolean = () => true,
  ): Promise<Kept[]> => {
    const { sequences } = await encoded(split);
    const { below } = model;
    const { shards, first } = await name(passModel(model), split, request);
    const lower = first > 0 ? await keep(below!.model, split, below!.request, wanted) : undefined;
    const lengths = await lengthsOf(split);
    await using pass = openPass({ model, split, request, first, sequences, lengths }, over);
    const kept: Kept[] = [];
    for (const { parts, ...shard } of shards.filter((_, i) => wanted(i))) {
      const folder = await pass.entry(shard, parts, lower?.[kept.length].folder);
      kept.push({ ...shard, folder });
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
    async planned(model, split, request) {
      const { shards, first } = await name(model, split, request);
      return {
        first,
        lengths: await lengthsOf(split),
        parts: shards.map(({ parts }) => parts),
        isKept: (shard) => cache.find("signals", shards[shard].parts) !== undefined,
        make: async (trained, shard) =>
          void await keep(trained, split, request, (other) => other === shard),
      };
    },
  };
}

/**
 * What a model's passes are named by.
 *
 * @param trained the model.
 * @returns the same whether or not its weights are read.
 */
export function passModel({ key, model, below }: TrainedModel): PassModel {
  return {
    key,
    config: model.config,
    size: sizeOf(model),
    ...below && { below: { model: passModel(below.model), request: below.request } },
  };
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
  { model: { model }, split, request, first, sequences, lengths }: Pass,
  over: PassOptions,
) {
  const { suite, cache, options } = over;
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
    async entry(shard: Shard, parts: unknown, lower?: string): Promise<string> {
      const folder = await cache.entry("signals", parts, (folder) => read(folder, shard, lower));
      done += shard.rows.reduce((sum, row) => sum + lengths[row], 0);
      return folder;
    },
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
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
