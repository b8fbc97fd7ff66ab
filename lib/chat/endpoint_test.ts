/** When an endpoint is asked again, and what is said of it. */
import assert from "node:assert/strict";
import { stream } from "../core/random.ts";
import { describeAccount } from "./account.ts";
import { endpointClient, type EndpointOptions } from "./endpoint.ts";
import {
  answerIn,
  asked,
  askThousand,
  badReplies,
  chatServer,
  complaint,
  completion,
  OPTIONS,
  type Reply,
} from "./testing.ts";

Deno.test("endpointClient() sends model, messages, settings and key, and gives the answer's text", async () => {
  const found = await asked([{ body: completion("Hello.") }], { key: "sk-1" });
  assert.equal(answerIn(found), "Hello.");
  assert.deepEqual(found.received[0].body, {
    model: "m",
    messages: [{ role: "user", content: "Hi?" }],
    seed: 7,
    temperature: 0.5,
    max_tokens: 64,
  });
  assert.equal(found.received[0].headers.authorization, "Bearer sk-1");
});

Deno.test("endpointClient() with a template sends its tokens for completion, and says so where there is none", async () => {
  const template = { id: "1234abcd", tokens: () => [1, 20, 3] };
  const found = await asked([{ body: { choices: [{ text: " Hello." }] } }], { template });
  assert.equal(answerIn(found), " Hello.");
  assert.deepEqual(found.received[0].body, {
    model: "m",
    prompt: [1, 20, 3],
    seed: 7,
    temperature: 0.5,
    max_tokens: 64,
  });
  assert.match(found.received[0].url, /\/v1\/completions$/);
  const { name } = endpointClient({ baseURL: "http://127.0.0.1/v1", model: "m", template });
  assert.equal(name, "m (template 1234abcd)");

  const missing = await asked([{ status: 404, body: { error: { message: "no" } } }], { template });
  assert.match(complaint(missing)[0], /or no \/completions at this address/);
  const textOnly = await asked([{ status: 400, body: { error: { message: "no" } } }], { template });
  assert.match(complaint(textOnly)[1], /takes prompts of tokens/);
});

Deno.test("endpointClient() sends no authorization where there is no key", async () => {
  const found = await asked([{ body: completion("Hello.") }]);
  assert.ok(!("authorization" in found.received[0].headers));
});

Deno.test("endpointClient() asks again after what may pass", async () => {
  const passing: Reply[] = [
    ...[408, 409, 429, 500, 502, 503, 529].map((status) => ({ status, body: "busy" })),
    { body: null, drop: "before" },
    { body: completion("Hello."), drop: "within" },
    { body: completion("Hello."), headers: { "content-length": "1000" }, drop: "within" },
    { status: 503, body: "<html>" },
    { body: { error: { message: "busy", code: 529 } } },
    { body: 'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n' },
  ];
  for (const reply of passing) {
    const found = await asked([reply, { body: completion("Hello.") }]);
    assert.equal(answerIn(found), "Hello.", Deno.inspect(reply));
    assert.equal(found.waits.length, 1, Deno.inspect(reply));
  }
});

Deno.test("endpointClient() waits twice as long after each failure, up to half a minute, and gives up after eight", async () => {
  const found = await asked([{ status: 503, body: { error: { message: "overloaded" } } }]);
  const longest = [500, 1000, 2000, 4000, 8000, 16_000, 30_000];
  const first = found.waits.slice(0, 7);
  first.forEach((wait, n) =>
    assert.ok(wait >= longest[n] / 2 && wait < longest[n], `${wait} after attempt ${n + 1}`)
  );
  assert.equal(new Set(first.map((wait, n) => wait / longest[n])).size, 7);
  assert.deepEqual(complaint(found), [
    'Cannot ask "m" at URL: an answer must come, got 503 overloaded (attempt 8 of 8)',
    "Run it again later, or with fewer requests at once.",
  ]);
  assert.equal(found.received.length, 16); // the next question is asked all the same
});

// no good answer follows, which would have to come in so short a time
Deno.test("endpointClient() asks again where no answer comes, and says how long it waited", async () => {
  const found = await asked([{ body: null, delay: Infinity }], { timeout: 0.02 });
  assert.match(
    complaint(found)[0],
    /: an answer must come, got none in 0.02 s \(attempt 3 of 3\)$/,
  );
  assert.equal(found.waits.length, 4); // two questions
});

