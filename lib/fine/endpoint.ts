/**
 * Endpoints as `deno task fine` asks them: with permission for their host, and every answer kept, so that a killed run goes on where
 * it was.
 *
 * @module
 */
import { join } from "node:path";
import type { ChatClient } from "../chat/client.ts";
import { fileName } from "./artifact.ts";
import type { Asking } from "./asking.ts";
import { warn } from "../report/terminal.ts";
import { requireNetwork } from "../chat/network.ts";

/** Which endpoint, and where its answers are kept. */
export interface KeptEndpoint {
  /** What stands before `/chat/completions`. */
  baseURL: string;
  /** The model's name there. */
  model: string;
  /** The variable of the environment that holds the key. */
  keyVariable: string;
  /** How it is asked. */
  asking: Asking;
  /** Folder of the cache; answers are kept in `fine/` there. */
  cache: string;
  /** What its answers are, a word that names their file. */
  purpose: string;
}

/**
 * Opens an endpoint whose answers are kept.
 *
 * @param endpoint which one.
 * @returns a client; disposing of it closes the file, and says what asking took. Throws a {@linkcode UserError} where this process may not reach the host.
 */
export async function openKeptEndpoint(
  { cache, purpose, asking: { concurrency, timeout, again }, ...where }: KeptEndpoint,
): Promise<ChatClient & Disposable> {
  const { describeAccount } = await import("../chat/account.ts");
  const { endpointClient } = await import("../chat/endpoint.ts");
  const { recordingClient } = await import("../chat/recording.ts");
  const client = endpointClient({ ...where, concurrency, timeout, say: warn });
  const { host } = new URL(where.baseURL);
  await requireNetwork(host, "fine");
  const file = `${fileName(`${host} ${where.model}`)}.${purpose}.jsonl`;
  const recording = recordingClient(client, join(cache, "fine", file), warn, { again });
  return {
    ...recording,
    [Symbol.dispose]() {
      recording[Symbol.dispose]();
      const took = describeAccount(`${client.name} for ${purpose}`, client.account);
      if (took !== undefined) warn(took);
    },
  };
}
