/**
 * One request to an OpenAI-compatible endpoint, through the `openai` package. `temperature`, `seed` and `max_tokens` are sent, and
 * what instructs stands in a system message. A server that says it does not take one of these gets the request without, and the
 * user is told, for that changes the question:
 *
 * | it does not take | it gets instead                                   |
 * | ---------------- | ------------------------------------------------- |
 * | `max_tokens`     | the same limit as `max_completion_tokens`         |
 * | `seed`           | no seed                                           |
 * | `temperature`    | the model's own temperature, by its number where it is named |
 * | a system message | its text at the head of the first user message    |
 *
 * Bodies are read up to a limit, within the time of the request.
 *
 * @module
 */
import OpenAI, { APIError } from "openai";
import { boundedText } from "../core/bounded_body.ts";
import type { AskOptions, Message } from "./client.ts";
import { type Completed, readCompletion } from "./completion.ts";
import {
  type Asked,
  BrokenConnection,
  type Failure,
  failureOf,
  isConnectionError,
} from "./endpoint_failure.ts";
import type { ChatTemplate } from "./template.ts";

/** Longest body that is read, in bytes. */
const LARGEST_BODY = 16 * 2 ** 20;

/** Where requests go. */
export interface RequestOptions {
  /** What stands before `/chat/completions` and `/completions`. */
  baseURL: string;
  /** The model's name there. */
  model: string;
  /** Renders prompts, which then go to `/completions` as tokens. */
  template?: ChatTemplate;
  /** Names the variable of the environment that holds the key. */
  keyVariable: string;
  /** Sent as a bearer token; none is, where it is empty. */
  key: string;
  /** Told what the server does not take, and what it gets instead, once for each. */
  say: (message: string) => void;
}

/** What a server may not take. */
type Taken = "max_tokens" | "seed" | "temperature" | "system";

const INSTEAD: Record<Taken, string> = {
  max_tokens: "the limit is sent as max_completion_tokens",
  seed: "none is sent, so that answers may differ from run to run",
  temperature: "its own decides how answers are drawn",
  system: "instructions stand at the head of the first user message",
};

/** How a server says that it does not take something. */
const REFUSED =
  /not support|unsupported|not permitted|not allowed|unrecogni[sz]ed|unknown|unexpected|extra (?:input|field|param)|extra_forbidden|deprecated|invalid (?:parameter|field|argument)|only .{0,20}default/i;
const REFUSED_SYSTEM =
  /system.{0,20}role.{0,30}(?:not|un)[ -]?(?:support|allow)|system (?:message|prompt|instruction)s?.{0,30}(?:not|un)[ -]?(?:support|allow|enabled)|(?:only|must).{0,60}user.{0,20}assistant|not support.{0,30}system|developer instruction is not enabled/i;

/**
 * Opens an endpoint for single requests.
 *
 * @param options where they go.
 * @returns asks once, within so many seconds: the answer, or why there is none.
 */
export function requester(
  { baseURL, model, template, keyVariable, key, say }: RequestOptions,
): (
  messages: readonly Message[],
  options: AskOptions,
  timeout: number,
) => Promise<Completed | Failure> {
  const { chat, completions } = new OpenAI({
    baseURL,
    apiKey: key || "none", // the package insists on one
    ...(key === "" && { defaultHeaders: { authorization: null } }),
    maxRetries: 0,
    fetch: boundedFetch,
  });
  const refused = new Set<Taken>();
  const own: { temperature?: number } = {}; // what the server names as the only one that it takes
  const path = template === undefined ? "/chat/completions" : "/completions";

  const send = async (
    messages: readonly Message[],
    { seed, temperature, maxTokens }: AskOptions,
    timeout: number,
  ) => {
    const asked = {
      model,
      ...!refused.has("seed") && { seed },
      ...refused.has("temperature")
        ? own.temperature !== undefined && { temperature: own.temperature }
        : { temperature },
      [refused.has("max_tokens") ? "max_completion_tokens" : "max_tokens"]: maxTokens,
    };
    const settings = { timeout: 1000 * timeout };
    if (template !== undefined) {
      const prompt = template.tokens(messages);
      return await completions.create({ ...asked, prompt }, settings).asResponse();
    }
    const sent = refused.has("system") ? withoutSystem(messages) : [...messages];
    return await chat.completions.create({ ...asked, messages: sent }, settings).asResponse();
  };

  return async (messages, options, timeout) => {
    for (;;) {
      const left = new Set(refused);
      try {
        const response = await send(messages, options, timeout);
        return readCompletion(await response.text(), response.headers.get("content-type") ?? "");
      } catch (error) {
        const refusal = refusalIn(error, messages);
        if (refusal !== undefined && !left.has(refusal)) {
          if (!refused.has(refusal)) say(toldOf(model, refusal));
          refused.add(refusal);
          const only = /default \((\d+(?:\.\d+)?)\)/.exec((error as Error).message)?.[1];
          if (refusal === "temperature" && only !== undefined) own.temperature = Number(only);
          continue;
        }
        const asked: Asked = { baseURL, path, keyVariable, withKey: key !== "", timeout };
        return failureOf(error, asked);
      }
    }
  };
}

function toldOf(model: string, refusal: Taken): string {
  const what = refusal === "system" ? "system message" : refusal;
  return `"${model}" takes no ${what}: ${INSTEAD[refusal]}.`;
}

/** What an error says the server does not take; undefined where it is about something else. */
function refusalIn(error: unknown, messages: readonly Message[]): Taken | undefined {
  if (!(error instanceof APIError) || error.status === undefined) return undefined;
  if (![400, 422, 500, 501].includes(error.status)) return undefined;
  const said = `${error.message} ${JSON.stringify(error.error ?? "")} ${error.code ?? ""}`;
  const system = messages.some(({ role }) => role === "system");
  if (system && REFUSED_SYSTEM.test(said)) return "system";
  if (!REFUSED.test(said)) return undefined;
  const names = ["max_tokens", "seed", "temperature"] as const;
  return names.find((name) => error.param === name) ??
    names.find((name) => new RegExp(`\\b${name}\\b`).test(said));
}

/** The same messages with what the system says at the head of the first that a user says. */
function withoutSystem(messages: readonly Message[]): Message[] {
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => content);
  const rest = messages.filter(({ role }) => role !== "system");
  const first = rest.findIndex(({ role }) => role === "user");
  return rest.map((message, i) =>
    i === first ? { ...message, content: [...system, message.content].join("\n\n") } : message
  );
}

/** As `fetch`, with the body read whole, so that the time limit holds for it too. */
async function boundedFetch(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  try {
    const response = await fetch(url, init);
    const body = await boundedText(response, LARGEST_BODY);
    const headers = [...response.headers].filter(([name]) =>
      ["content-type", "retry-after"].includes(name)
    );
    const empty = [204, 205, 304].includes(response.status);
    return new Response(empty ? null : body, { status: response.status, headers });
  } catch (cause) {
    if (isConnectionError(cause)) throw new BrokenConnection("the connection failed", { cause });
    throw cause;
  }
}
