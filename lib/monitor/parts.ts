/**
 * The parts of a monitor at work, however they were made: conversations in, one score of each part out. Guard and language model
 * are read in one pass; what they have in common is in memory once, and is run once. A score depends on its own conversation
 * alone.
 *
 * @module
 */
import { fitContext, splitTurns } from "../conversation/render.ts";
import { headLogits, type LinearHead } from "../detector/linear_head.ts";
import type { Mahalanobis } from "../detector/mahalanobis.ts";
import { perplexity, type ScoredTokens } from "../detector/perplexity.ts";
import type { Model } from "../model/checkpoint.ts";
import { countParameters } from "../model/parameters.ts";
import { CPU } from "../runtime/session.ts";
import { commonBlocks, type SignalRequest } from "../signals/signal_graph.ts";
import {
  guardScoresOf,
  openJointReader,
  type ReadOptions,
  type Signals,
} from "../signals/signals.ts";
import type { GivenTokenizer } from "../tokenizer/given.ts";
import { featuresOf, vectorsOf } from "../workbench/pretrained/head_state.ts";
import { sessionFor } from "../workbench/passes.ts";
import { passCost } from "../workbench/planned/costs.ts";
import { type Cost, NOTHING, sumOf } from "../workbench/planned/work.ts";
import type { HeadState } from "../workbench/pretrained/tuned_recipe.ts";

/** A guard within a monitor. */
export interface MonitorGuard {
  /** A guard, or a language model where there is a head. */
  readonly model: Model;
  /** The hidden state that it judges by, on which Mahalanobis distance stands, too. */
  readonly state: HeadState;
  /** A head on that state, where the model has none of its own. */
  readonly head?: LinearHead;
}

/** What scores conversations. */
export interface MonitorParts {
  /** Of both models. */
  readonly tokenizer: GivenTokenizer;
  /** Tells unsafe from safe. */
  readonly guard: MonitorGuard;
  /** Measures perplexity. Weights that are the guard's, too, are the same objects. */
  readonly languageModel: Model;
  /** Fitted to the state that the guard judges by, on safe training rows. */
  readonly mahalanobis: Mahalanobis;
}

/** Options of {@linkcode openParts}. */
export interface PartsOptions {
  /** Threads that the forward passes use. Scores do not depend on it. */
  threads: number;
  /** Folder of the cache, from which large weights are mapped into memory. */
  cache: string;
  /** Whether the language model says what it expected at every token; scores are the same. */
  tokens: boolean;
}

/** What the parts find in n conversations. */
export interface PartScores {
  /** For each of `MONITOR_PARTS` (`fusion.ts`) its scores, shape (n); danger points up. */
  scores: Float64Array[];
  /** Turns at the front that were left out, wholly or in part, because a conversation is longer than the models' context. */
  truncatedTurns: number[];
  /** The tokens that the language model scored, where they were asked for. */
  tokens?: ScoredTokens[];
}

/** Parts that are open. Their memory is freed by `await using`. */
export interface OpenParts extends AsyncDisposable {
  /**
   * Scores conversations.
   *
   * @param conversations none blank.
   * @param options whom to tell, and what to call conversations in messages.
   * @returns what is found, in their order.
   */
  read(
    conversations: readonly string[],
    options?: Pick<ReadOptions, "progress" | "nameRow">,
  ): Promise<PartScores>;
}

/**
 * Opens the parts of a monitor.
 *
 * @param parts models, tokenizer, detector.
 * @param options threads, place for weights, and whether tokens are looked at.
 * @returns the parts, ready to score.
 */
