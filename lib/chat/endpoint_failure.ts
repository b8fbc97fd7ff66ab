/**
 * What it means that an endpoint gave no answer: whether to ask again, and what to tell the user.
 *
 * @module
 */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { BodyTooLong, isHtml } from "../core/bounded_body.ts";
import { excerpt } from "../core/foreign_text.ts";

/** Longest that a server's `Retry-After` is heeded, in milliseconds. */
export const LONGEST_RETRY_AFTER = 300_000;

/** Words of a server that will not answer this request, whatever its status says. */
const REFUSING =
  /invalid_request|not supported|unsupported|context (?:length|size|window)|too (?:long|many tokens)/i;

/** Why an endpoint gave no answer. */
export interface Failure {
  /** What happened. */
  why: string;
  /** What the user can do about it, one sentence. */
  remedy: string;
  /** How long the server wants to be left alone, in milliseconds, 0 where it does not say; undefined where asking again is no use. */
  retryAfter?: number;
  /** Whether every other request would fail too. */
  everyRequest?: boolean;
  /** Whether the time was up, so that fewer requests at once may mend it. */
  timedOut?: boolean;
  /** Whether the model answered, but nothing that is an answer, so that another seed may mend it. */
  noAnswer?: boolean;
}

/** What `fetch` reports when a connection cannot be had, or breaks: any other error is a bug, and stays one. */
export class BrokenConnection extends Error {
  /** What a stack calls it. */
  override name = "BrokenConnection";
}

/** Where was asked. */
export interface Asked {
  /** The endpoint's base URL. */
  baseURL: string;
  /** What stands behind it. */
  path: "/chat/completions" | "/completions";
  /** The variable of the environment that a key is taken from. */
  keyVariable: string;
  /** Whether a key was sent. */
  withKey: boolean;
  /** How long was waited for the answer, in seconds. */
  timeout: number;
}

/**
 * Reads what the `openai` package threw.
 *
 * @param error what it threw.
 * @param asked where was asked.
 * @returns the failure; throws the error again where it is not about the endpoint.
 */
export function failureOf(error: unknown, asked: Asked): Failure {
  if (error instanceof APIConnectionTimeoutError) {
    return { ...passing(`none in ${asked.timeout} s`), timedOut: true, remedy: SLOW };
  }
  if (error instanceof APIConnectionError) {
    const { cause } = error;
    if (cause instanceof BodyTooLong) {
      return {
        why: `an answer must come, got ${cause.message}`,
        remedy: "Check what the server sends.",
      };
    }
    if (cause instanceof BrokenConnection) return connectionFailure(cause.cause, asked.baseURL);
    throw cause ?? error;
  }
  if (error instanceof APIError) return refusal(error, asked);
  throw error;
}

const SLOW = "Allow more time with --timeout, or ask less at once with --concurrency.";

/**
 * Whether an error of `fetch`, or of reading its body, is about the connection.
 *
 * @param error what was thrown.
 * @returns false for what is a bug, or a request that was called off.
 */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof Deno.errors.NotCapable) return true;
  return error instanceof TypeError &&
    /^(?:fetch failed|error (?:sending request|reading a body|decoding))/i.test(error.message);
}

/**
 * A failure that may pass.
 *
 * @param got what came instead of an answer.
 * @param retryAfter how long the server wants to be left alone, in milliseconds.
 * @returns the failure.
 */
export function passing(got: string, retryAfter = 0): Failure {
  return {
    why: `an answer must come, got ${got}`,
    remedy: "Run it again later, or with fewer requests at once.",
    retryAfter,
  };
}

