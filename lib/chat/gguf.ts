/**
 * A GGUF file as someone who can be asked, through `node-llama-cpp` (llama.cpp). The package is optional and large: it is loaded
 * when the first file is opened, and by nothing else.
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
import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import pLimit from "p-limit";
import { UserError } from "../core/errors.ts";
import { fileError } from "../core/files.ts";
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
import { type ChatTemplate, openChatTemplate } from "./template.ts";
import { splitThoughts } from "./thoughts.ts";

/** Contexts grow in steps of so many tokens. */
const CONTEXT_STEP = 1024;

/** Settings of {@linkcode openGgufClient}. */
export interface GgufOptions {
  /** Who answers. Defaults to the file's name without its ending. */
  name?: string | undefined;
  /** How many requests are answered at once, each on a thread of its own. Answers do not depend on it. */
  threads: number;
}

/** A GGUF file that can be asked, to be held with `await using`, which frees its memory. */
export interface GgufClient extends ChatClient, AsyncDisposable {
  /** SHA-256 over the file, or over all of its parts. */
  readonly sha256: string;
  /** What asking it took so far. */
  readonly account: Readonly<Account>;
}

/** A request as tokens. */
interface Prompt {
  tokens: Token[];
  /** How many of them are read first, by themselves: what the system says; 0 for none. */
  system: number;
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
  { name = ggufName(path), threads }: GgufOptions,
): Promise<GgufClient> {
  const template = openChatTemplate(path);
  const sha256 = await hashOfGguf(path);
  const model = await loadModel(path, threads);
  const seats = Array.from({ length: threads }, () => seatAt(model));
  const free = [...seats];
  const places = pLimit(threads);
  const account = { requests: 0, again: 0, answers: 0, cut: 0, keys: 0, tokens: 0, seconds: 0 };
  let started: number | undefined;

  const answer = async (messages: readonly Message[], options: AskOptions): Promise<Answer> => {
    const seat = free.pop()!;
    started ??= performance.now();
    account.requests++;
    try {
      const { tokens, cut } = await seat.answer(promptOf(template, messages), options, name);
      account.answers++;
      account.tokens += tokens.length;
      if (cut) account.cut++;
      // with special tokens, for such mark the thoughts of some models
      const { text, thoughts } = splitThoughts(model.detokenize(tokens, true));
      if (text.trim() === "" && (cut || thoughts !== undefined)) {
        const { why, remedy } = withoutWords(cut, thoughts !== undefined);
        throw new NoAnswerError(`Cannot ask "${name}": ${why}`, remedy);
      }
      return { text, thoughts, cut, tokens: tokens.length };
    } finally {
      account.seconds = (performance.now() - started) / 1000;
      free.push(seat);
    }
  };
  return {
    name,
    sha256,
    account,
    ask: (messages, options) => places(() => answer(messages, options)),
    async [Symbol.asyncDispose]() {
      await model.llama.dispose(); // with its models and their contexts
    },
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
 * The hash of a GGUF file, which is read piece by piece, since weights may be larger than memory.
 *
 * @param path of the file, the first one where it is split.
 * @returns SHA-256 over its parts, 64 hexadecimal digits.
 */
export async function hashOfGguf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for (const part of partsOf(path)) {
    try {
      using file = Deno.openSync(part);
      for await (const chunk of file.readable) hash.update(chunk);
    } catch (error) {
      throw fileError("read", part, error);
    }
  }
  return hash.digest("hex");
}

/**
 * Loads the package and a file. Only the processor is used, so that the same file gives the same answers on machines with and
 * without an accelerator.
 */
async function loadModel(path: string, threads: number): Promise<LlamaModel> {
  const { getLlama, LlamaLogLevel } = await packaged();
  try {
    const llama = await getLlama({
      gpu: false,
      build: "never", // what is not in the package is neither fetched nor compiled
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
      maxThreads: threads,
    });
    return await llama.loadModel({ modelPath: path });
  } catch (cause) {
    throw new UserError(
      `Cannot ask "${path}": llama.cpp says "${(cause as Error).message}"`,
      "Check that the file is whole, and of an architecture that node-llama-cpp 3.21.1 knows.",
      { cause },
    );
  }
}

/** The package, whose name a module graph does not show: who asks no GGUF file never fetches it. */
async function packaged(): Promise<typeof import("node-llama-cpp")> {
  const name = "node-llama-cpp";
  const run = { name: "run", command: Deno.execPath() } as const;
  if ((await Deno.permissions.request(run)).state !== "granted") {
    throw new UserError(
      "Cannot ask a GGUF file: node-llama-cpp tries its binary in a process of its own, and may not start Deno",
      "Start it as `deno task fine` or `deno task judge` do: --allow-run=$(deno eval -p 'Deno.execPath()').",
    );
  }
  try {
    return await import(name);
  } catch (cause) {
    throw new UserError(
      `Cannot ask a GGUF file: the package node-llama-cpp cannot be loaded (${
        (cause as Error).message
      })`,
      "Fetch it once, with a network: deno cache npm:node-llama-cpp@3.21.1. It is some 700 MB.",
      { cause },
    );
  }
}

/** Renders a request, and finds where the system's part ends: where another user's message would make a difference. */
function promptOf(template: ChatTemplate, messages: readonly Message[]): Prompt {
  const tokens = template.tokens(messages) as Token[];
  const [first] = messages;
  if (first.role !== "system" || messages.length < 2) return { tokens, system: 0 };
  const other = template.tokens([first, { role: "user", content: "…" }]);
  const system = tokens.findIndex((token, i) => token !== other[i]);
  return { tokens, system: Math.max(0, system) };
}

/** A context, in which one request after the other is answered. */
interface Seat {
  answer(
    prompt: Prompt,
    options: AskOptions,
    name: string,
  ): Promise<{ tokens: Token[]; cut: boolean }>;
}

function seatAt(model: LlamaModel): Seat {
  let context: LlamaContext | undefined;
  let sequence: LlamaContextSequence | undefined;
  const known: Prompt = { tokens: [], system: 0 }; // what the sequence has read, of the last request

  const sequenceFor = async (size: number): Promise<LlamaContextSequence> => {
    if (context !== undefined && context.contextSize >= size) return sequence!;
    await context?.dispose();
    known.tokens = [];
    const contextSize = Math.min(
      Math.ceil(size / CONTEXT_STEP) * CONTEXT_STEP,
      model.trainContextSize,
    );
    context = await model.createContext({ contextSize, sequences: 1, threads: 1 });
    sequence = context.getSequence();
    return sequence;
  };
  /** Has everything read but the last token, from where this request and the last one part. */
  const read = async (on: LlamaContextSequence, { tokens, system }: Prompt): Promise<void> => {
    const last = tokens.length - 1;
    const kept = on.needsCheckpoints ? 0 : keptOf(known, { tokens, system });
    known.tokens = [];
    await on.eraseContextTokenRanges([{ start: kept, end: on.nextTokenIndex }]);
    const from = on.nextTokenIndex === kept ? kept : 0;
    if (from === 0) await on.clearHistory();
    for (const end of [system, last]) {
      if (end > on.nextTokenIndex) {
        await on.evaluateWithoutGeneratingNewTokens(tokens.slice(on.nextTokenIndex, end));
      }
    }
    Object.assign(known, { tokens, system });
  };
  return {
    async answer(prompt, { seed, temperature, maxTokens }, name) {
      const room = model.trainContextSize - prompt.tokens.length;
      if (room < maxTokens) throw tooLong(name, prompt.tokens.length, maxTokens, model);
      const on = await sequenceFor(prompt.tokens.length + maxTokens);
      await read(on, prompt);
      const tokens: Token[] = [];
      const sampling = temperature === 0
        ? { temperature }
        : { temperature, seed, topK: 0, topP: 1, minP: 0 }; // of all tokens, as they are
      for await (const token of on.evaluate(prompt.tokens.slice(-1), sampling)) {
        if (tokens.push(token) === maxTokens) return { tokens, cut: true };
      }
      return { tokens, cut: false };
    },
  };
}

/** How many tokens of the last request serve this one: all but the last, the system's part, or none. */
function keptOf(before: Prompt, { tokens, system }: Prompt): number {
  if (before.system !== system || before.tokens.length === 0) return 0;
  const agrees = (length: number) =>
    before.tokens.length > length &&
    tokens.slice(0, length).every((token, i) => token === before.tokens[i]);
  if (before.tokens.length === tokens.length && agrees(tokens.length - 1)) return tokens.length - 1;
  return agrees(system) ? system : 0;
}

function tooLong(name: string, length: number, maxTokens: number, model: LlamaModel): UserError {
  return new UserError(
    `Cannot ask "${name}": the request of ${length} tokens and an answer of ${maxTokens} must fit into the model's context of ${model.trainContextSize}`,
    "Ask for shorter answers with --max-tokens, or shorter questions.",
  );
}
