/**
 * A client that gives recorded answers, so that work with a large model can be repeated without it. A recording is a JSON
 * Lines file, each line `{"request": "<SHA-256 of messages and options>", "answer": "…"}`, perhaps with `by`, who answered, with
 * `thoughts`, `cut` (short by the limit) and `tokens`. A line with `"again": true` takes the place of an earlier one of the same
 * request. Thoughts in an answer are told from it; ill-formed text (a lone surrogate) is given with U+FFFD in its place. A line
 * that this project wrote has a `seal`, a hash of the rest of it: where it does not fit, the line was changed and does not count.
 *
 * @module
 */
import { z } from "zod";
import { readJsonl } from "../conversation/jsonl.ts";
import { UserError } from "../core/errors.ts";
import { hashOf } from "../core/json.ts";
import { checked } from "../core/schema.ts";
import type { Answer, AskOptions, ChatClient, Message } from "./client.ts";
import { splitThoughts } from "./thoughts.ts";

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
  /** What was answered. */
  answer: Answer;
  /** Who answered; undefined where the recording does not say. */
  by?: string | undefined;
  /** Whether it takes the place of an earlier answer to the same request. */
  again?: boolean | undefined;
}

const Text = z.string("must be text");
const Line = z.object({
  request: z.string("must be a SHA-256").regex(/^[0-9a-f]{64}$/, "must be a SHA-256"),
  answer: Text,
  thoughts: Text.optional(),
  cut: z.boolean("must be true or false").optional(),
  tokens: z.int("must be a whole number").min(0, "must not be negative").optional(),
  by: Text.optional(),
  again: z.boolean("must be true or false").optional(),
  seal: Text.optional(),
}, "must be an object");

/** An answer, and whether its line is as it was written, as far as that can be told. */
type SealedAnswer = RecordedAnswer & { whole: boolean };

const Recorded = Line.transform(({ seal, ...line }) => {
  const { request, answer, thoughts, cut, tokens, by, again } = line;
  const { text, thoughts: within } = splitThoughts(answer);
  const all = [thoughts, within].filter((some) => some !== undefined).join("\n\n").toWellFormed();
  return {
    request,
    answer: { text: text.toWellFormed(), thoughts: all === "" ? undefined : all, cut, tokens },
    by,
    again,
    whole: seal === undefined || seal === sealOf(line),
  };
});

/** The first 16 hexadecimal digits of a SHA-256 over a line without its seal. */
function sealOf(line: Omit<z.infer<typeof Line>, "seal">): string {
  return hashOf(JSON.parse(JSON.stringify(line))).slice(0, 16); // without what is undefined
}

/**
 * Writes a line of a recording.
 *
 * @param recorded an answer.
 * @returns JSON with a newline at its end, its texts well-formed, and its seal.
 */
export function recordedLine({ request, answer, by, again }: RecordedAnswer): string {
  const { text, thoughts, cut, tokens } = answer;
  const line = {
    request,
    answer: text.toWellFormed(),
    thoughts: thoughts?.toWellFormed(),
    cut: cut || undefined,
    tokens,
    by: by?.toWellFormed(),
    again,
  };
  return JSON.stringify({ ...line, seal: sealOf(line) }) + "\n";
}

/**
 * Reads a recording whole.
 *
 * @param path a `.jsonl` or `.jsonl.gz` file.
 * @param changed told the number of each line that was changed since it was written, and does not count. Default: nobody is.
 * @returns its answers, no two to the same request; throws a {@linkcode UserError} at a bad line, and where there is no line.
 */
export function readRecording(
  path: string,
  changed: (line: number) => void = () => {},
): RecordedAnswer[] {
  const answered = new Map<string, RecordedAnswer>();
  for (const { line, value } of readJsonl(path)) {
    const place = `Cannot read "${path}" line ${line}`;
    const { whole, ...recorded } = checked<SealedAnswer>(
      Recorded,
      value,
      place,
      "Record it again.",
    );
    if (!whole) {
      changed(line);
      continue;
    }
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
  const changed: number[] = [];
  const recorded = readRecording(path, (line) => changed.push(line));
  const answers = new Map(recorded.map(({ request, answer }) => [request, answer]));
  return {
    name,
    ask(messages, options) {
      const request = requestHash(messages, options);
      const answer = answers.get(request);
      if (answer !== undefined) return Promise.resolve(answer);
      return Promise.reject(
        new UserError(
          `Cannot answer as ${name}: "${path}" has no answer to request ${request} ` +
            `(seed ${options.seed}, ends "${messages.at(-1)?.content.trim().slice(-40)}")` +
            (changed.length === 0
              ? ""
              : `; what does not fit its seal is left out: line ${changed}`),
          "Record the answers again; prompts or settings have changed since.",
        ),
      );
    },
  };
}