export async function openParts(
  { tokenizer, guard, languageModel, mahalanobis }: MonitorParts,
  { threads, cache, tokens }: PartsOptions,
): Promise<OpenParts> {
  const { contextLength, hiddenSize } = guard.model.config;
  const reader = await openJointReader(
    [
      { model: guard.model, request: requestOf(guard) },
      { model: languageModel, request: { nll: true, tokens } },
    ],
    sessionFor(languageModel, { cache: { root: cache }, device: CPU, options: { threads } }),
  );
  return {
    async read(conversations, options) {
      const fitted = conversations.map((text) => fit(text, tokenizer, contextLength, tokens));
      const [states, surprise] = await reader.read(
        fitted.map(({ ids }) => ids),
        options,
      );
      const features = featuresOf(states, hiddenSize);
      const logits = guard.head === undefined ? states.guard! : headLogits(guard.head, features);
      return {
        scores: [
          guardScoresOf(logits),
          perplexity.score(surprise.nll!),
          mahalanobis.score(features),
        ],
        truncatedTurns: fitted.map(({ truncatedTurns }) => truncatedTurns),
        ...tokens && { tokens: fitted.map((conversation, i) => scored(conversation, surprise, i)) },
      };
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

function requestOf({ head, state }: MonitorGuard): SignalRequest {
  return { guard: head === undefined, hidden: vectorsOf(state) };
}

/**
 * What it takes to score conversations.
 *
 * @param parts as they are opened.
 * @param conversations none blank.
 * @returns tokens, operations, memory; what guard and language model have in common counts once.
 */
export function readingCost(
  { tokenizer, guard, languageModel }: MonitorParts,
  conversations: readonly string[],
): Cost {
  const { contextLength } = guard.model.config;
  const lengths = conversations.map((text) =>
    fit(text, tokenizer, contextLength, false).ids.length
  );
  const [own, all] = [guard.model, languageModel].map(({ parameters }) => [...parameters.values()]);
  const size = countParameters(new Set([...own, ...all]));
  const ofPart = ({ config }: Model, request: SignalRequest, first = 0) =>
    passCost({ config, request, lengths, size, first });
  const first = commonBlocks(guard.model, languageModel);
  const surprise = ofPart(languageModel, { nll: true });
  const { tokens: _, weights: __, ...more } = ofPart(guard.model, requestOf(guard), first);
  return sumOf([surprise, { ...NOTHING, ...more }]);
}

/** A conversation as the models read it. */
interface Fitted {
  ids: Int32Array;
  /** Where its tokens stand, one for each of the last ids; not known where nobody needs it. */
  starts: Int32Array;
  ends: Int32Array;
  truncatedTurns: number;
}

/** Cuts a conversation to the context. Where tokens stand is looked at only where it matters: a tokenizer may not be able to say. */
function fit(
  text: string,
  tokenizer: GivenTokenizer,
  contextLength: number,
  places: boolean,
): Fitted {
  const { frontId } = tokenizer;
  const plain = places ? undefined : tokenizer.encode(text);
  const fits = plain && plain.length + (frontId === undefined ? 0 : 1) <= contextLength;
  const none = new Int32Array(0);
  if (fits) {
    const ids = frontId === undefined ? plain : Int32Array.of(frontId, ...plain);
    return { ids, starts: none, ends: none, truncatedTurns: 0 };
  }
  const encoding = tokenizer.encodeWithOffsets(text);
  const turns = splitTurns(text);
  const { ids, dropped } = fitContext(encoding, turns, frontId, contextLength);
  const cut = encoding.starts[dropped];
  // a turn that lost no more than its blank line is whole
  const lost = turns.filter(({ start }) => start + 2 < cut).length;
  return {
    ids,
    starts: encoding.starts.slice(dropped),
    ends: encoding.ends.slice(dropped),
    truncatedTurns: dropped === 0 ? 0 : Math.max(1, lost),
  };
}

/** The tokens after the first of what was read, which is the one in front where there is one. */
function scored(
  { starts, ends }: Fitted,
  { tokenNll, entropy }: Signals,
  i: number,
): ScoredTokens {
  const nll = tokenNll![i];
  const unscored = starts.length - nll.length;
  return {
    nll,
    entropy: entropy![i],
    starts: starts.subarray(unscored),
    ends: ends.subarray(unscored),
  };
}
