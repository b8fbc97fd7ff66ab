/**
 * Endpoints as `deno task fine` asks them: with permission for their host, and every answer kept, so that a run that was
 * killed continues where it had stopped.
 *
 * @module
 */
import { join } from "node:path";
import type { ChatClient } from "../chat/client.ts";
import { fileName } from "../core/files.ts";
import { requireNetwork } from "../chat/network.ts";

/** Which endpoint, and where its answers are kept. */
export interface KeptEndpoint {
  /** What stands before `/chat/completions`. */
  baseURL: string;
  /** The model's name there. */
  model: string;
  /** The variable of the environment that holds the key. */
  keyVariable: string;
  /** How many requests run at once. */
  concurrency: number;
  /** Folder of the cache; answers are kept in `fine/` there. */
  cache: string;
  /** What its answers are, a word that names their file. */
  purpose: string;
  /** Told what a user should know of the kept answers. */
  say: (message: string) => void;
}

/**
 * Opens an endpoint whose answers are kept.
 *
 * @param endpoint which one.
 * @returns a client; disposing of it closes the file. Throws a {@linkcode UserError} where this process may not reach the host.
 */
export async function openKeptEndpoint(
  { cache, purpose, say, ...options }: KeptEndpoint,
): Promise<ChatClient & Disposable> {
  const { endpointClient } = await import("../chat/endpoint.ts");
  const { recordingClient } = await import("../chat/recording.ts");
  const client = endpointClient(options);
  const { host } = new URL(options.baseURL);
  await requireNetwork(host, "fine");
  const file = `${fileName(`${host} ${options.model}`)}.${purpose}.jsonl`;
  return recordingClient(client, join(cache, "fine", file), say);
}
