/**
 * An OpenAI-compatible endpoint, hosted or local, asked through the `openai` package: for chat completions, whose prompts the
 * server writes, or, given a chat template, for completions of the tokens that it renders.
 *
 * What may pass (connections, timeouts, 408, 409, 429, 5xx, answers that are none) is asked again here, after
 *
 *     Retry-After + min(0.5 s · 2^(n − 1), 30 s) · u,   u uniform on [0.5, 1),   n = 1, 2, … failed attempts
 *
 * and not by the package, whose own retries know nothing of answers that are none.
 *
 * `temperature`, `seed` and `max_tokens` are always sent; to a model that says it takes no `max_tokens`, the same limit goes
 * as `max_completion_tokens`. A model that takes no seed or no such temperature cannot be asked: leaving them out would
 * change the question in silence.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import OpenAI, { APIError } from "openai";
import { UserError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import type { AskOptions, ChatClient, Message } from "./client.ts";
import { type Failure, failureOf, passing } from "./endpoint_failure.ts";
import { limiter } from "./limit.ts";
import type { ChatTemplate } from "./template.ts";

/** How often one question is asked before it is given up; with the waits between, about a minute. */
const ATTEMPTS = 8;

/** The same where no connection was ever made, some seconds: more likely the address is wrong. */
const ATTEMPTS_TO_REACH = 5;

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
  /** How long one attempt may take, in seconds. Defaults to 120. */
  timeout?: number;
  /** Waits between attempts; given milliseconds. */
  wait?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Opens an endpoint; nothing is sent before the first question.
 *
 * An answer is the first choice's text as it stands, also where the limit or a filter cut it short; where there is no text, the
 * refusal that came instead, and where limit or filter left nothing at all, the empty text.
 *
 * @param options which endpoint and model, and how hard to try.
 * @returns a client named as the model, with the template's hash if there is one; what it cannot be answered it rejects with a
 * {@linkcode UserError}. After one that would meet every question (no permission, not reached, wrong key, unknown model) it asks
 * nothing more and rejects the rest alike.
 */
export function endpointClient(options: EndpointOptions): ChatClient {
  const { baseURL, model, template, concurrency = 8, wait = setTimeout } = options;
  const { keyVariable = "OPENAI_API_KEY", timeout = 120 } = options;
  const { key = Deno.env.get(keyVariable) ?? "" } = options;
  checkURL(baseURL);
  const complete = completions({ ...options, keyVariable, key, timeout });
  const jitter = stream(`chat/endpoint/${model}/wait`);
  const limited = limiter(concurrency);
  let lost: UserError | undefined;
  let reached = false;

  const ask = async (messages: readonly Message[], askOptions: AskOptions): Promise<string> => {
    for (let attempt = 1;; attempt++) {
      if (lost) throw lost;
      const answer = await complete(messages, askOptions);
      reached ||= typeof answer === "string" || !answer.everyRequest;
      if (typeof answer === "string") return answer;
      const { why, remedy, retryAfter, everyRequest = false } = answer;
      const attempts = reached ? ATTEMPTS : ATTEMPTS_TO_REACH;
      if (retryAfter === undefined || attempt >= attempts) {
        const tried = attempt === 1 ? "" : ` (attempt ${attempt} of ${attempts})`;
        const message = `Cannot ask "${model}" at ${baseURL}: ${why}${tried}`;
        const error = new UserError(key === "" ? message : message.replaceAll(key, "…"), remedy);
        if (everyRequest) lost = error;
        throw error;
      }
      const backOff = Math.min(500 * 2 ** (attempt - 1), 30_000);
      await wait(retryAfter + backOff * (0.5 + jitter.uniform() / 2));
    }
  };
  const name = template === undefined ? model : `${model} (template ${template.id})`;
  return { name, ask: (messages, options) => limited(() => ask(messages, options)) };
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

/** Asks once: the answer, or why there is none. */
function completions(
  { baseURL, model, template, keyVariable, key, timeout }:
    & Pick<EndpointOptions, "baseURL" | "model" | "template">
    & Required<Pick<EndpointOptions, "keyVariable" | "key" | "timeout">>,
) {
  const { chat, completions } = new OpenAI({
    baseURL,
    apiKey: key || "none", // the package insists on one
    ...(key === "" && { defaultHeaders: { authorization: null } }),
    timeout: 1000 * timeout,
    maxRetries: 0,
  });
  let limit: "max_tokens" | "max_completion_tokens" = "max_tokens";

  return async (
    messages: readonly Message[],
    { seed, temperature, maxTokens }: AskOptions,
  ): Promise<string | Failure> => {
    const asked = { model, seed, temperature, [limit]: maxTokens };
    const prompt = template?.tokens(messages);
    try {
      const body = prompt === undefined
        ? await chat.completions.create({ ...asked, messages: [...messages] })
        : await completions.create({ ...asked, prompt });
      return textOf(body) ?? passing("a body without an answer");
    } catch (error) {
      if (refusesMaxTokens(error) && "max_tokens" in asked) {
        limit = "max_completion_tokens";
        return passing("a model that takes no max_tokens");
      }
      const path = template === undefined ? "/chat/completions" : "/completions";
      return failureOf(error, { baseURL, path, keyVariable, withKey: key !== "", timeout });
    }
  };
}

function refusesMaxTokens(error: unknown): boolean {
  return error instanceof APIError && error.code === "unsupported_parameter" &&
    error.param === "max_tokens";
}

/** What either kind of completion may hold. */
interface Answer {
  choices?: {
    text?: string;
    message?: Partial<OpenAI.ChatCompletionMessage>;
    finish_reason?: string;
  }[];
}

/** The answer in a body, which may be anything; undefined where there is none. */
function textOf(body: Answer | null | undefined): string | undefined {
  const choice = body?.choices?.[0];
  const text = choice?.text ?? choice?.message?.content ?? choice?.message?.refusal;
  if (typeof text === "string") return text.toWellFormed(); // half a character cannot be written
  const cut = choice?.finish_reason === "length" || choice?.finish_reason === "content_filter";
  return cut ? "" : undefined;
}
