/**
 * For tests: a chat completions server on the loopback address, as bad as one likes.
 *
 * @module
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { UserError } from "../core/errors.ts";
import type { Stream } from "../core/random.ts";
import type { Answer, AskOptions, ChatClient } from "./client.ts";
import { endpointClient, type EndpointOptions } from "./endpoint.ts";

/** What the server was sent. */
export interface Received {
  /** The path that it was sent to. */
  url: string;
  /** The body, parsed. */
  body: { messages: { content: string }[]; [field: string]: unknown };
  /** The headers, by their names in small letters. */
  headers: Record<string, string | string[] | undefined>;
}

/** What the server does with one request. */
export interface Reply {
  /** HTTP status. Defaults to 200. */
  status?: number;
  /** More headers, such as `retry-after`. */
  headers?: Record<string, string>;
  /** The body; data is sent as JSON, and text as it stands. */
  body: unknown;
  /** Before it replies, in milliseconds; at Infinity it never does. Defaults to 0. */
  delay?: number;
  /** Closes the connection: before anything is sent, or in the middle of the body. */
  drop?: "before" | "within";
}

/** A running server. */
export interface ChatServer extends AsyncDisposable {
  /** What to give a client. */
  readonly baseURL: string;
  /** Most requests that were open at the same time. */
  readonly mostAtOnce: number;
}

/**
 * A body that holds an answer.
 *
 * @param content the answer.
 * @returns a chat completion.
 */
export function completion(content: string): unknown {
  return {
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
  };
}

/** Every way to fail that may pass. */
const FAILURES: Reply[] = [
  { status: 500, body: "<html>" },
  { status: 429, headers: { "retry-after": "1" }, body: { error: { message: "slow down" } } },
  { status: 502, body: "Bad Gateway" },
  { body: { error: { message: "overloaded", code: 503 } } },
  { body: null, drop: "before" },
  { body: completion("half"), drop: "within" },
];

/**
 * Replies of a bad server: each question gets up to four failures, and then `Answer to <question>`, all a little late.
 *
 * @param draws which failures, and how late.
 * @returns what to do with a request, and how often each question has been answered.
 */
export function badReplies(
  draws: Stream,
): { reply: (received: Received) => Reply; answered: Map<string, number> } {
  const failuresLeft = new Map<string, number>();
  const answered = new Map<string, number>();
  const reply = ({ body: { messages: [{ content }] } }: Received): Reply => {
    const left = failuresLeft.get(content) ?? draws.below(5);
    failuresLeft.set(content, left - 1);
    const delay = draws.below(4);
    if (left > 0) return { ...draws.pick(FAILURES), delay };
    answered.set(content, (answered.get(content) ?? 0) + 1);
    return { body: completion(`Answer to ${content}`), delay };
  };
  return { reply, answered };
}

/**
 * Asks a client 1,000 questions, all at once.
 *
 * @param client who is asked.
 * @returns the questions and their answers, in the same order.
 */
export async function askThousand(
  client: ChatClient,
): Promise<{ questions: string[]; answers: string[] }> {
  const questions = Array.from({ length: 1000 }, (_, i) => `Question ${i}`);
  const answers = await Promise.all(
    questions.map(async (content) => {
      const options = { seed: 0, temperature: 0, maxTokens: 64 };
      return (await client.ask([{ role: "user", content }], options)).text;
    }),
  );
  return { questions, answers };
}

/**
 * Starts a server.
 *
 * @param reply what to do with a request.
 * @returns the server, to be held with `await using`.
 */
export async function chatServer(reply: (received: Received) => Reply): Promise<ChatServer> {
  let [open, mostAtOnce] = [0, 0];
  const server = createServer(async (request, response) => {
    mostAtOnce = Math.max(mostAtOnce, ++open);
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return; // a client that waits but a moment may be gone
    const { delay = 0, ...rest } = reply({
      url: request.url!,
      body: JSON.parse(body),
      headers: request.headers,
    });
    if (delay === Infinity) return;
    if (delay > 0) await new Promise((done) => setTimeout(done, delay));
    open--; // before the client can know, so that its next request finds the place free
    send(response, rest);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    get mostAtOnce() {
      return mostAtOnce;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function send(response: ServerResponse, { status = 200, headers, body, drop }: Reply): void {
  if (drop === "before") return void response.socket?.destroy();
  const type = typeof body === "string" ? "text/plain" : "application/json";
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": type, ...headers });
  if (drop !== "within") return void response.end(payload);
  response.write(payload.slice(0, payload.length / 2), () => response.socket?.destroy());
}

/** How the questions of tests are asked. */
export const OPTIONS: AskOptions = { seed: 7, temperature: 0.5, maxTokens: 64 };

/** What came of asking twice. */
export interface Asked {
  /** Of the first time. */
  answer: PromiseSettledResult<Answer>;
  /** Of the second time. */
  again: PromiseSettledResult<Answer>;
  /** What the server was sent. */
  received: Received[];
  /** How long was waited, in milliseconds. */
  waits: number[];
  /** Where the server was. */
  baseURL: string;
}

/**
 * Asks "Hi?" twice of a server that gives replies one after the other, the last one for ever.
 *
 * @param replies what it gives.
 * @param settings of the client.
 * @returns what came of it.
 */
export async function asked(
  replies: readonly Reply[],
  settings: Partial<EndpointOptions> = {},
): Promise<Asked> {
  const received: Received[] = [];
  const waits: number[] = [];
  const wait = (milliseconds: number) => Promise.resolve(waits.push(milliseconds));
  await using server = await chatServer((request) =>
    replies[Math.min(received.push(request), replies.length) - 1]
  );
  const { baseURL } = server;
  const client = endpointClient({ baseURL, model: "m", key: "", wait, ...settings });
  const ask = () => client.ask([{ role: "user", content: "Hi?" }], OPTIONS);
  const [answer] = await Promise.allSettled([ask()]);
  const [again] = await Promise.allSettled([ask()]);
  return { answer, again, received, waits, baseURL };
}

/**
 * The first answer, where there is one.
 *
 * @param asked what came of asking.
 * @returns its text; throws why there is none.
 */
export function answerIn({ answer }: Pick<Asked, "answer">): string {
  if (answer.status === "fulfilled") return answer.value.text;
  throw answer.reason;
}

/**
 * What a client says that cannot ask.
 *
 * @param asked what came of asking.
 * @returns message and remedy, with the base URL left out; throws where there is an answer, or it was no expected failure.
 */
export function complaint({ answer, baseURL }: Asked): [message: string, remedy: string] {
  if (answer.status === "fulfilled") throw new Error(`it was answered: ${answer.value.text}`);
  if (!(answer.reason instanceof UserError)) throw answer.reason;
  const { message, remedy } = answer.reason;
  const { host } = new URL(baseURL);
  const plain = (text: string) => text.replaceAll(baseURL, "URL").replaceAll(host, "HOST");
  return [plain(message), plain(remedy)];
}
