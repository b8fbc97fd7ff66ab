/**
 * One forward pass of one model over each conversation, and all signals that are read from it: the guard's logit, pooled
 * hidden states, the mean surprise of the text, and on request the surprise and entropy at every token.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { type Progress, silent } from "../core/progress.ts";
import type { Model } from "../model/checkpoint.ts";
import { refuseBrokenWeights } from "../model/parameters.ts";
import { type Batch, batchByLength, TOKEN_BUDGET } from "../runtime/batches.ts";
import { openSession, type SessionOptions, type Value } from "../runtime/session.ts";
import {
  type Below,
  chunksOf,
  type Reading,
  signalFeed,
  signalGraphs,
  type SignalRequest,
} from "./signal_graph.ts";

/** Signals of n conversations, in their order. */
export interface Signals {
  /** The guard's logits, safe and unsafe, shape (n, 2); that of safe is 0 where a guard has one label only. */
  guard?: Float32Array;
  /** Mean surprise, nats a token, shape (n). */
  nll?: Float32Array;
  /** One matrix for every request, shape (n, C), row by row. */
  hidden: Float32Array[];
  /** For every conversation, the surprise at its tokens after the first. */
  tokenNll?: Float32Array[];
  /** For every conversation, the entropy of the prediction at those tokens. */
  entropy?: Float32Array[];
  /** For every conversation, the states of all its tokens at the layer asked for, shape (T, C). */
  states?: Float32Array[];
}

/**
 * A guard's scores: how much more it takes a conversation for unsafe than for safe.
 *
 * @param logits safe and unsafe, shape (n, 2).
 * @returns the differences unsafe − safe, shape (n), of which softmax is a rising function that would reach 1 and tie.
 */
export function guardScoresOf(logits: Float32Array): Float64Array {
  return Float64Array.from(
    { length: logits.length / 2 },
    (_, i) => logits[2 * i + 1] - logits[2 * i],
  );
}

/** Settings of {@linkcode openSignalReader}; signals do not depend on the number of threads. */
export interface ReaderOptions extends SessionOptions {
  /** Most tokens in a batch, padding included. Signals do not depend on it. Default {@linkcode TOKEN_BUDGET}. */
  tokenBudget?: number;
  /** The first block that is run, where those below it were run before. Default 0. */
  first?: number;
}

/** What may be said of conversations that are read. */
export interface ReadOptions {
  /** Told the share of all tokens that is done, from 0 to 1. Default: nobody is told. */
  progress?: Progress;
  /** What to call a conversation in messages. By default the number of its row, from 1. */
  nameRow?: (row: number) => string;
  /** What the lower blocks gave, where the reader was opened for those above them. */
  below?: Below;
}

/** Settings of {@linkcode readSignals}. */
export interface SignalOptions extends ReaderOptions, Pick<ReadOptions, "nameRow"> {
  /** Told the share of all tokens that is done, from 0 to 1. */
  progress: Progress;
}

/** A model made ready to read signals, as often as needed. Its memory is freed by `await using`. */
export interface SignalReader extends AsyncDisposable {
  /**
   * Runs the model over conversations.
   *
   * @param sequences token ids of the conversations, special tokens included, each at least 2 long.
   * @param options whom to tell, names of rows, what was worked out before.
   * @returns the signals; every value depends on its own conversation alone.
   */
  read(sequences: readonly Int32Array[], options?: ReadOptions): Promise<Signals>;
}

/** Several models made ready to read signals of the same conversations in one pass. */
export interface JointReader extends AsyncDisposable {
  /** As {@linkcode SignalReader.read}, with the signals of each model, in their order. */
  read(sequences: readonly Int32Array[], options?: ReadOptions): Promise<Signals[]>;
}

/**
 * Makes a model ready.
 *
 * @param model a guard or a language model.
 * @param request which signals.
 * @param options threads, batch size.
 * @returns a reader of these signals.
 */
