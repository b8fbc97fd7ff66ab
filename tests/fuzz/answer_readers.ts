/**
 * Readers of answers: a hub's, an endpoint's, a judge's, those in files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { readCompletion } from "../../lib/chat/completion.ts";
import { endpointClient } from "../../lib/chat/endpoint.ts";
import { recordedClient, requestHash } from "../../lib/chat/recorded.ts";
import type { AskOptions, Message } from "../../lib/chat/client.ts";
import { silent } from "../../lib/core/progress.ts";
import { toldClient, toldJudge } from "../../lib/fine/ask/told.ts";
import { readOpenQuestions, readOptions } from "../../lib/fine/options.ts";
import { DIMENSIONS, readQuestions } from "../../lib/fine/questions.ts";
import { READINGS, readLetter, readMark } from "../../lib/fine/readings.ts";
import { downloadSnapshot } from "../../lib/hub/snapshot.ts";
import { askedScores, askJudge } from "../../lib/rater/asked.ts";
import { parseScore } from "../../lib/rater/score_text.ts";
import type { Row } from "../../lib/conversation/row.ts";
import { bytes, type Files, filesIn, lines, type Reader, textOf } from "./reader.ts";

const text = (folder: string, name: string) => textOf(Deno.readFileSync(join(folder, name)));

/** JSON of an input, or undefined where that is none any more. */
function jsonIn(folder: string, name: string): unknown {
  try {
    return JSON.parse(text(folder, name));
  } catch {
    return undefined;
  }
}

/** Reads while every request to the network is answered by a function. */
async function answered(
  answer: (url: string) => Response,
  read: () => Promise<unknown>,
): Promise<void> {
  const { fetch } = globalThis;
  globalThis.fetch = (input) => {
    const url = String(input instanceof Request ? input.url : input);
    const response = answer(url);
    Object.defineProperty(response, "url", { value: url });
    return Promise.resolve(response);
  };
  try {
    await read();
  } finally {
    globalThis.fetch = fetch;
  }
}

const ASKED: Message[] = [{ role: "system", content: "Be brief." }, {
  role: "user",
  content: "Hi?",
}];
const HOW: AskOptions = { seed: 0, temperature: 0, maxTokens: 16 };

const completion = (message: unknown, more: object = {}) => ({
  id: "1",
  choices: [{ index: 0, finish_reason: "stop", message, ...more }],
  usage: { completion_tokens: 3 },
});
const BODIES: readonly unknown[] = [
  completion({ role: "assistant", content: "Yes." }),
  completion({ content: "<think>\nHm.\n</think>\n\nYes.", reasoning_content: "Hm." }),
  completion({ content: [{ type: "text", text: "Yes." }, { type: "refusal", refusal: "No." }] }),
  completion(undefined, { text: "Yes." }),
  { error: { message: "overloaded", code: 503, type: "server_error", param: "seed" } },
];
const STREAM = [{ choices: [{ delta: { content: "Y" } }] }, {
  choices: [{ delta: { content: "es." }, finish_reason: "stop" }],
}].map((part) => `data: ${JSON.stringify(part)}\n\n`).join("") + "data: [DONE]\n\n";

function replyIn(folder: string): Response {
  const reply = { ...jsonIn(folder, "reply.json") as Record<string, unknown> };
  const { status, headers = {}, body } = reply;
  const known = [200, 400, 401, 404, 422, 429, 500, 503].find((code) => code === status) ?? 200;
  const response = new Response(text(folder, "body.txt"), { status: known });
  if (body !== undefined) return Response.json(body ?? null, { status: known });
  for (const [name, value] of Object.entries(headers ?? {})) {
    try {
      response.headers.set(name, String(value));
    } catch {
      // no server can send it
    }
  }
  return response;
}

function endpointReader(): Reader {
  const failing = { status: 429, headers: { "retry-after": "1", "content-type": "text/html" } };
  return {
    name: "endpoint",
    weight: 2,
    seeds: [
      ...BODIES.map((body): Files => ({ "reply.json": bytes({ body }), "body.txt": bytes("") })),
      ...[400, 404, 500].map((status): Files => ({
        "reply.json": bytes({ status, body: BODIES.at(-1) }),
        "body.txt": bytes(""),
      })),
      { "reply.json": bytes(failing), "body.txt": bytes("<html><title>Busy</title>") },
      { "reply.json": bytes({ status: 200 }), "body.txt": bytes(STREAM) },
    ],
    async read(folder) {
      const client = endpointClient({
        baseURL: "http://127.0.0.1:9/v1",
        model: "m",
        key: "secret-of-ours",
        wait: () => Promise.resolve(),
      });
      await answered(() => replyIn(folder), () => client.ask(ASKED, HOW));
    },
  };
}

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

