import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../core/testing.ts";
import type { Message } from "./client.ts";
import { recordedClient, recordedLine, requestHash } from "./recorded.ts";

const options = { seed: 0, temperature: 1, maxTokens: 256 };
const messages: Message[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Two and two?" },
];

/** Runs `use` with a file of the given lines. */
async function withRecording(
  lines: unknown[],
  use: (path: string) => void | Promise<void>,
): Promise<void> {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "recording.jsonl");
  Deno.writeTextFileSync(path, lines.map((line) => JSON.stringify(line) + "\n").join(""));
  await use(path);
}

Deno.test("requestHash() is the SHA-256 of the canonical request", () => {
  // printf '%s' '{"maxTokens":256,"messages":[{"content":"Be brief.","role":"system"},{"content":"Two and two?",
  // "role":"user"}],"seed":0,"temperature":1}' | sha256sum, in one line
  assert.equal(
    requestHash(messages, options),
    "ebda8ad052ec74a613d4ab2f816a1462659b44aa33029ba0b54047a7d5e3decc",
  );
});

Deno.test("recordedClient() gives the answer of each seed", async () => {
  const lines = [[0, "Four."], [1, "4"]].map(([seed, answer]) => ({
    request: requestHash(messages, { ...options, seed: Number(seed) }),
    answer,
  }));
  await withRecording(lines, async (path) => {
    const client = recordedClient(path, "a model");
    assert.equal(client.name, "a model");
    assert.equal((await client.ask(messages, { ...options, seed: 1 })).text, "4");
    assert.equal((await client.ask(messages, options)).text, "Four.");
  });
});

Deno.test("recordedClient() says which request has no answer", async () => {
  await withRecording([{ request: "0".repeat(64), answer: "" }], async (path) => {
    await assert.rejects(recordedClient(path, "a model").ask(messages, options), {
      name: "UserError",
      message: `Cannot answer as a model: "${path}" has no answer to request ${
        requestHash(messages, options)
      } (seed 0, ends "Two and two?")`,
    });
  });
});

Deno.test("recordedClient() gives no answer whose line was changed since it was written, and names the line", async () => {
  const request = requestHash(messages, options);
  const line = JSON.parse(recordedLine({ request, answer: { text: "Four." }, by: "a model" }));
  await withRecording([line], async (path) => {
    assert.equal((await recordedClient(path, "a model").ask(messages, options)).text, "Four.");
  });
  await withRecording([{ ...line, answer: "Five." }], async (path) => {
    await assert.rejects(
      recordedClient(path, "a model").ask(messages, options),
      /has no answer to request .*; what does not fit its seal is left out: line 1$/,
    );
  });
});

Deno.test("recordedClient() names the line of a bad or repeated record", async () => {
  const good = { request: "0".repeat(64), answer: "Yes." };
  const bad: [unknown, RegExp][] = [
    [{ answer: "Yes." }, /line 2: "request" must be a SHA-256, got nothing$/],
    [{ ...good, request: "abc" }, /line 2: "request" must be a SHA-256, got "abc"$/],
    [{ request: "1".repeat(64), answer: 4 }, /line 2: "answer" must be text, got 4$/],
    [{ request: "1".repeat(64), answer: "", by: 4 }, /line 2: "by" must be text, got 4$/],
    [null, /line 2: it must be an object, got null$/],
    [{ ...good, again: "yes" }, /line 2: "again" must be true or false, got "yes"$/],
    [good, /line 2: the request 0{64} has been answered already$/],
  ];
  for (const [line, message] of bad) {
    await withRecording([good, line], (path) => {
      assert.throws(() => recordedClient(path, "a model"), { name: "UserError", message });
    });
  }
});

Deno.test("recordedClient() gives answers without thoughts, well-formed, and the later of two where it says so", async () => {
  const [one, two] = [0, 1].map((seed) => requestHash(messages, { ...options, seed }));
  const lines = [
    { request: one, answer: "<think>4 or 5?</think>Four \ud83d." },
    { request: two, answer: "?" },
    { request: two, answer: "Four.", again: true },
  ];
  await withRecording(lines, async (path) => {
    const client = recordedClient(path, "a model");
    assert.equal((await client.ask(messages, options)).text, "Four \ufffd.");
    assert.equal((await client.ask(messages, { ...options, seed: 1 })).text, "Four.");
  });
});
