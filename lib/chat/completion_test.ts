/** Bodies and refusals of all kinds, as servers send them. */
import assert from "node:assert/strict";
import { NoAnswerError } from "./client.ts";
import { endpointClient } from "./endpoint.ts";
import {
  answerIn,
  asked,
  chatServer,
  complaint,
  completion,
  OPTIONS,
  type Received,
  type Reply,
} from "./testing.ts";

Deno.test("endpointClient() gives what is there where an answer was cut, filtered or refused", async () => {
  const cases: [object, string][] = [
    [{ finish_reason: "length", message: { content: "It is" } }, "It is"],
    [{ finish_reason: "content_filter", message: { content: null } }, ""],
    [{ finish_reason: "content_filter", message: {} }, ""],
    [{ finish_reason: "stop", message: { content: null, refusal: "I won't." } }, "I won't."],
    [{ finish_reason: "stop", message: { content: "" } }, ""],
  ];
  for (const [choice, text] of cases) {
    const found = await asked([{ body: { choices: [choice] } }]);
    assert.deepEqual([answerIn(found), found.waits], [text, []]);
  }
});

const refusing = (status: number, error: unknown): Reply => ({ status, body: error });

Deno.test("endpointClient() leaves out what the server says it does not take, and says so once", async () => {
  // as OpenAI, LiteLLM, Mistral and others word it
  const unsupported = "Unsupported parameter: 'max_tokens' is not supported with this model. Use " +
    "'max_completion_tokens' instead.";
  const cases: [Reply, (body: Received["body"]) => unknown, RegExp][] = [
    [
      refusing(400, { error: { message: unsupported, param: "max_tokens" } }),
      (body) => [body.max_tokens, body.max_completion_tokens],
      /takes no max_tokens: the limit is sent as max_completion_tokens/,
    ],
    [
      refusing(400, { error: { message: `litellm: ${unsupported}`, param: "None", code: "400" } }),
      (body) => [body.max_tokens, body.max_completion_tokens],
      /takes no max_tokens/,
    ],
    [
      refusing(422, {
        object: "error",
        message: {
          detail: [{ type: "extra_forbidden", loc: ["body", "seed"], msg: "Extra inputs" }],
        },
      }),
      (body) => [body.seed, 64],
      /takes no seed: none is sent/,
    ],
    [
      refusing(400, {
        error: {
          message: "Unsupported value: 'temperature' does not support 0 with this model.",
          param: "temperature",
        },
      }),
      (body) => [body.temperature, 64],
      /takes no temperature/,
    ],
    [
      refusing(400, {
        error: {
          message: "'temperature' does not support 0.5. Only the default (1) is supported.",
        },
      }),
      (body) => [body.temperature === 1 ? undefined : "not 1", 64],
      /takes no temperature: its own decides/,
    ],
  ];
  for (const [reply, settings, told] of cases) {
    const said: string[] = [];
    const say = (message: string) => said.push(message);
    const found = await asked([reply, { body: completion("Hello.") }], { say });
    assert.equal(answerIn(found), "Hello.");
    assert.deepEqual(found.received.slice(1).map(({ body }) => settings(body)), [
      [undefined, 64],
      [undefined, 64],
    ]);
    assert.equal(said.length, 1);
    assert.match(said[0], told);
    assert.deepEqual(found.waits, []);
  }
});

Deno.test("endpointClient() puts a system message into the first user turn where the model has no such role", async () => {
  for (
    const [status, message] of [
      [400, "System role not supported"],
      [500, "Conversation roles must alternate user/assistant/user/assistant/..."],
    ] as const
  ) {
    const bodies: Received["body"][] = [];
    await using server = await chatServer(({ body }) => {
      bodies.push(body);
      return (body.messages as { role?: string }[]).some(({ role }) => role === "system")
        ? { status, body: { object: "error", message, type: "BadRequestError" } }
        : { body: completion("Hello.") };
    });
    const said: string[] = [];
    const client = endpointClient({
      baseURL: server.baseURL,
      model: "m",
      key: "",
      say: (message) => said.push(message),
    });
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi?" },
    ] as const;
    assert.equal((await client.ask(messages, OPTIONS)).text, "Hello.");
    assert.deepEqual(bodies[1].messages, [{ role: "user", content: "Be brief.\n\nHi?" }]);
    assert.match(said.join(), /takes no system message: instructions stand at the head/);
  }
});

