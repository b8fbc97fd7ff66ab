/**
 * A language model of ours as someone who can be asked. A request is rendered as the conversations that it has read, and the
 * answer is the likeliest token after the likeliest token, until the model ends the text or begins the next turn.
 *
 * Requests that are put together run together. An answer depends on its own request alone: a sequence is padded to a length of
 * its own (see `lib/runtime/batches.ts`), and among equal logits the lowest token id wins.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { fitContext, joinTurns, type Speaker, splitTurns } from "../conversation/render.ts";
import { gather } from "../graph/gather.ts";
import { matmul } from "../graph/matmul.ts";
import { flattenRows } from "../graph/shape_ops.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import type { Model } from "../model/checkpoint.ts";
import { embed, hiddenStates, masks } from "../model/decoder.ts";
import { constantWeights, outputName, refuseBrokenWeights } from "../model/parameters.ts";
import { batchByLength, lastPositions, padded, TOKEN_BUDGET } from "../runtime/batches.ts";
import { openSession, type Session } from "../runtime/session.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { ChatClient, Message } from "./client.ts";

const SPEAKER_OF: Record<Message["role"], Speaker> = {
  system: "System",
  user: "Human",
  assistant: "Assistant",
};

/** Settings of {@linkcode openLocalClient}. */
export interface LocalOptions {
  /** Who answers. */
  name: string;
  /** Longest answer in tokens, also where a request would allow a longer one; less than the model's context. */
  maxTokens: number;
  /** Threads that a forward pass uses. Answers do not depend on it. */
  threads: number;
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
  readonly finish: (answer: string) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Renders a request for a model to go on with.
 *
 * @param messages the conversation so far.
 * @returns the conversation string, ending where the assistant's next turn begins, before the blank that its first word brings.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(promptOf([{ role: "user", content: "Hi" }]), "\n\nHuman: Hi\n\nAssistant:");
 * ```
 */
export function promptOf(messages: readonly Message[]): string {
  const turns = messages.map(({ role, content }) => ({ speaker: SPEAKER_OF[role], text: content }));
  return joinTurns([...turns, { speaker: "Assistant", text: "" }]).trimEnd();
}

/**
 * Makes a model answer.
 *
 * @param model a language model.
 * @param tokenizer the one that it was trained with.
 * @param options name, longest answer, threads.
 * @returns a client; asked with another temperature than 0 it throws a {@linkcode UserError}. Where a request is longer than the
 * model's context, turns at its front are left out.
 */
export async function openLocalClient(
  model: Model,
  tokenizer: Tokenizer,
  { name, maxTokens, threads, tokenBudget = TOKEN_BUDGET }: LocalOptions,
): Promise<LocalClient> {
  const { contextLength } = model.config;
  const session = await openSession({ logits: nextLogits(model) }, { threads });
  let waiting: Growing[] = [];
  let working = Promise.resolve();
  const answerAll = () => {
    const asked = waiting;
    waiting = [];
    // one lot after the other, each with all requests that came in while the last one ran
    working = working.then(() => grow(session, model, tokenizer, asked, tokenBudget));
  };
  return {
    name,
    ask(messages, { temperature, maxTokens: requested }) {
      if (temperature !== 0) return Promise.reject(onlyGreedy(name, temperature));
      const prompt = promptOf(messages);
      const limit = Math.min(maxTokens, requested);
      const encoding = tokenizer.encodeWithOffsets(prompt);
      const room = contextLength - limit;
      const { ids } = fitContext(encoding, splitTurns(prompt), tokenizer.bosId, room);
      const { promise, resolve: finish, reject: fail } = Promise.withResolvers<string>();
      if (waiting.length === 0) setTimeout(answerAll); // after all that is asked in this turn of the event loop
      waiting.push({ ids: [...ids], answerFrom: ids.length, limit, finish, fail });
      return promise;
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
 * Logits of the next token, shape (B, V). They are worked out at all tokens before the last ones are picked; picked first, a
 * sequence alone in its batch would go through another multiplication kernel, which rounds differently.
 */
function nextLogits({ config, parameters }: Model): Tensor {
  const weights = constantWeights(parameters);
  const tokens = input("tokens", ["B", "T"], "int64");
  const hidden = hiddenStates(embed(tokens, weights), weights, config)[config.layers]; // (B, T, C)
  const logits = matmul(flattenRows(hidden), weights(outputName(config)), { transB: true }); // (B T, V)
  return gather(logits, input("last", ["B"], "int64"));
}

/** Adds token by token to all answers until each has ended. */
async function grow(
  session: Session,
  { config, parameters }: Model,
  tokenizer: Tokenizer,
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
          last: lastPositions(sequences, length),
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
      open = open.filter((growing) => !ended(growing, tokenizer));
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
function ended({ ids, answerFrom, limit, finish }: Growing, { eosId, decode }: Tokenizer): boolean {
  const stopped = ids.at(-1) === eosId;
  const said = ids.slice(answerFrom, stopped ? -1 : undefined);
  const turns = splitTurns(joinTurns([{ speaker: "Assistant", text: decode(said).trimStart() }]));
  if (!stopped && turns.length === 1 && said.length < limit) return false;
  finish(turns[0].text.trim());
  return true;
}