function hubReader(): Reader {
  const content = "{}";
  const oid = createHash("sha1").update(`blob 2\0${content}`).digest("hex");
  const lfs = {
    oid: createHash("sha256").update(content).digest("hex"),
    size: 2,
    pointerSize: 130,
  };
  const listing = [
    { type: "directory", path: "data", size: 0, oid: "0".repeat(40) },
    { type: "file", path: "data/config.json", size: 2, oid },
    { type: "file", path: "model.safetensors", size: 2, oid: "0".repeat(40), lfs },
  ];
  return {
    name: "hub",
    weight: 2,
    seeds: [{
      "revision.json": bytes({ _id: "1", id: "a/b", sha: COMMIT, private: false }),
      "listing.json": bytes(listing),
      "link.txt": bytes(""),
      "content.txt": bytes(content),
    }, {
      "revision.json": bytes({ sha: COMMIT }),
      "listing.json": bytes(listing.slice(1)),
      "link.txt": bytes('<https://hub.test/api/models/a/b/tree/next?cursor=x>; rel="next"'),
      "content.txt": bytes(content),
    }],
    async read(folder) {
      const answer = (url: string) => {
        if (url.includes("/revision/")) return new Response(text(folder, "revision.json"));
        if (!url.includes("/tree/")) return new Response(text(folder, "content.txt"));
        const response = new Response(text(folder, "listing.json"));
        const link = text(folder, "link.txt");
        if (/^[ -~]+$/.test(link) && !url.includes("cursor")) response.headers.set("Link", link);
        return response;
      };
      const hub = {
        url: "https://hub.test",
        patience: 1000,
        pause: () => Promise.resolve(),
        alarm: () => () => {},
      };
      const repository = { kind: "model", name: "a/b" } as const;
      const cache = join(folder, "cache");
      const request = { repository, revision: "main", files: /./, cache, hub };
      await answered(answer, () => downloadSnapshot(request));
      const again = { ...request, revision: COMMIT };
      await answered(answer, () => downloadSnapshot(again));
    },
  };
}

const JUDGED = [
  "I think so.\nSCORE: 70",
  "**SCORE: 12/100**.",
  "[[A]] because (A) is right, not B.",
  "[[safe]]",
  "Safe option: Ask.\nUnsafe option: Take it.",
  "<think>\nScore: 1\n</think>\nscore = 55 out of 100",
];

function readAnswer(answer: string): void {
  readCompletion(answer, "application/json");
  for (const reading of ["strict", "lenient"] as const) parseScore(answer, reading);
  for (const reading of READINGS) {
    readLetter(answer, reading, { A: "Ask first.", B: "Take it." });
    readMark(answer, ["safe", "unsafe"], reading);
  }
  readOptions(answer);
}

const QUESTION = {
  id: "q1",
  category: DIMENSIONS[0],
  question: "May I?",
  "Positive Option": "Ask first.",
  "Negative Option": "Take it.",
};

function questionReaders(): Reader[] {
  const questions = lines(QUESTION, { ...QUESTION, id: "q2", question: "Shall I?" });
  const told = lines(
    ...["open-ended", "safe first", "unsafe first"].map((order) => ({
      id: "q1",
      order,
      text: "A",
    })),
  );
  return [
    {
      name: "questions",
      weight: 2,
      seeds: [{ "q.jsonl": questions }],
      read(folder) {
        const path = join(folder, "q.jsonl");
        readQuestions(path, DIMENSIONS, { skip: () => {} });
        readOpenQuestions(path, DIMENSIONS);
      },
    },
    {
      name: "answers by id",
      seeds: [{ "told.jsonl": told, "verdicts.jsonl": lines({ id: "q1", text: "[[unsafe]]" }) }],
      async read(folder) {
        const asked = [{ id: "q1", category: "x", question: "May I?", safe: "a", unsafe: "b" }];
        const client = toldClient(join(folder, "told.jsonl"), "told", asked);
        await client.ask([{ role: "user", content: "May I?" }], HOW);
        await toldJudge(join(folder, "verdicts.jsonl"), "told", asked, "strict")
          .judge(asked[0], "a");
      },
    },
    {
      name: "recording",
      seeds: [{
        "r.jsonl": lines({ request: requestHash(ASKED, HOW), answer: "Yes.", by: "m" }, {
          request: "0".repeat(64),
          answer: "<think>x</think>No.",
          again: true,
        }),
      }],
      read: (folder) => recordedClient(join(folder, "r.jsonl"), "recorded").ask(ASKED, HOW),
    },
  ];
}

async function judgeReader(folder: string): Promise<Reader> {
  const rows = [0, 1, 2].map((i): Row => ({
    id: `row-${i}`,
    conversation: `\n\nHuman: number ${i}`,
    domain: "scheming",
    malign: 1,
  }));
  const client = { name: "echo", ask: () => Promise.resolve({ text: "SCORE: 10" }) };
  const path = join(folder, "judge");
  await askJudge(client, rows, { folder: path, unsafeExamples: [], progress: silent });
  return { name: "judge's scores", seeds: [filesIn(path)], read: (at) => askedScores(at, rows) };
}

/**
 * Makes the readers.
 *
 * @param folder where their inputs are written.
 * @returns them, with their inputs.
 */
export async function answerReaders(folder: string): Promise<Reader[]> {
  return [
    endpointReader(),
    hubReader(),
    {
      name: "answer",
      weight: 2,
      seeds: [...JUDGED, ...BODIES.map((body) => JSON.stringify(body)), STREAM].map((answer) => ({
        "answer.txt": bytes(answer),
      })),
      read: (at) => readAnswer(text(at, "answer.txt")),
    },
    ...questionReaders(),
    await judgeReader(folder),
  ];
}
