/**
 * Endpoints as `deno task fine` asks them: with permission for their host, and every answer kept, so that a run that was
 * killed continues where it had stopped.
 *
 * @module
 */
import { join } from "node:path";
import type { ChatClient } from "../../chat/client.ts";
import type { AskingFlags } from "../../chat/endpoint_flags.ts";
import { fileName } from "../../core/files.ts";
import { requireNetwork } from "../../chat/network.ts";

/** Which endpoint, and where its answers are kept. */
export interface KeptEndpoint {
  /** What stands before `/chat/completions`. */
  baseURL: string;
  /** The model's name there. */
  model: string;
  /** The variable of the environment that holds the key. */
  keyVariable: string;
  /** How it is asked. */
  asking: AskingFlags;
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
 * @returns a client; disposing of it closes the file, and says what asking took. Throws a {@linkcode UserError} where this process may not reach the host.
 */
export async function openKeptEndpoint(
  { cache, purpose, say, asking: { concurrency, timeout, askAgain }, ...where }: KeptEndpoint,
): Promise<ChatClient & Disposable> {
  const { describeAccount } = await import("../../chat/account.ts");
  const { endpointClient } = await import("../../chat/endpoint.ts");
  const { recordingClient } = await import("../../chat/recording.ts");
  const client = endpointClient({ ...where, concurrency, timeout, say });
  const { host } = new URL(where.baseURL);
  await requireNetwork(host, "fine");
  const file = `${fileName(`${host} ${where.model}`)}.${purpose}.jsonl`;
  const recording = recordingClient(client, join(cache, "fine", file), say, {
    again: askAgain !== undefined,
  });
  return {
    ...recording,
    [Symbol.dispose]() {
      recording[Symbol.dispose]();
      const took = describeAccount(`${client.name} for ${purpose}`, client.account);
      if (took !== undefined) say(took);
    },
  };
}
