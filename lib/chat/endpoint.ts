/**
 * An OpenAI-compatible endpoint, hosted or local, asked through the `openai` package: for chat completions, whose prompts the
 * server writes, or, given a chat template, for completions of the tokens that it renders.
 *
 * What may pass by itself (broken connections, timeouts, 408, 409, 429, 5xx that are no refusals) is asked again here, after
 *
 *     Retry-After + min(0.5 s · 2^(n − 1), 30 s) · u,   u uniform on [0.5, 1),   n = 1, 2, … failed attempts
 *
 * and not by the package, whose own retries say nothing. Where answers time out, fewer are asked for at once from then on.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import pLimit from "p-limit";
import { UserError } from "../core/errors.ts";
import { duration } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { retry } from "../core/retry.ts";
import { type Account, nowAndThen } from "./account.ts";
import {
  type Answer,
  type AskOptions,
  type ChatClient,
  type Message,
  NoAnswerError,
} from "./client.ts";
import type { Completed } from "./completion.ts";
import { type Failure, LONGEST_RETRY_AFTER } from "./endpoint_failure.ts";
import { requester } from "./endpoint_request.ts";
import type { ChatTemplate } from "./template.ts";

/** How often one question is asked before it is given up; with the waits between, about a minute. */
const ATTEMPTS = 8;

/** The same where no connection was ever made, some seconds: more likely the address is wrong. */
const ATTEMPTS_TO_REACH = 5;

/** The same where no answer came in time: each attempt costs the server all its work. */
const ATTEMPTS_IN_TIME = 3;

/** Shortest key that is taken out of answers; shorter ones are such as `EMPTY`, and would be words. */
const SHORTEST_SECRET = 8;

/** Settings of {@linkcode endpointClient}. */
export interface EndpointOptions {
  /** What stands before `/chat/completions` and `/completions`, such as `http://127.0.0.1:8000/v1`. */
  baseURL: string;
  /** The model's name there. */
  model: string;
  /** Renders the prompt, which then goes to `/completions` as tokens. By default the server's chat completions do. */
  template?: ChatTemplate;
  /** Names the variable of the environment that holds the key, for messages too. Defaults to `OPENAI_API_KEY`. */
  keyVariable?: string;
  /** Sent as a bearer token. Defaults to what the variable holds; where that is unset or empty, none is sent. */
  key?: string;
  /** How many requests run at once; the others wait their turn. Defaults to 8. */
  concurrency?: number;
  /**
   * How long one attempt may take, in seconds. By default 120 and one more for each token that is asked for, in the second and
   * third attempt twice and three times that.
   */
  timeout?: number | undefined;
  /** Waits between attempts; given milliseconds. */
  wait?: (milliseconds: number) => Promise<unknown>;
  /** Told what is asked again, and what was asked otherwise than it was meant. Nobody by default. */
  say?: (message: string) => void;
}

/** An endpoint that can be asked. */
export interface EndpointClient extends ChatClient {
  /** What asking it took so far. */
  readonly account: Readonly<Account>;
}

/** What failed and may pass. */
class AskAgain extends Error {
  constructor(readonly delay: number) {
    super("to be asked again");
  }
}

/**
 * Opens an endpoint; nothing is sent before the first question.
 *
 * An answer is the first choice's text, its thoughts beside it, also where the limit or a filter cut it short; where there is no text,
 * the refusal that came instead, and where a filter left nothing at all, the empty text. The key is never part of it.
 *
 * @param options which endpoint and model, and how hard to try.
 * @returns a client named as the model, with the template's hash if there is one; what it cannot be answered it rejects with a
 * {@linkcode UserError}, a {@linkcode NoAnswerError} where the model only thought. After one that would meet every question (no
 * permission, not reached, wrong key, unknown model, a web page) it asks nothing more and rejects the rest alike.
 */