Deno.test("endpointClient() waits as long as the server says, and the back-off more", async () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString();
  const bounds: [string, number, number][] = [
    ["7", 7250, 7500],
    ["100000", 300_250, 300_500],
    ["1e9", 300_250, 300_500],
    [inAMinute, 50_000, 60_500],
    ["Wed, 21 Oct 2015 07:28:00 GMT", 250, 500],
    ["soon", 250, 500],
  ];
  for (const [value, least, most] of bounds) {
    const busy = { status: 429, headers: { "retry-after": value }, body: "busy" };
    const { waits: [wait] } = await asked([busy, { body: completion("Hello.") }]);
    assert.ok(wait >= least && wait <= most, `${value}: ${wait}`);
  }
});

Deno.test("endpointClient() takes what is no connection's fault for a bug, and does not ask again", async () => {
  const original = globalThis.fetch;
  let calls = 0;
  globalThis.fetch = () => {
    calls++;
    throw new TypeError("x is not a function");
  };
  try {
    const client = endpointClient({ baseURL: "http://127.0.0.1:1/v1", model: "m", key: "" });
    await assert.rejects(client.ask([{ role: "user", content: "Hi?" }], OPTIONS), {
      name: "TypeError",
      message: "x is not a function",
    });
  } finally {
    globalThis.fetch = original;
  }
  assert.equal(calls, 1);
});

Deno.test("endpointClient() gives no lone surrogate and no key, and keeps account", async () => {
  const body = { ...completion("sk-secret-1 \ud83d!") as object, usage: { completion_tokens: 7 } };
  await using server = await chatServer(() => ({ body }));
  const client = endpointClient({ baseURL: server.baseURL, model: "m", key: "sk-secret-1" });
  const { text: answer } = await client.ask([{ role: "user", content: "Hi?" }], OPTIONS);
  assert.equal(answer, "… \ufffd!");
  const { requests, answers, keys, tokens } = client.account;
  assert.deepEqual([requests, answers, keys, tokens], [1, 1, 1, 7]);
  assert.match(
    describeAccount("m", client.account)!,
    /^Asked m: 1 requests, 1 answers of 7 tokens, 0 s\. 1 of the answers held the key/,
  );
});

Deno.test("endpointClient() says what is asked again, and how long a server wants to be left alone", async () => {
  const said: string[] = [];
  const busy = { status: 429, headers: { "retry-after": "1e9" }, body: "busy" };
  const say = (message: string) => said.push(message);
  await asked([busy, { body: completion("Hello.") }], { say });
  assert.equal(said.length, 1);
  assert.match(
    said[0],
    /"m" gave no answer \(.*429 busy\); it is asked again in 5 min 00 s of the .* it wants, attempt 2 of 8/,
  );
});

Deno.test("endpointClient() allows a slow server more time for more tokens, and with each attempt", async () => {
  // the openai package tells the server how long it waits, in seconds
  const allowed = async (settings: Partial<EndpointOptions>, maxTokens: number) => {
    const told: unknown[] = [];
    await using server = await chatServer(({ headers }) => {
      told.push(Number(headers["x-stainless-timeout"]));
      return told.length < 4 ? { body: null, drop: "before" } : { body: completion("At last.") };
    });
    const wait = () => Promise.resolve();
    const client = endpointClient({
      ...settings,
      baseURL: server.baseURL,
      model: "m",
      key: "",
      wait,
    });
    await client.ask([{ role: "user", content: "Hi?" }], { ...OPTIONS, maxTokens });
    assert.deepEqual(
      describeAccount("m", { ...client.account, seconds: 75 }),
      "Asked m: 4 requests (3 of them again), 1 answers, 1 min 15 s.",
    );
    return told;
  };
  assert.deepEqual(await allowed({}, 64), [184, 368, 552, 552]);
  assert.deepEqual(await allowed({}, 2048), [2168, 4336, 6504, 6504]);
  assert.deepEqual(await allowed({ timeout: 900 }, 2048), [900, 900, 900, 900]);
});

Deno.test("endpointClient() asks for fewer at once where answers do not come in time", async () => {
  let slow = true;
  await using server = await chatServer(() => ({
    body: completion("Hello."),
    delay: slow ? Infinity : 0,
  }));
  const said: string[] = [];
  const wait = () => Promise.resolve(slow = false);
  const { baseURL } = server;
  const say = (message: string) => said.push(message);
  const client = endpointClient({ baseURL, model: "m", key: "", timeout: 1.5, wait, say });
  const questions = Array.from({ length: 8 }, (_, i) => `Question ${i}`);
  const answers = await Promise.all(
    questions.map((content) => client.ask([{ role: "user", content }], OPTIONS)),
  );
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  const lower = said.filter((line) => line.includes("in time; from now on"));
  assert.match(lower[0], /"m": .* from now on 4 are asked for at once/);
  assert.equal(lower.length, 1); // eight were late, and it is lowered once
});

