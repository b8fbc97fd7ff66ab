/**
 * The Hugging Face hub: where it is, who asks, and one request to it. What may pass (a server error, a cut connection) is tried
 * again with growing pauses; everything else is one sentence with its remedy.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";
import { retry } from "../core/retry.ts";

/** A hub and who asks it. */
export interface Hub {
  /** Where it is, without a slash at the end. */
  readonly url: string;
  /** Read token, for gated and private repositories. */
  readonly token?: string;
  /** Milliseconds without a byte after which a connection counts as dead. */
  readonly patience: number;
  /** Waits between attempts, in milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Calls back after so many milliseconds, unless what it returns is called before. */
  readonly alarm: (ring: () => void, milliseconds: number) => () => void;
}

/** A repository of a hub. */
export interface Repository {
  /** What it holds. */
  readonly kind: "model" | "dataset";
  /** Such as `google/gemma-2-2b`. */
  readonly name: string;
}

/** A failure that may pass: worth another attempt. */
class PassingError extends UserError {}

const DELAYS = [1000, 2000, 4000, 8000]; // milliseconds between attempts

/**
 * The hub that the environment names: `HF_ENDPOINT`, else huggingface.co; the token in `HF_TOKEN`, if there is one.
 *
 * @returns the hub, not asked yet; throws a {@linkcode UserError} where `HF_ENDPOINT` is no address.
 */
export function hubOfEnvironment(): Hub {
  const url = (Deno.env.get("HF_ENDPOINT") || "https://huggingface.co").replace(/\/+$/, "");
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UserError(
      `Cannot use HF_ENDPOINT: it must be an address of the web, got "${url}"`,
      "Set it to one such as https://huggingface.co, or unset it.",
    );
  }
  const token = Deno.env.get("HF_TOKEN")?.trim();
  const pause = (milliseconds: number) => new Promise<void>((go) => setTimeout(go, milliseconds));
  const alarm = (ring: () => void, milliseconds: number) => {
    const timer = setTimeout(ring, milliseconds);
    return () => clearTimeout(timer);
  };
  return { url, ...token && { token }, patience: 60_000, pause, alarm };
}

/**
 * Does work, and again where it fails in a way that may pass; five attempts in a row without advance are the last.
 *
 * @param hub which pauses between attempts.
 * @param work what to do.
 * @param advanced whether the attempt before got on, so that the count begins afresh. Default: never.
 * @returns what the work gives; throws its last error.
 */
export async function persist<T>(
  hub: Hub,
  work: () => Promise<T>,
  advanced: () => boolean = () => false,
): Promise<T> {
  let failures = 0;
  const delayAfter = (error: Error) => {
    if (advanced()) failures = 0;
    return error instanceof PassingError ? DELAYS[failures++] : undefined;
  };
  return await retry(work, { delayAfter, wait: hub.pause });
}

/**
 * Asks once. The token goes to the hub alone: not to the servers of files that it redirects to.
 *
 * @param hub whom.
 * @param repository what the question is about, for errors.
 * @param url the address.
 * @param init headers, and a signal that ends the request.
 * @returns an answer of status 200 to 299; throws a {@linkcode UserError} on any other, or on none.
 */
export async function ask(
  hub: Hub,
  repository: Repository,
  url: string,
  init: { headers?: HeadersInit; signal: AbortSignal },
): Promise<Response> {
  const headers = new Headers(init.headers);
  const ours = new URL(url).origin === new URL(hub.url).origin;
  if (hub.token !== undefined && ours) headers.set("Authorization", `Bearer ${hub.token}`);
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch (error) {
    throw connectionError(repository, new URL(url).host, error);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw refusal(hub, repository, response);
}

/**
 * What to throw where a connection failed, or broke off.
 *
 * @param repository what was asked for.
 * @param host who was asked.
 * @param error as `fetch` or the body's reader threw it.
 * @returns an error with a remedy; one that {@linkcode persist} tries again, but for a missing permission.
 */
export function connectionError(repository: Repository, host: string, error: unknown): UserError {
  const what = describe(repository);
  const { message: why } = deepest(error);
  if (error instanceof Deno.errors.NotCapable) {
    const denied = /net access to "([^"]+)"/.exec(why)?.[1] ?? host; // a redirect's host is not the one asked
    return new UserError(
      `Cannot download ${what}: Deno was started without permission to reach ${denied}`,
      denied === host
        ? `Allow it with --allow-net=${denied}`
        : `${host} sends you on to it; only if you trust both, allow it with --allow-net=${denied}`,
      { cause: error },
    );
  }
  return new PassingError(
    `Cannot download ${what}: the connection to ${host} failed (${why})`,
    "Check the network, or set HF_ENDPOINT to a mirror; what is there already is kept, and the next run goes on from it.",
    { cause: error },
  );
}

/** What is behind an error: `fetch failed` alone says nothing. */
function deepest(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? deepest(error.cause) : error;
}

/** What the hub's answer means. Its codes: huggingface_hub, `utils/_http.py`, `hf_raise_for_status`. */
function refusal(hub: Hub, repository: Repository, response: Response): UserError {
  const { status } = response;
  const { host, origin } = new URL(response.url);
  const cannot = `Cannot download ${describe(repository)}`;
  // a server of files refuses what was signed too long ago; the hub signs it afresh
  if (status === 429 || status >= 500 || origin !== new URL(hub.url).origin) {
    return new PassingError(
      `${cannot}: ${host} answers with status ${status}`,
      "Try again later; what is there already is kept, and the next run goes on from it.",
    );
  }
  const code = response.headers.get("X-Error-Code");
  const page = `${hub.url}/${pathOf(repository)}`;
  const token = `a read token from ${hub.url}/settings/tokens`;
  if (code === "GatedRepo") {
    return hub.token === undefined
      ? new UserError(
        `${cannot}: it is gated, and HF_TOKEN is not set`,
        `Accept its terms on ${page}, and set HF_TOKEN to ${token}.`,
      )
      : new UserError(
        `${cannot}: it is gated, and the token in HF_TOKEN has no access to it`,
        `Accept its terms on ${page} with the account that the token is of.`,
      );
  }
  if (code === "RevisionNotFound") {
    return new UserError(
      `${cannot}: it has no such revision`,
      `Give a branch or a full commit hash from ${page}/commits/main.`,
    );
  }
  if (code === "EntryNotFound") {
    return new UserError(
      `${cannot}: it has no file ${new URL(response.url).pathname}`,
      `Look at ${page} for what it has.`,
    );
  }
  if (status === 401 || status === 403 || status === 404) {
    return hub.token === undefined
      ? new UserError(
        `${cannot}: it does not exist, or is private`,
        `Check the name; for a private one set HF_TOKEN to ${token}.`,
      )
      : new UserError(
        `${cannot}: it does not exist, or the token in HF_TOKEN has no access to it`,
        `Check the name, and the token at ${hub.url}/settings/tokens.`,
      );
  }
  return new UserError(`${cannot}: ${host} answers with status ${status}`, `Look at ${page}.`);
}

/**
 * Where a repository is on a hub.
 *
 * @param repository which.
 * @returns its path, such as `datasets/mood-bench/mood-bench`.
 */
export function pathOf({ kind, name }: Repository): string {
  return kind === "model" ? name : `${kind}s/${name}`;
}

/**
 * A repository in a sentence.
 *
 * @param repository which.
 * @returns such as `the model "google/gemma-2-2b"`.
 */
export function describe({ kind, name }: Repository): string {
  return `the ${kind} "${name}"`;
}