Deno.test("endpointClient() gives up at once what no waiting mends, and says what came", async () => {
  const cases: [Reply, RegExp, number][] = [
    [{ body: { error: { message: "Insufficient credits.", code: 402 } } }, /402 Insufficient/, 1],
    [{ body: { error: "model is loading" } }, /answers with an error \(model is loading\)/, 2],
    [{ body: { choices: [{ error: { message: "upstream" } }] } }, /an error \(upstream\)/, 2],
    [{ body: "<!doctype html><title>Log in</title>" }, /got a web page titled "Log in"/, 1],
    [
      { status: 404, body: "<html>Not found</html>" },
      /no such model.* \(404, with a web page\)/,
      1,
    ],
    [
      { status: 500, body: { error: { message: "the request exceeds the context size" } } },
      /refuses/,
      2,
    ],
    [{ body: "" }, /got an empty body$/, 2],
    [{ body: "{oops" }, /text that is no JSON under the type text\/plain \(\{oops\)/, 2],
    [{ body: null }, /a body in which it must be an object, got null/, 2],
    [{ body: [] }, /a body in which it must be an object/, 2],
    [{ body: {} }, /JSON under the type application\/json \(\{\}\) without choices/, 2],
    [{ body: { choices: [] } }, /got an empty list of choices/, 2],
    [{ body: { choices: [null] } }, /"choices\[0\]" must be an object, got null/, 2],
    [{ body: { choices: [{ finish_reason: "stop" }] } }, /got a choice without text/, 2],
    [{ body: { choices: [{ message: { content: 4 } }] } }, /content" must be text.*, got 4/, 2],
    [{ body: completion("a".repeat(1_000_001)) }, /one of 1000001 characters/, 2],
    [{ body: completion("a".repeat(20_000_000)) }, /a body of more than 16 MiB/, 2],
  ];
  for (const [reply, message, requests] of cases) {
    const found = await asked([reply]);
    assert.match(complaint(found)[0], message);
    assert.deepEqual([found.received.length, found.waits.length], [requests, 0], String(message));
  }
});

Deno.test("endpointClient() reads answers in parts, in events, and under another type", async () => {
  const event = (delta: unknown, finish: string | null) =>
    `data: ${JSON.stringify({ choices: [{ delta, finish_reason: finish }] })}\n\n`;
  const headers = { "content-type": "text/event-stream" };
  const parts = [
    { type: "thinking", thinking: [{ type: "text", text: "[[A]] or [[B]]?" }] },
    { type: "text", text: "Hel" },
    "lo.",
  ];
  const replies: Reply[] = [
    { body: { choices: [{ message: { content: parts } }] } },
    {
      headers,
      body: event({ role: "assistant", content: "Hel" }, null) + event({ content: "lo." }, null) +
        event({}, "stop") + "data: [DONE]\n\n",
    },
    { headers, body: `: ping\n\n${event({ content: "<think>a</think>Hello." }, "stop")}` },
    { body: JSON.stringify(completion("Hello.")), headers: { "content-type": "text/plain" } },
    { body: completion("<think>[[safe]]?</think>\n\nHello.") },
    { body: { choices: [{ message: { content: "Hello.", reasoning_content: "Hm." } }] } },
  ];
  for (const reply of replies) {
    const found = await asked([reply]);
    assert.deepEqual([answerIn(found), found.waits], ["Hello.", []], Deno.inspect(reply));
  }
  const odd = { body: { choices: [{ message: { content: [{ type: "image_url" }] } }] } };
  assert.match(complaint(await asked([odd]))[0], /a part of the kind image_url/);
});

Deno.test("endpointClient() takes no thought for an answer, and names the flag where the limit cut it off", async () => {
  const choice = (message: unknown, finish_reason = "stop") => ({
    body: { choices: [{ message, finish_reason }] },
  });
  const cases: [Reply, RegExp, RegExp][] = [
    [
      choice({ content: null, reasoning_content: "[[A]]" }),
      /got thoughts and nothing else$/,
      /thinking off/,
    ],
    [choice({ content: "<think>[[A]]</think>" }), /got thoughts and nothing else$/, /thinking off/],
    [
      choice({ content: null, reasoning_content: "I weigh" }, "length"),
      /limit of tokens cut the answer off while it was still thinking/,
      /--max-tokens/,
    ],
    [choice({ content: "<think>I" }, "length"), /while it was still thinking/, /--max-tokens/],
    [choice({ content: "" }, "length"), /cut the answer off, before any/, /--max-tokens/],
  ];
  for (const [reply, message, remedy] of cases) {
    const found = await asked([reply]);
    assert.equal(found.answer.status, "rejected");
    assert.ok(found.answer.reason instanceof NoAnswerError);
    assert.match(found.answer.reason.message, message);
    assert.match(found.answer.reason.remedy, remedy);
    assert.deepEqual([found.received.length, found.waits.length], [2, 0]);
  }
});
