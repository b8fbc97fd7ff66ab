/**
 * How a local model is asked and answers, as tokens: in the turns of our conversations, which models that are trained here have
 * read; or in the chat template that a model from elsewhere was tuned on.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { fitContext, joinTurns, type Speaker, splitTurns } from "../conversation/render.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Message } from "./client.ts";
import type { ChatTemplate } from "./template.ts";

/** What a model has said so far. */
export interface Said {
  /** Its answer. */
  text: string;
  /** Whether that has come to its end. */
  complete: boolean;
}

/** How a model is asked and answers. */
export interface PromptFormat {
  /** The token with which it ends an answer. */
  readonly endId: number;
  /**
   * Writes a request.
   *
   * @param messages the conversation so far.
   * @param room most tokens that it may have.
   * @returns token ids up to where the answer begins; throws a {@linkcode UserError} where they cannot be made to fit.
   */
  prompt(messages: readonly Message[], room: number): ArrayLike<number>;
  /**
   * Writes a request with its answer.
   *
   * @param messages the conversation so far.
   * @param answer what is answered.
   * @returns token ids, without what ends the answer, and the index of the answer's first token.
   */
  answered(
    messages: readonly Message[],
    answer: string,
  ): { ids: ArrayLike<number>; answerFrom: number };
  /**
   * Reads an answer.
   *
   * @param ids of all tokens behind the request.
   * @returns the answer, and whether it is complete.
   */
  read(ids: readonly number[]): Said;
}

const SPEAKER_OF: Record<Message["role"], Speaker> = {
  system: "System",
  user: "Human",
  assistant: "Assistant",
};

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
 * The turns of our conversations. Of a request that is too long, turns at the front are left out; an answer ends with the text, or
 * where the next turn begins.
 *
 * @param tokenizer the model's.
 * @param frontId the token in front of every text; undefined for a model that reads none.
 * @returns the format.
 */
export function turnsFormat(
  tokenizer: Tokenizer,
  frontId: number | undefined,
): PromptFormat {
  const { eosId } = tokenizer;
  return {
    endId: eosId,
    prompt(messages, room) {
      const prompt = promptOf(messages);
      const encoding = tokenizer.encodeWithOffsets(prompt);
      return fitContext(encoding, splitTurns(prompt), frontId, room).ids;
    },
    answered(messages, answer) {
      const asked = promptOf(messages);
      const { ids, starts } = tokenizer.encodeWithOffsets(`${asked} ${answer}`);
      const front = frontId === undefined ? [] : [frontId];
      const answerFrom = front.length + starts.findIndex((start) => start >= asked.length);
      return { ids: Int32Array.of(...front, ...ids), answerFrom };
    },
    read(ids) {
      const stopped = ids.at(-1) === eosId;
      const said = tokenizer.decode(stopped ? ids.slice(0, -1) : ids);
      const turns = splitTurns(joinTurns([{ speaker: "Assistant", text: said.trimStart() }]));
      return { text: turns[0].text.trim(), complete: stopped || turns.length > 1 };
    },
  };
}

/**
 * A chat template. A request that is too long is refused: what of it may be left out, the template does not say. An answer ends with
 * the text, or with the token that ends an assistant's turn.
 *
 * @param template the model's.
 * @param tokenizer the model's.
 * @returns the format.
 */
export function templateFormat(
  { tokens, endId }: ChatTemplate,
  tokenizer: Tokenizer,
): PromptFormat {
  const ends = [tokenizer.eosId, endId];
  return {
    endId: endId ?? tokenizer.eosId,
    prompt(messages, room) {
      const ids = tokens(messages);
      if (ids.length <= room) return ids;
      throw new UserError(
        `Cannot ask: the request must fit into the model's context, of which ${room} tokens are left for it, got ${ids.length}`,
        "Choose a model with a longer context, or shorter answers with --max-tokens.",
      );
    },
    answered(messages, answer) {
      const ids = tokens(messages);
      return { ids: [...ids, ...tokenizer.encode(answer)], answerFrom: ids.length };
    },
    read(ids) {
      const complete = ends.includes(ids.at(-1));
      return { text: tokenizer.decode(complete ? ids.slice(0, -1) : ids).trim(), complete };
    },
  };
}
