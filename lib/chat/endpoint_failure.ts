/**
 * What it means that an endpoint gave no answer: whether to ask again, and what to tell the user.
 *
 * @module
 */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";

/** Longest that a server's `Retry-After` is heeded, in milliseconds. */
const LONGEST_RETRY_AFTER = 300_000;

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
  if (error instanceof APIConnectionTimeoutError) return passing(`none in ${asked.timeout} s`);
  if (error instanceof APIConnectionError) return connectionFailure(error, asked.baseURL);
  if (error instanceof APIError) return refusal(error, asked);
  // a body that is no JSON, and one whose connection broke, reach us as the runtime throws them
  if (error instanceof SyntaxError) return passing("an answer that is no JSON");
  if (error instanceof TypeError) return passing("a connection that broke within the answer");
  throw error;
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

function connectionFailure({ cause }: APIConnectionError, baseURL: string): Failure {
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

/** An answer with an HTTP status that is none of success. */
function refusal(error: APIError, { baseURL, path, keyVariable, withKey }: Asked): Failure {
  const status = error.status as number; // set, as the connection held
  const said = error.message.replaceAll(/\s+/g, " ").slice(0, 200);
  if (status === 401) {
    return {
      why: withKey
        ? `it refuses the key in ${keyVariable} (401)`
        : `it wants a key (401), and ${keyVariable} is not set`,
      remedy: `Set ${keyVariable} to a key for this endpoint.`,
      everyRequest: true,
    };
  }
  if (status === 404) {
    return {
      why: `it knows no such model, or no ${path} at this address (${said})`,
      remedy: `Check the model's name, and that the base URL is all that stands before ` +
        `${path}: curl ${baseURL}/models`,
      everyRequest: true,
    };
  }
  if (error.code === "insufficient_quota") { // a 429 that no waiting mends
    const why = `the account has nothing left to spend (${said})`;
    return { why, remedy: "Check its plan, or use another key.", everyRequest: true };
  }
  if (status === 408 || status === 409 || status === 429 || status >= 500) {
    return passing(said, retryAfterOf(error.headers));
  }
  return {
    why: `it refuses the request (${said})`,
    remedy: path === "/completions"
      ? "Check that the server takes prompts of tokens, and the model prompts of this length, a temperature and a seed."
      : "Check that the model takes prompts of this length, a temperature and a seed.",
  };
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfterOf(headers: Headers | undefined): number {
  const value = headers?.get("retry-after") ?? "0";
  const wanted = /^\d+$/.test(value) ? 1000 * Number(value) : Date.parse(value) - Date.now();
  return Math.min(Math.max(wanted || 0, 0), LONGEST_RETRY_AFTER);
}
