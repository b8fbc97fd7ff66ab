/**
 * A local language model as someone who can be asked, in the format that it knows (see `prompt_format.ts`): the answer is the
 * likeliest token after the likeliest token, until the model ends it.
 *
 * Requests that are put together run together. An answer depends on its own request alone: a sequence is padded to a length of
 * its own (see `lib/runtime/batches.ts`), and among equal logits the lowest token id wins.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { gather } from "../graph/gather.ts";
import { flattenRows } from "../graph/shape_ops.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import type { Model } from "../model/checkpoint.ts";
import { embed, hiddenStates, masks, vocabularyLogits } from "../model/decoder.ts";
import { constantWeights, outputName, refuseBrokenWeights } from "../model/parameters.ts";
import {
  batchByLength,
  lastPositions,
  padded,
  paddedLength,
  TOKEN_BUDGET,
} from "../runtime/batches.ts";
import { openSession, type Session, type SessionOptions, type Value } from "../runtime/session.ts";
import type { Answer, ChatClient } from "./client.ts";
import type { PromptFormat } from "./prompt_format.ts";

/** Settings of {@linkcode openLocalClient}. */
export interface LocalOptions {
  /** Who answers. */
  name: string;
  /** Longest answer in tokens, also where a request would allow a longer one; less than the model's context. */
  maxTokens: number;
  /** How the model is run: threads, on which answers do not depend, and a place for large weights. */
  session: SessionOptions;
  /** Most tokens in a batch, padding included. Answers do not depend on it. Default {@linkcode TOKEN_BUDGET}. */
  tokenBudget?: number;
}

/** A local model that can be asked, to be held with `await using`, which frees its memory. */
export type LocalClient = ChatClient & AsyncDisposable;

/** An answer in the making. */
interface Growing {
  /** What the model has read and said so far. */
  ids: number[];
  /** Index of the answer's first token. */
  readonly answerFrom: number;
  /** Most tokens of the answer. */
  readonly limit: number;
  readonly finish: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Makes a model answer.
 *
 * @param model a language model.
 * @param format how it is asked and answers.
 * @param options name, longest answer, threads.
 * @returns a client; asked with another temperature than 0 it throws a {@linkcode UserError}.
 */
export async function openLocalClient(
  model: Model,
  format: PromptFormat,
  { name, maxTokens, session: options, tokenBudget = TOKEN_BUDGET }: LocalOptions,
): Promise<LocalClient> {
  const { contextLength } = model.config;
  const session = await openSession({ logits: nextLogits(model) }, options);
  let waiting: Growing[] = [];
  let working = Promise.resolve();
  const answerAll = () => {
    const asked = waiting;
    waiting = [];
    // one lot after the other, each with all requests that came in while the last one ran
    working = working.then(() => grow(session, model, format, asked, tokenBudget));
  };
  return {
    name,
    async ask(messages, { temperature, maxTokens: requested }) {
      if (temperature !== 0) throw onlyGreedy(name, temperature);
      const limit = Math.min(maxTokens, requested);
      const ids = Array.from(format.prompt(messages, contextLength - limit));
      const { promise, resolve: finish, reject: fail } = Promise.withResolvers<Answer>();
      if (waiting.length === 0) setTimeout(answerAll); // after all that is asked in this turn of the event loop
      waiting.push({ ids, answerFrom: ids.length, limit, finish, fail });
      return await promise;
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function onlyGreedy(name: string, temperature: number): UserError {
  return new UserError(
    `Cannot answer as ${name}: the temperature must be 0, got ${temperature}`,
    "Ask for the likeliest answer; local models draw no others.",
  );
}

/**
 * Logits of the next token, shape (n, V), at n places of which the first are the sequences' last ones. They are as many as
 * {@linkcode lastRows} has it, since one row alone would go through another multiplication kernel, which rounds differently.
 */
function nextLogits({ config, parameters }: Model): Tensor {
  const weights = constantWeights(parameters);
  const tokens = input("tokens", ["B", "T"], "int64");
  const hidden = hiddenStates(embed(tokens, weights), weights, config)[config.layers]; // (B, T, C)
  const last = gather(flattenRows(hidden), input("last", ["n"], "int64")); // (n, C)
  return vocabularyLogits(last, weights(outputName(config)), config);
}

/** Where the last tokens stand, and the first one as often as makes the number that of a padded length. */
function lastRows(sequences: readonly number[][], length: number): Value<BigInt64Array> {
  const data = new BigInt64Array(paddedLength(sequences.length));
  data.set(lastPositions(sequences, length).data as BigInt64Array);
  return { data, dims: [data.length] };
}

/** Adds token by token to all answers until each has ended. */
async function grow(
  session: Session,
  { config, parameters }: Model,
  format: PromptFormat,
  asked: readonly Growing[],
  tokenBudget: number,
): Promise<void> {
  try {
    for (let open = [...asked]; open.length > 0;) {
      for (
        const { members, length } of batchByLength(open.map(({ ids }) => ids.length), tokenBudget)
      ) {
        const sequences = members.map((m) => open[m].ids);
        const { logits: { data, dims: [, width] } } = await session.run({
          tokens: padded(sequences, length, 0),
          last: lastRows(sequences, length),
          ...masks(config, length, config.layers),
        });
        if (data.some((value) => !Number.isFinite(value))) {
          refuseBrokenWeights(parameters);
          throw new UserError(
            "Cannot answer: the model's logits must be finite numbers, but some are too large or none at all",
            "Choose another checkpoint.",
          );
        }
        sequences.forEach((ids, b) =>
          ids.push(likeliest(data.subarray(b * width, (b + 1) * width)))
        );
      }
      open = open.filter((growing) => !ended(growing, format));
    }
  } catch (error) {
    for (const { fail } of asked) fail(error); // those that have ended are settled already
  }
}

/** The lowest index of the highest value. */
function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

/** Whether an answer is complete; if so, it is handed over. */
function ended({ ids, answerFrom, limit, finish }: Growing, format: PromptFormat): boolean {
  const said = ids.slice(answerFrom);
  const { text, complete } = format.read(said);
  if (!complete && said.length < limit) return false;
  finish({ text, cut: !complete, tokens: said.length });
  return true;
}
