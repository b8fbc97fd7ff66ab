/**
 * A client that gives recorded answers, so that work with a large model can be repeated without it. A recording is a JSON
 * Lines file, each line `{"request": "<SHA-256 of messages and options>", "answer": "…"}`, perhaps with `by`, who answered.
 *
 * @module
 */
import { type JsonLine, readJsonl } from "../conversation/jsonl.ts";
import { UserError } from "../core/errors.ts";
import { hashOf } from "../core/json.ts";
import type { AskOptions, ChatClient, Message } from "./client.ts";

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
  by: string | undefined;
}

/**
 * Reads a recording whole.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @returns its answers, at least one, no two to the same request; throws a {@linkcode UserError} at a bad line.
 */
export function readRecording(path: string): RecordedAnswer[] {
  const answered = new Set<string>();
  return readJsonl(path).map((line) => {
    const recorded = recordOf(path, line);
    if (answered.has(recorded.request)) {
      throw badRecord(path, line.line, `the request ${recorded.request} has been answered already`);
    }
    answered.add(recorded.request);
    return recorded;
  });
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

function recordOf(path: string, { line, value }: JsonLine): RecordedAnswer {
  const { request, answer, by } = { ...(value as Record<string, unknown>) };
  if (typeof request !== "string" || !/^[0-9a-f]{64}$/.test(request)) {
    throw badRecord(path, line, `"request" must be a SHA-256, got ${JSON.stringify(request)}`);
  }
  if (typeof answer !== "string") {
    throw badRecord(path, line, `"answer" must be text, got ${JSON.stringify(answer)}`);
  }
  if (by !== undefined && typeof by !== "string") {
    throw badRecord(path, line, `"by" must be text, got ${JSON.stringify(by)}`);
  }
  return { request, answer, by };
}

function badRecord(path: string, line: number, problem: string): UserError {
  return new UserError(`Cannot read "${path}" line ${line}: ${problem}`, "Record it again.");
}