Deno.test("endpointClient() says what is wrong where asking again is no use", async () => {
  const wrongModel = { error: { message: "The model `m` does not exist", code: null } };
  const quota = { error: { message: "You exceeded it", code: "insufficient_quota" } };
  const tooLong = { error: { message: "Too many\ntokens for sk-1" } };
  // reply, key, message, remedy, how many requests two questions make
  const cases: [Reply, string, string, string, number][] = [
    [
      { status: 401, body: { error: { message: "Incorrect key sk-1" } } },
      "sk-1",
      "it refuses the key in OPENAI_API_KEY (401)",
      "Set OPENAI_API_KEY to a key for this endpoint.",
      1,
    ],
    [
      { status: 401, body: "" },
      "",
      "it wants a key (401), and OPENAI_API_KEY is not set",
      "Set OPENAI_API_KEY to a key for this endpoint.",
      1,
    ],
    [
      { status: 404, body: wrongModel },
      "",
      "it knows no such model, or no /chat/completions at this address (404 The model `m` does not exist)",
      "Check the model's name, and that the base URL is all that stands before /chat/completions: curl URL/models",
      1,
    ],
    [
      { status: 429, body: quota },
      "sk-1",
      "the account has nothing left to spend (429 You exceeded it)",
      "Check its plan, or use another key.",
      1,
    ],
    [
      { status: 400, body: tooLong },
      "sk-1",
      "it refuses the request (400 Too many tokens for …)",
      "Check that the model takes prompts of this length.",
      2, // another question may be shorter
    ],
  ];
  for (const [reply, key, why, remedy, requests] of cases) {
    const found = await asked([reply], { key });
    assert.deepEqual(complaint(found), [`Cannot ask "m" at URL: ${why}`, remedy]);
    assert.deepEqual([found.received.length, found.waits.length], [requests, 0]);
    assert.equal(found.again.status, "rejected");
  }
});

Deno.test("endpointClient() says which host cannot be reached, and then asks nothing more", async () => {
  const { baseURL, ...rest } = await chatServer(() => ({ body: "" }));
  await rest[Symbol.asyncDispose]();
  const found = await asked([], { baseURL });
  assert.deepEqual(complaint({ ...found, baseURL }), [
    'Cannot ask "m" at URL: HOST cannot be reached (tcp connect error: Connection refused) (attempt 5 of 5)',
    "Check the address, and that the server runs: curl URL/models",
  ]);
  assert.equal(found.waits.length, 4);
});

Deno.test("endpointClient() does not ask again at a port that no request may go to", async () => {
  const baseURL = "http://127.0.0.1:9/v1";
  const found = await asked([], { baseURL });
  assert.deepEqual(complaint({ ...found, baseURL }), [
    'Cannot ask "m" at URL: HOST cannot be reached (Requests to port 9 are blocked)',
    "Serve it at another port, such as 8000.",
  ]);
  assert.equal(found.waits.length, 0);
});

Deno.test({
  name: "endpointClient() names the permission that it lacks",
  permissions: { net: ["127.0.0.1"], env: true, read: true },
  async fn() {
    const baseURL = "https://models.invalid/v1";
    const found = await asked([], { baseURL });
    assert.deepEqual(complaint({ ...found, baseURL }), [
      'Cannot ask "m" at URL: Deno was started without permission to reach HOST',
      "Start it with --allow-net=HOST.",
    ]);
    assert.equal(found.waits.length, 0);
  },
});

Deno.test("endpointClient() wants an address of HTTP", () => {
  for (
    const baseURL of ["", "127.0.0.1:8000", "file:///etc", "ftp://a/v1", "https://me:key@a/v1"]
  ) {
    assert.throws(() => endpointClient({ baseURL, model: "m" }), {
      name: "UserError",
      message:
        /^Cannot ask an endpoint: the base URL must begin with http:\/\/ or https:\/\/(?!.*key@)/,
    });
  }
});

Deno.test("endpointClient() gets 1,000 answers from a server that fails in every way, eight at a time", async () => {
  const { reply, answered } = badReplies(stream("endpoint_test/bad"));
  await using server = await chatServer(reply);
  const { baseURL } = server;
  const wait = () => Promise.resolve();
  const client = endpointClient({ baseURL, model: "m", key: "", wait });
  const { questions, answers } = await askThousand(client);
  assert.deepEqual(answers, questions.map((question) => `Answer to ${question}`));
  assert.deepEqual(questions.map((question) => answered.get(question)), questions.map(() => 1));
  assert.equal(server.mostAtOnce, 8);
});
