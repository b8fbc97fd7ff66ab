/**
 * Serves a GGUF file to the process that started this one: a line of JSON for each request on standard input, and one for each answer
 * on standard output. It is a program by itself, with a configuration and a lockfile of its own beside it, because `node-llama-cpp`
 * brings some 700 MB of binaries: Deno fetches whatever a lockfile names, so that everybody would, who only wants to train monitors.
 *
 * What makes answers depend on their requests alone is said in `../gguf.ts`.
 *
 *     deno run --config deno.json … serve.ts FILE.gguf THREADS [ADAPTER.gguf]
 *
 * @module
 */
import type { FromServer, Prompt, ToServer } from "./protocol.ts";

/** Contexts grow in steps of so many tokens. */
const CONTEXT_STEP = 1024;

// the little of node-llama-cpp's interface that is used here: its own types come with its binaries
interface Sequence {
  readonly nextTokenIndex: number;
  readonly needsCheckpoints: boolean;
  clearHistory(): Promise<void>;
  eraseContextTokenRanges(ranges: { start: number; end: number }[]): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: number[]): Promise<void>;
  evaluate(tokens: number[], options: Record<string, number>): AsyncIterable<number>;
}
interface Context {
  readonly contextSize: number;
  getSequence(): Sequence;
  dispose(): Promise<void>;
}
interface Model {
  readonly trainContextSize: number;
  createContext(options: Record<string, number | string>): Promise<Context>;
  detokenize(tokens: number[], specialTokens: boolean): string;
}

/** A context, in which one request after the other is answered. */
interface Seat {
  answer(
    prompt: Prompt,
    options: ToServer["options"],
  ): Promise<{ tokens: number[]; cut: boolean }>;
}

function seatAt(model: Model, adapter: string | undefined): Seat {
  let context: Context | undefined;
  let sequence: Sequence | undefined;
  const known: Prompt = { tokens: [], system: 0 }; // what the sequence has read, of the last request

  const sequenceFor = async (size: number): Promise<Sequence> => {
    if (context !== undefined && context.contextSize >= size) return sequence!;
    await context?.dispose();
    known.tokens = [];
    const contextSize = Math.min(
      Math.ceil(size / CONTEXT_STEP) * CONTEXT_STEP,
      model.trainContextSize,
    );
    context = await model.createContext({
      contextSize,
      sequences: 1,
      threads: 1,
      ...adapter !== undefined && { lora: adapter },
    });
    sequence = context.getSequence();
    return sequence;
  };
  /** Has everything read but the last token, from where this request and the last one part. */
  const read = async (on: Sequence, { tokens, system }: Prompt): Promise<void> => {
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
    async answer(prompt, { seed, temperature, maxTokens }) {
      const on = await sequenceFor(prompt.tokens.length + maxTokens);
      await read(on, prompt);
      const tokens: number[] = [];
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

async function load(path: string, threads: number): Promise<Model> {
  const { getLlama, LlamaLogLevel } = await import(["node-llama-cpp"][0]); // not for those who check types without it
  const llama = await getLlama({
    gpu: false, // the same answers with and without an accelerator
    build: "never", // what is not in the package is neither fetched nor compiled
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  });
  return await llama.loadModel({ modelPath: path });
}

const say = (line: FromServer) => {
  let rest = new TextEncoder().encode(JSON.stringify(line) + "\n");
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
};

async function serve(path: string, threads: number, adapter: string | undefined): Promise<void> {
  const model = await load(path, threads);
  const free = Array.from({ length: threads }, () => seatAt(model, adapter));
  say({ contextLength: model.trainContextSize });
  const answer = async ({ id, prompt, options }: ToServer) => {
    const seat = free.pop()!; // no more are sent than there are threads
    try {
      const { tokens, cut } = await seat.answer(prompt, options);
      // with special tokens, for such mark the thoughts of some models
      say({ id, text: model.detokenize(tokens, true), tokens: tokens.length, cut });
    } catch (error) {
      say({ id, problem: (error as Error).message });
    } finally {
      free.push(seat);
    }
  };
  let rest = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) void answer(JSON.parse(line));
  }
}

const [path, threads, adapter] = Deno.args;
try {
  await serve(path, Number(threads), adapter);
} catch (error) {
  say({ problem: (error as Error).message });
}
Deno.exit(); // whoever asked is gone: nobody waits for what is under way