function connectionFailure(cause: unknown, baseURL: string): Failure {
  const { host } = new URL(baseURL);
  if (cause instanceof Deno.errors.NotCapable) {
    return {
      why: `Deno was started without permission to reach ${host}`,
      remedy: `Start it with --allow-net=${host}.`,
      everyRequest: true,
    };
  }
  const why = deepestMessage(cause);
  const blocked = /Requests to port \d+ are blocked/.exec(why)?.[0]; // Fetch standard, "port blocking"
  if (blocked !== undefined) {
    return {
      why: `${host} cannot be reached (${blocked})`,
      remedy: "Serve it at another port, such as 8000.",
      everyRequest: true,
    };
  }
  if (!why.includes("client error (Connect)")) return passing("a connection that broke");
  return {
    why: `${host} cannot be reached (${why.replaceAll(/^.*\): | \(os error \d+\)$/gs, "")})`,
    remedy: `Check the address, and that the server runs: curl ${baseURL}/models`,
    retryAfter: 0,
    everyRequest: true,
  };
}

function deepestMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : deepestMessage(error.cause);
}

/**
 * An error that a server sends with a status of success, as gateways do.
 *
 * @param error what stands under `error`.
 * @returns the failure, in the server's words; one that may pass only where its code says so.
 */
export function serverError(error: unknown): Failure {
  const { code } = { ...(error as { code?: unknown }) };
  const said = excerpt(`${Number.isInteger(code) ? `${code} ` : ""}${wordsOf(error)}`);
  const status = Number(code);
  if (mayPass(status, said)) return passing(said);
  if (status === 402) return nothingToSpend(said);
  return {
    why: `it answers with an error (${said})`,
    remedy: "Mend what it complains of, and run it again.",
    everyRequest: status === 401,
  };
}

/** What an error says, which may be text, an object with a message, or anything. */
function wordsOf(error: unknown): string {
  if (typeof error === "string") return error;
  const { message, detail } = { ...(error as { message?: unknown; detail?: unknown }) };
  const words = message ?? detail ?? error;
  return typeof words === "string" ? words : JSON.stringify(words);
}

function mayPass(status: number, said: string): boolean {
  if ([408, 409, 429].includes(status)) return true;
  return status >= 500 && status !== 501 && status !== 505 && !REFUSING.test(said);
}

function nothingToSpend(said: string): Failure {
  return {
    why: `the account has nothing left to spend (${said})`,
    remedy: "Check its plan, or use another key.",
    everyRequest: true,
  };
}

/** An answer with an HTTP status that is none of success. */
function refusal(error: APIError, { baseURL, path, keyVariable, withKey }: Asked): Failure {
  const status = error.status as number; // set, as the connection held
  const page = isHtml(error.message.replace(/^\d+ /, ""));
  const said = page ? `${status}, with a web page` : excerpt(error.message);
  if (status === 401) {
    return {
      why: withKey
        ? `it refuses the key in ${keyVariable} (401)`
        : `it wants a key (401), and ${keyVariable} is not set`,
      remedy: `Set ${keyVariable} to a key for this endpoint.`,
      everyRequest: true,
    };
  }
  if (status === 404 || status === 405) {
    return {
      why: `it knows no such model, or no ${path} at this address (${said})`,
      remedy: `Check the model's name, and that the base URL is all that stands before ` +
        `${path}: curl ${baseURL}/models`,
      everyRequest: true,
    };
  }
  // some of these come as a 429 that no waiting mends
  if (status === 402 || error.code === "insufficient_quota") return nothingToSpend(said);
  if (mayPass(status, said)) return passing(said, retryAfterOf(error.headers));
  return {
    why: `it refuses the request (${said})`,
    remedy: path === "/completions"
      ? "Check that the server takes prompts of tokens, and the model prompts of this length."
      : "Check that the model takes prompts of this length.",
  };
}

/** RFC 9110, section 10.2.3: seconds, or a date; milliseconds, which may be more than is heeded. */
function retryAfterOf(headers: Headers | undefined): number {
  const value = headers?.get("retry-after")?.trim() || "0";
  const seconds = Number(value);
  const wanted = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : 1000 * seconds;
  return Math.max(wanted || 0, 0);
}
