/**
 * Models as `deno task fine` asks them: endpoints, with permission for their host, and GGUF files. Every answer is kept, so that a
 * run that was killed continues where it had stopped.
 *
 * @module
 */
import { join } from "node:path";
import { type Account, describeAccount } from "../../chat/account.ts";
import type { ChatClient } from "../../chat/client.ts";
import { type AskingFlags, namedEndpoint } from "../../chat/endpoint_flags.ts";
import { ggufName, hashOfGguf } from "../../chat/gguf.ts";
import { requireNetwork } from "../../chat/network.ts";
import { fileName } from "../../core/files.ts";
import { isGguf } from "../../model/gguf/parts.ts";
import type { JudgeFlags } from "../flags.ts";

/** What all kept answers need. */
export interface KeepOptions {
  /** How models are asked. */
  asking: AskingFlags;
  /** Folder of the cache; answers are kept in `fine/` there. */
  cache: string;
  /** Told what a user should know. */
  say: (message: string) => void;
  /** Holds what must be closed. */
  stack: AsyncDisposableStack;
  /** What asking takes, of every model that is opened. */
  accounts: Readonly<Account>[];
}

/** Which endpoint. */
export interface KeptEndpoint {
  /** What stands before `/chat/completions`. */
  baseURL: string;
  /** The model's name there. */
  model: string;
  /** The variable of the environment that holds the key. */
  keyVariable: string;
}

/** What a model's answers are, a word that names their file. */
export type Purpose = "answers" | "verdicts";

/**
 * Opens an endpoint whose answers are kept.
 *
 * @param where which one.
 * @param purpose what is asked.
 * @param options how, and where answers are kept.
 * @returns a client. Throws a {@linkcode UserError} where this process may not reach the host.
 */
export async function openKeptEndpoint(
  where: KeptEndpoint,
  purpose: Purpose,
  options: KeepOptions,
): Promise<ChatClient> {
  const { endpointClient } = await import("../../chat/endpoint.ts");
  const { asking: { concurrency, timeout }, say, stack } = options;
  const client = endpointClient({ ...where, concurrency, timeout, say });
  const { host } = new URL(where.baseURL);
  await requireNetwork(host, "fine");
  stack.defer(() => tellAccount(`${client.name} for ${purpose}`, client.account, say));
  options.accounts.push(client.account);
  return await keep(client, endpointModel(where), purpose, options);
}

const endpointModel = ({ baseURL, model }: { baseURL: string; model: string }) =>
  `${new URL(baseURL).host} ${model}`;

const ggufModel = (path: string, sha256: string) => `${ggufName(path)} ${sha256.slice(0, 8)}`;

/**
 * The endpoint that judges.
 *
 * @param model its name there; empty for that of the respondent.
 * @param flags where it is.
 * @returns base URL and model.
 */
export function judgeEndpoint(
  model: string,
  flags: JudgeFlags,
): { baseURL: string; model: string } {
  return namedEndpoint({
    endpoint: flags.judgeEndpoint ?? flags.endpoint,
    model: model || flags.model,
  });
}

/**
 * What a model's kept answers are filed under.
 *
 * @param who `endpoint` for the respondent's, a judge as `--judge` names it, or a GGUF file.
 * @param flags which endpoints.
 * @returns host and name, or name and hash; undefined where `who` is none of these.
 */
export async function keptModel(who: string, flags: JudgeFlags): Promise<string | undefined> {
  if (isGguf(who)) return ggufModel(who, await hashOfGguf(who));
  const [kind, ...rest] = who.split(":");
  return kind === "endpoint" ? endpointModel(judgeEndpoint(rest.join(":"), flags)) : undefined;
}

/**
 * Where a model's answers are kept.
 *
 * @param cache folder of the cache.
 * @param model as of {@linkcode keptModel}.
 * @param purpose what is asked.
 * @returns the path of a recording.
 */
export function keptPath(cache: string, model: string, purpose: Purpose): string {
  return join(cache, "fine", `${fileName(model)}.${purpose}.jsonl`);
}

/** Opens GGUF files; whoever names the same one shares it. */
export type GgufOpener = (path: string, purpose: Purpose, name?: string) => Promise<ChatClient>;

/**
 * Opens GGUF files whose answers are kept.
 *
 * @param options how, where answers are kept, and how many requests are answered at once, each on a thread of its own.
 * @returns opens a file by its path, under a name; by default its own.
 */
export function ggufOpener(options: KeepOptions & { threads: number }): GgufOpener {
  const { threads, say, stack } = options;
  const open = async (path: string) => {
    const { openGgufClient } = await import("../../chat/gguf.ts");
    const client = stack.use(await openGgufClient(path, { threads }));
    stack.defer(() => tellAccount(client.name, client.account, say));
    options.accounts.push(client.account);
    return client;
  };
  const opened = new Map<string, ReturnType<typeof open>>();
  return async (path, purpose, name) => {
    opened.set(path, opened.get(path) ?? open(path));
    const model = await opened.get(path)!;
    const client = { name: name ?? model.name, ask: model.ask };
    return await keep(client, ggufModel(path, model.sha256), purpose, options);
  };
}

async function keep(
  client: ChatClient,
  model: string,
  purpose: Purpose,
  { cache, asking: { askAgain }, say, stack }: KeepOptions,
): Promise<ChatClient> {
  const { recordingClient } = await import("../../chat/recording.ts");
  const path = keptPath(cache, model, purpose);
  return stack.use(recordingClient(client, path, say, { again: askAgain !== undefined }));
}

function tellAccount(name: string, account: Account, say: (message: string) => void): void {
  const took = describeAccount(name, account);
  if (took !== undefined) say(took);
}
