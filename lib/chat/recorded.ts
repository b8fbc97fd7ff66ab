/**
 * A client that gives recorded answers, so that work with a large model can be repeated without it. A recording is a JSON
 * Lines file, each line `{"request": "<SHA-256 of messages and options>", "answer": "…"}`, perhaps with `by`, who answered. A line
 * with `"again": true` takes the place of an earlier one of the same request. Answers are given without thoughts; ill-formed text
 * (a lone surrogate) is given with U+FFFD in its place.
 *
 * @module
 */
import { z } from "zod";
import { readJsonl } from "../conversation/jsonl.ts";
import { UserError } from "../core/errors.ts";
import { hashOf } from "../core/json.ts";
import { checked } from "../core/schema.ts";
import type { AskOptions, ChatClient, Message } from "./client.ts";
import { withoutThoughts } from "./thoughts.ts";

/**
 * The key of a request in a recording.
 *
 * @param messages what is asked.
 * @param options how the answer is drawn.
 * @returns 64 hexadecimal digits.
 */
export function requestHash(
  messages: readonly Message[],
  { seed, temperature, maxTokens }: AskOptions,
): string {
  const asked = messages.map(({ role, content }) => ({ role, content }));
  return hashOf({ messages: asked, seed, temperature, maxTokens });
}

/** One line of a recording. */
export interface RecordedAnswer {
  /** The key of the request: {@linkcode requestHash}. */
  request: string;
  /** The answer's text. */
  answer: string;
  /** Who answered; undefined where the recording does not say. */
  by?: string | undefined;
  /** Whether it takes the place of an earlier answer to the same request. */
  again?: boolean | undefined;
}

const Recorded = z.object({
  request: z.string("must be a SHA-256").regex(/^[0-9a-f]{64}$/, "must be a SHA-256"),
  answer: z.string("must be text").transform((text) => withoutThoughts(text).toWellFormed()),
  by: z.string("must be text").optional(),
  again: z.boolean("must be true or false").optional(),
}, "must be an object");

/**
 * Reads a recording whole.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @returns its answers, at least one, no two to the same request; throws a {@linkcode UserError} at a bad line.
 */
export function readRecording(path: string): RecordedAnswer[] {
  const answered = new Map<string, RecordedAnswer>();
  for (const { line, value } of readJsonl(path)) {
    const place = `Cannot read "${path}" line ${line}`;
    const recorded = checked<RecordedAnswer>(Recorded, value, place, "Record it again.");
    if (answered.has(recorded.request) && !recorded.again) {
      throw new UserError(
        `${place}: the request ${recorded.request} has been answered already`,
        "Record it again.",
      );
    }
    answered.set(recorded.request, recorded);
  }
  return [...answered.values()];
}

/**
 * Opens a recording, to be read only.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @param name whose answers they are.
 * @returns a client; asked what was not recorded, it throws a {@linkcode UserError}, as opening does at a bad line.
 */
export function recordedClient(path: string, name: string): ChatClient {
  const answers = new Map(readRecording(path).map(({ request, answer }) => [request, answer]));
  return {
    name,
    ask(messages, options) {
      const request = requestHash(messages, options);
      const answer = answers.get(request);
      if (answer !== undefined) return Promise.resolve(answer);
      return Promise.reject(
        new UserError(
          `Cannot answer as ${name}: "${path}" has no answer to request ${request} ` +
            `(seed ${options.seed}, ends "${messages.at(-1)?.content.trim().slice(-40)}")`,
          "Record the answers again; prompts or settings have changed since.",
        ),
      );
    },
  };
}