export async function openSignalReader(
  model: Model,
  request: SignalRequest,
  options: ReaderOptions,
): Promise<SignalReader> {
  const reader = await openJointReader([{ model, request }], options);
  return {
    read: async (sequences, options) => (await reader.read(sequences, options))[0],
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

/**
 * Makes several models ready. What they have in common is in memory once, and is run once.
 *
 * @param readings the models, which share a tokenizer, and which signals of each.
 * @param options threads, batch size.
 * @returns a reader of these signals.
 */
export async function openJointReader(
  readings: readonly Reading[],
  { tokenBudget = TOKEN_BUDGET, first = 0, ...options }: ReaderOptions,
): Promise<JointReader> {
  const chunks = Math.max(...readings.map(({ model }) => chunksOf(model, tokenBudget)));
  const graphs = signalGraphs(readings, chunks, first);
  const named = (m: number, name: string) => `${m}.${name}`;
  const outputs = graphs.flatMap((own, m) =>
    Object.entries(own).map(([name, tensor]) => [named(m, name), tensor] as const)
  );
  const session = await openSession(Object.fromEntries(outputs), options);
  return {
    async read(sequences, { progress = silent, nameRow = numbered, below } = {}) {
      if (below?.layer !== (first || undefined)) {
        throw new RangeError(
          `internal: a reader of the blocks from ${first} on was given states of layer ${below?.layer}`,
        );
      }
      const all = readings.map(({ model, request }) =>
        emptySignals(sequences, request, model.config.hiddenSize)
      );
      const total = sequences.reduce((sum, s) => sum + s.length, 0);
      let done = 0;
      for (const batch of batchByLength(sequences.map((s) => s.length), tokenBudget)) {
        const feeds = readings.map(({ model, request }) =>
          signalFeed(batch, sequences, request, { ...model, chunks }, below)
        );
        const values = await session.run(Object.assign({}, ...feeds)); // of one name, they are the same
        readings.forEach(({ model }, m) => {
          const own = Object.keys(graphs[m]).map((name) => [name, values[named(m, name)]]);
          store(Object.fromEntries(own), batch, all[m]);
          requireFinite(all[m], batch.members, model, nameRow);
        });
        done += batch.members.reduce((sum, m) => sum + sequences[m].length, 0);
        progress.update(done / total);
      }
      return all;
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/**
 * Runs a model over conversations once.
 *
 * @param model a guard or a language model.
 * @param sequences token ids of the conversations, special tokens included, each at least 2 long.
 * @param request which signals.
 * @param options threads, progress, batch size.
 * @returns the signals; every value depends on its own conversation alone.
 */
export async function readSignals(
  model: Model,
  sequences: readonly Int32Array[],
  request: SignalRequest,
  { progress, nameRow = numbered, ...options }: SignalOptions,
): Promise<Signals> {
  await using reader = await openSignalReader(model, request, options);
  return await reader.read(sequences, { progress, nameRow });
}

const numbered = (row: number) => `number ${row + 1}`;

/**
 * Puts signals of some rows and of others together.
 *
 * @param parts signals with the places of their rows, 0 to n − 1, each once.
 * @returns signals of n conversations.
 */
export function mergeSignals(
  parts: readonly { rows: readonly number[]; signals: Signals }[],
): Signals {
  const n = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const joined = (of: (signals: Signals) => Float32Array | undefined) => {
    const first = of(parts[0].signals);
    if (first === undefined) return undefined;
    const width = first.length / parts[0].rows.length;
    const all = new Float32Array(n * width);
    for (const { rows, signals } of parts) {
      const own = of(signals)!;
      rows.forEach((row, i) => all.set(own.subarray(i * width, (i + 1) * width), row * width));
    }
    return all;
  };
  const listed = (of: (signals: Signals) => readonly Float32Array[] | undefined) => {
    if (of(parts[0].signals) === undefined) return undefined;
    const all: Float32Array[] = [];
    for (const { rows, signals } of parts) rows.forEach((row, i) => all[row] = of(signals)![i]);
    return all;
  };
  const [guard, nll] = [joined((s) => s.guard), joined((s) => s.nll)];
  const [tokenNll, entropy] = [listed((s) => s.tokenNll), listed((s) => s.entropy)];
  const states = listed((s) => s.states);
  return {
    hidden: parts[0].signals.hidden.map((_, i) => joined((s) => s.hidden[i])!),
    ...guard && { guard },
    ...nll && { nll },
    ...tokenNll && { tokenNll },
    ...entropy && { entropy },
    ...states && { states },
  };
}

/**
 * Throws a {@linkcode UserError} where a signal is no finite number: it names the weight that is none, else the conversation. Only
 * then are all weights looked at, which takes as long as to read them.
 */
function requireFinite(
  signals: Signals,
  rows: readonly number[],
  { config: { hiddenSize }, parameters }: Model,
  nameRow: (row: number) => string,
): void {
  const { guard, nll, hidden, tokenNll, entropy, states } = signals;
  const bad = rows.find((row) =>
    [
      guard?.subarray(2 * row, 2 * row + 2),
      nll?.subarray(row, row + 1),
      ...hidden.map((matrix) => matrix.subarray(row * hiddenSize, (row + 1) * hiddenSize)),
      tokenNll?.[row],
      entropy?.[row],
      states?.[row],
    ].some((values) => values?.some((value) => !Number.isFinite(value)))
  );
  if (bad === undefined) return;
  refuseBrokenWeights(parameters);
  throw new UserError(
    `Cannot read the conversation ${
      nameRow(bad)
    }: its signals must be finite numbers, but some are too large or none at all`,
    "Calculate with --dtype float32 where it is another; otherwise leave the conversation out, or choose another checkpoint.",
  );
}

function emptySignals(
  sequences: readonly Int32Array[],
  request: SignalRequest,
  width: number,
): Signals {
  const n = sequences.length;
  const perToken = () => sequences.map((s) => new Float32Array(s.length - 1));
  return {
    hidden: (request.hidden ?? []).map(() => new Float32Array(n * width)),
    ...(request.guard && { guard: new Float32Array(2 * n) }),
    ...(request.nll && { nll: new Float32Array(n) }),
    ...(request.tokens && { tokenNll: perToken(), entropy: perToken() }),
    ...(request.states && { states: sequences.map((s) => new Float32Array(s.length * width)) }),
  };
}

/** Copies a batch's outputs to where its members stand among all conversations. */
function store(
  values: Record<string, Value<Float32Array>>,
  { members, length }: Batch,
  signals: Signals,
): void {
  members.forEach((m, b) => {
    if (signals.guard) {
      const labels = values.guard.dims[1];
      signals.guard.set(
        values.guard.data.subarray(labels * b, labels * (b + 1)),
        2 * (m + 1) - labels,
      );
    }
    if (signals.nll) signals.nll[m] = values.nll.data[b];
    signals.hidden.forEach((matrix, i) => {
      const width = values[`hidden${i}`].dims[1];
      matrix.set(values[`hidden${i}`].data.subarray(b * width, (b + 1) * width), m * width);
    });
    for (const name of ["tokenNll", "entropy"] as const) {
      const own = signals[name]?.[m];
      own?.set(values[name].data.subarray(b * length, b * length + own.length));
    }
    const states = signals.states?.[m];
    if (states !== undefined) {
      const [, , width] = values.states.dims;
      states.set(values.states.data.subarray(b * length * width).subarray(0, states.length));
    }
  });
}