export function endpointClient(options: EndpointOptions): EndpointClient {
  const { baseURL, model, template, concurrency = 8, wait = setTimeout } = options;
  const { keyVariable = "OPENAI_API_KEY", say = () => {} } = options;
  const { key = Deno.env.get(keyVariable) ?? "" } = options;
  checkURL(baseURL);
  const complete = requester({ ...options, keyVariable, key, say });
  const account = { requests: 0, again: 0, answers: 0, cut: 0, keys: 0, tokens: 0, seconds: 0 };
  const jitter = stream(`chat/endpoint/${model}/wait`);
  const places = pLimit(concurrency); // of questions, which keep theirs while they wait to be asked again
  const lane = lanes(concurrency, (message) => say(`"${model}": ${message}`));
  const tell = nowAndThen(say);
  let lost: UserError | undefined;
  let reached = false;
  let started: number | undefined;

  /** How long to wait after a failed attempt; undefined where it was the last. */
  const delayAfter = (failure: Failure, attempt: number): number | undefined => {
    if (failure.retryAfter === undefined || attempt >= attemptsAt(failure, reached)) {
      return undefined;
    }
    const backOff = Math.min(500 * 2 ** (attempt - 1), 30_000);
    const wanted = Math.min(failure.retryAfter, LONGEST_RETRY_AFTER);
    const delay = wanted + backOff * (0.5 + jitter.uniform() / 2);
    const longer = failure.retryAfter > wanted
      ? ` of the ${seconds(failure.retryAfter)} it wants`
      : "";
    tell(
      `"${model}" gave no answer (${hidden(failure.why, key)}); it is asked again in ${
        seconds(delay)
      }${longer}, attempt ${attempt + 1} of ${attemptsAt(failure, reached)}.`,
      delay >= 30_000,
    );
    return delay;
  };
  const gaveUp = (failure: Failure, attempt: number): UserError => {
    const { why, remedy, everyRequest = false, noAnswer = false } = failure;
    const tried = attempt === 1 ? "" : ` (attempt ${attempt} of ${attemptsAt(failure, reached)})`;
    const message = hidden(`Cannot ask "${model}" at ${baseURL}: ${why}${tried}`, key);
    const error = new (noAnswer ? NoAnswerError : UserError)(message, remedy);
    if (everyRequest) lost = error;
    return error;
  };
  const attemptAt = async (
    messages: readonly Message[],
    askOptions: AskOptions,
    attempt: number,
  ): Promise<Answer> => {
    const { timeout = (120 + askOptions.maxTokens) * Math.min(attempt, ATTEMPTS_IN_TIME) } =
      options;
    const answer = await lane(() => {
      if (lost) throw lost;
      started ??= performance.now();
      account.requests++;
      if (attempt > 1) account.again++;
      return complete(messages, askOptions, timeout);
    });
    account.seconds = (performance.now() - started!) / 1000;
    reached ||= "text" in answer || !answer.everyRequest;
    if ("text" in answer) return taken(answer);
    const delay = delayAfter(answer, attempt);
    throw delay === undefined ? gaveUp(answer, attempt) : new AskAgain(delay);
  };
  const taken = ({ text, thoughts, cut, tokens }: Completed): Answer => {
    const shown = (said: string) => key.length < SHORTEST_SECRET ? said : hidden(said, key);
    account.answers++;
    account.tokens += tokens ?? 0;
    if (cut) account.cut++;
    if (shown(text) !== text) account.keys++;
    return { text: shown(text), thoughts: thoughts && shown(thoughts), cut, tokens };
  };
  return {
    name: template === undefined ? model : `${model} (template ${template.id})`,
    account,
    ask: (messages, askOptions) =>
      places(() =>
        retry((attempt) => attemptAt(messages, askOptions, attempt), {
          delayAfter: (error) => error instanceof AskAgain ? error.delay : undefined,
          wait,
        })
      ),
  };
}

const attemptsAt = ({ timedOut }: Failure, reached: boolean): number =>
  timedOut ? ATTEMPTS_IN_TIME : reached ? ATTEMPTS : ATTEMPTS_TO_REACH;

const hidden = (text: string, key: string) => key === "" ? text : text.replaceAll(key, "…");

const seconds = (milliseconds: number) =>
  milliseconds < 9950 ? `${(milliseconds / 1000).toFixed(1)} s` : duration(milliseconds / 1000);

/** So many requests at once, and half as many from then on whenever one that was sent since is not answered in time. */
function lanes(most: number, say: (message: string) => void) {
  const gate = pLimit(most);
  let lowered = 0;
  return (request: () => Promise<Completed | Failure>): Promise<Completed | Failure> =>
    gate(async () => {
      const before = lowered;
      const answer = await request();
      const late = "timedOut" in answer && answer.timedOut;
      if (late && before === lowered && gate.concurrency > 1) {
        lowered++;
        gate.concurrency = Math.ceil(gate.concurrency / 2);
        say(`answers do not come in time; from now on ${gate.concurrency} are asked for at once.`);
      }
      return answer;
    });
}

function checkURL(baseURL: string): void {
  const { protocol, username } = URL.parse(baseURL) ?? { protocol: "", username: "" };
  if (/^https?:$/.test(protocol) && username === "") return;
  throw new UserError(
    `Cannot ask an endpoint: the base URL must begin with http:// or https:// and hold no user name, got "${
      baseURL.replace(/\/\/.*@/, "//…@")
    }"`,
    "Give it as http://127.0.0.1:8000/v1, and the key, if it needs one, in OPENAI_API_KEY.",
  );
}
