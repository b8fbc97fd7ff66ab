/**
 * A GGUF file as someone who can be asked, through `node-llama-cpp` (llama.cpp). The package is optional and large: it is fetched
 * when the first file is opened, and loaded in a process of its own (`llama/serve.ts`), which nothing else starts.
 *
 * An answer depends on its own request alone, on whatever was asked before, beside it, or with how many threads:
 *
 * 1. Prompts are the tokens that the file's own chat template renders (see `template.ts`), as for endpoints that take tokens.
 * 2. Every request is answered on one thread, in a context of its own; several threads answer several requests at once. (One
 *    context for several requests would be faster, but what stands beside a token in a batch changes how its sums are rounded;
 *    and threads that share a request wait for one another, which takes minutes on a busy machine.)
 * 3. A prompt is always read in the same pieces: what the system says, the rest but for the last token, the last token. So a
 *    context that has just read one of these for another request goes on from there, with the same bytes.
 *
 * @module
 */
import { basename, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { hashFiles } from "../core/files.ts";
import { latestFirst } from "../core/latest_first.ts";
import { partsOf } from "../model/gguf/parts.ts";
import type { Account } from "./account.ts";
import {
  type Answer,
  type AskOptions,
  type ChatClient,
  type Message,
  NoAnswerError,
} from "./client.ts";
import { withoutWords } from "./completion.ts";
import type { FromServer, Prompt, ToServer } from "./llama/protocol.ts";
import { type ChatTemplate, openChatTemplate } from "./template.ts";
import { splitThoughts } from "./thoughts.ts";

/** Settings of {@linkcode openGgufClient}. */
export interface GgufOptions {
  /** Who answers. Defaults to the file's name without its ending. */
  name?: string | undefined;
  /** A GGUF file of low-rank updates that are applied to the model (see `lib/model/gguf/adapter_file.ts`). Default: none. */
  adapter?: string | undefined;
  /** How many requests are answered at once, each on a thread of its own. Answers do not depend on it. */
  threads: number;
}

/** A GGUF file that can be asked, to be held with `await using`, which frees its memory. */
export interface GgufClient extends ChatClient, AsyncDisposable {
  /** SHA-256 over the model's file, or over all of its parts; updates have no say in it. */
  readonly sha256: string;
  /** What asking it took so far. */
  readonly account: Readonly<Account>;
}

/**
 * Opens a GGUF file with a chat template.
 *
 * @param path of the file, the first one where it is split.
 * @param options name and threads.
 * @returns a client. With temperature 0 it gives the likeliest token after the likeliest token; else it draws from all tokens, with
 * the request's seed. It rejects a request that is longer than the model's context with a {@linkcode UserError}, and one to which
 * nothing was said with a {@linkcode NoAnswerError}. Opening throws a {@linkcode UserError} where the file has no template, or
 * llama.cpp cannot be loaded, or cannot load it.
 */
export async function openGgufClient(
  path: string,
  { name = ggufName(path), adapter, threads }: GgufOptions,
): Promise<GgufClient> {
  const template = openChatTemplate(path);
  const sha256 = await hashOfGguf(path);
  const server = await serve(path, adapter, threads);
  const places = latestFirst(threads); // another draw finds its prompt still read
  const account = { requests: 0, again: 0, answers: 0, cut: 0, keys: 0, tokens: 0, seconds: 0 };
  let started: number | undefined;

  const answer = async (messages: readonly Message[], options: AskOptions): Promise<Answer> => {
    const prompt = promptOf(template, messages);
    if (prompt.tokens.length + options.maxTokens > server.contextLength) {
      throw tooLong(name, prompt, options, server);
    }
    started ??= performance.now();
    account.requests++;
    const said = await server.answer(prompt, options);
    account.seconds = (performance.now() - started) / 1000;
    account.answers++;
    account.tokens += said.tokens;
    if (said.cut) account.cut++;
    const { text, thoughts } = splitThoughts(said.text);
    if (text.trim() === "" && (said.cut || thoughts !== undefined)) {
      const { why, remedy } = withoutWords(said.cut, thoughts !== undefined);
      throw new NoAnswerError(`Cannot ask "${name}": ${why}`, remedy);
    }
    return { text, thoughts, cut: said.cut, tokens: said.tokens };
  };
  return {
    name,
    sha256,
    account,
    ask: (messages, options) => places(() => answer(messages, options)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * The name of a GGUF file's model.
 *
 * @param path of the file.
 * @returns its file's name without the ending.
 */
export function ggufName(path: string): string {
  return basename(path, ".gguf");
}

/**
 * The hash of a GGUF file.
 *
 * @param path of the file, the first one where it is split.
 * @returns SHA-256 over its parts, 64 hexadecimal digits.
 */
export async function hashOfGguf(path: string): Promise<string> {
  return await hashFiles(partsOf(path));
}

/**
 * Whether GGUF files can be asked at all: llama.cpp runs in a process of its own.
 *
 * @returns false where the permission to start that was not granted; nobody is asked for it.
 */
export function mayAskGguf(): boolean {
  return Deno.permissions.querySync({ name: "run", command: Deno.execPath() }).state === "granted";
}

/** A process that serves a file. */
interface Served extends AsyncDisposable {
  /** Longest request with its answer, in tokens. */
  contextLength: number;
  answer(prompt: Prompt, options: AskOptions): Promise<Said>;
}

/** What was said, thoughts and all. */
type Said = Extract<FromServer, { text: string }>;

/** Starts the process, which ends with the disposal, or with this one. */
async function serve(
  path: string,
  adapter: string | undefined,
  threads: number,
): Promise<Served> {
  const command = Deno.execPath();
  if ((await Deno.permissions.request({ name: "run", command })).state !== "granted") {
    throw new UserError(
      `Cannot ask "${path}": llama.cpp runs in a process of its own, which may not be started`,
      "Start it as `deno task fine` or `deno task judge` do: --allow-run=$(deno eval -p 'Deno.execPath()').",
    );
  }
  const folder = join(import.meta.dirname!, "llama");
  const child = new Deno.Command(command, {
    args: [
      ...["run", "--no-prompt", "--config", join(folder, "deno.json")],
      ...["--allow-read", "--allow-ffi", "--allow-sys=homedir,uid"],
      // the package tries its binary in a process of its own, to which it hands all of the environment
      ...["--allow-env", `--allow-run=${command}`],
      ...[join(folder, "serve.ts"), path, String(threads)],
      ...adapter === undefined ? [] : [adapter],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const waiting = new Map<number, PromiseWithResolvers<Said>>();
  const ready = Promise.withResolvers<number>();
  const take = (line: FromServer) => {
    if ("contextLength" in line) return ready.resolve(line.contextLength);
    const asked = waiting.get(line.id ?? -1);
    waiting.delete(line.id ?? -1);
    if ("text" in line) asked!.resolve(line);
    else (asked ?? ready).reject(refused(path, `llama.cpp says "${line.problem}"`));
  };
  const listening = (async () => {
    let rest = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) take(JSON.parse(line));
    }
    const ended = refused(path, "its process ended, as said above");
    for (const { reject } of [ready, ...waiting.values()]) reject(ended);
  })();
  let last = 0;
  return {
    contextLength: await ready.promise,
    answer(prompt, options) {
      const id = last++;
      const answer = Promise.withResolvers<Said>();
      waiting.set(id, answer);
      const { seed, temperature, maxTokens } = options;
      const request: ToServer = { id, prompt, options: { seed, temperature, maxTokens } };
      input.write(new TextEncoder().encode(JSON.stringify(request) + "\n"))
        .catch(() => {}); // a process that is gone is told of where its answers are read
      return answer.promise;
    },
    async [Symbol.asyncDispose]() {
      await input.close().catch(() => {});
      await listening;
      await child.status;
    },
  };
}

function refused(path: string, why: string): UserError {
  return new UserError(
    `Cannot ask "${path}": ${why}`,
    "Check that the file is whole and of an architecture that node-llama-cpp 3.21.1 knows; that package is fetched at the first use.",
  );
}

/** Renders a request, and finds where the system's part ends: where another user's message would make a difference. */
function promptOf(template: ChatTemplate, messages: readonly Message[]): Prompt {
  const tokens = template.tokens(messages);
  const [first] = messages;
  if (first.role !== "system" || messages.length < 2) return { tokens, system: 0 };
  const other = template.tokens([first, { role: "user", content: "…" }]);
  const system = tokens.findIndex((token, i) => token !== other[i]);
  return { tokens, system: Math.max(0, system) };
}

function tooLong(
  name: string,
  { tokens }: Prompt,
  { maxTokens }: AskOptions,
  { contextLength }: Served,
): UserError {
  return new UserError(
    `Cannot ask "${name}": the request of ${tokens.length} tokens and an answer of ${maxTokens} must fit into the model's context of ${contextLength}`,
    "Ask for shorter answers with --max-tokens, or shorter questions.",
  );
}
