import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { parseLogEntry, readLabelledLog } from "./logs.ts";

const conversationOf = (value: unknown) =>
  parseLogEntry("log.jsonl", { place: "line 3", value, replaced: 0 }).conversation;
const said = (...messages: unknown[]) => conversationOf({ messages });

function assertRefused(value: unknown, expected: RegExp): void {
  assert.throws(() => conversationOf(value), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /^Cannot read "log\.jsonl" line 3: /);
    assert.match(error.message, expected);
    assert.match(error.remedy, /"conversation".*"messages".*"prompt".*"text"/);
    return true;
  });
}

Deno.test("parseLogEntry() reads rows of a suite, plain text, and a prompt with its response", () => {
  const conversation = "\n\nHuman: Hi\n\nAssistant: Hello";
  assert.equal(conversationOf({ conversation, domain: "mine", malign: 1 }), conversation);
  assert.equal(conversationOf({ text: "no turns" }), "no turns");
  assert.equal(conversationOf({ prompt: "Hi", response: "Hello" }), conversation);
});

Deno.test("parseLogEntry() reads an id that is text or a number", () => {
  const idOf = (id: unknown) =>
    parseLogEntry("log.jsonl", { place: "line 1", value: { id, text: "x" }, replaced: 0 }).id;
  assert.deepEqual(["a", 7, null, undefined].map(idOf), ["a", "7", undefined, undefined]);
  assertRefused({ id: ["a"], text: "x" }, /"id" must be text or a number, got \["a"\]/);
});

Deno.test("parseLogEntry() reads messages with calls as the embedded suite writes them", () => {
  const conversation = said(
    { role: "developer", content: "Be brief." },
    {
      role: "user",
      content: [{ type: "text", text: "Look:" }, { type: "image_url", image_url: {} }],
    },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "1", type: "function", function: { name: "stock", arguments: '{"sku": "P-7"}' } },
        { id: "2", type: "function", function: { name: "now", arguments: "" } },
      ],
    },
    { role: "tool", tool_call_id: "1", content: '{"pallets": 27}' },
    { role: "assistant", content: "27.", function_call: { name: "done", arguments: { ok: true } } },
    { role: "assistant", content: null, refusal: "I can't." },
    { role: "assistant", content: "" },
  );
  assert.equal(
    conversation,
    "\n\nSystem: Be brief." +
      "\n\nHuman: Look:\n[image]" +
      '\n\nFunction: call stock {"sku": "P-7"}' +
      "\n\nFunction: call now" +
      '\n\nFunction: result {"pallets": 27}' +
      "\n\nAssistant: 27." +
      '\n\nFunction: call done {"ok": true}' +
      "\n\nAssistant: I can't." +
      "\n\nAssistant: ",
  );
});

Deno.test("parseLogEntry() says what it found in place of a conversation", () => {
  assertRefused([1], /it is no JSON object, got \[1\]/);
  assertRefused("text", /it is no JSON object, got "text"/);
  assertRefused({ id: 1, dialog: "x" }, /it has none of the accepted shapes, got id, dialog/);
  assertRefused({}, /got no columns/);
  assertRefused({ text: "a", messages: [] }, /one shape only, got text and messages/);
  assertRefused({ text: " \n" }, /"text" must be text that is not empty, got " \\n"/);
  assertRefused({ prompt: "a" }, /"response" must be text that is not empty, got nothing/);
  assertRefused({ conversation: 5 }, /"conversation" must be text that is not empty, got 5/);
  assertRefused({ messages: [] }, /"messages" must be a list that is not empty, got \[\]/);
  assertRefused({ messages: ["a"] }, /message 1: it must be an object, got "a"/);
  assertRefused(
    { messages: [{ role: "user", content: "a" }, { role: "bot", content: "b" }] },
    /message 2: "role" must be user, human, assistant, .*, got "bot"/,
  );
  assertRefused({ messages: [{ role: "toString" }] }, /message 1: "role" must be/);
  assertRefused(
    { messages: [{ role: "user", content: 1 }] },
    /message 1: "content" must be text, null or a list/,
  );
  assertRefused(
    { messages: [{ role: "user", content: [1] }] },
    /part 1: it must be an object, got 1/,
  );
  assertRefused(
    { messages: [{ role: "assistant", tool_calls: [{ id: "1" }] }] },
    /a call must name its function, got \{"id":"1"\}/,
  );
});

Deno.test("readLabelledLog() reads labels with any shape, and names lines without an id", async () => {
  using temporary = temporaryFolder();
  const path = `${temporary.path}/train.jsonl`;
  const write = (...rows: unknown[]) =>
    Deno.writeTextFileSync(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  write({ id: "a", text: "one", malign: 1 }, {
    prompt: "q",
    response: "r",
    safe: 1,
    domain: "mine",
  });
  assert.deepEqual((await readLabelledLog(path)).map(({ id, malign }) => [id, malign]), [
    ["a", 1],
    ["line 2", 0],
  ]);
  write({ id: "a", text: "one", malign: 1 }, { id: "a", text: "two", malign: 0 });
  await assert.rejects(() => readLabelledLog(path), /line 2: the id "a" stands on line 1 already/);
  write({ id: "a", text: "one" });
  await assert.rejects(() => readLabelledLog(path), /line 1: the column "malign" is missing/);
  write({ id: "a", text: "one", malign: 2 });
  await assert.rejects(() => readLabelledLog(path), /"malign" must be 0 or 1, got 2/);
});

Deno.test("readLabelledLog() reads nested messages of a Parquet file, and nothing of its other columns", async () => {
  const path = new URL("../conversation/testdata/chats.parquet", import.meta.url).pathname;
  await assert.rejects(readLabelledLog(path), /row 1: the column "malign" is missing/);
  const beside = new URL("../conversation/testdata/beside.parquet", import.meta.url).pathname;
  const rows = await readLabelledLog(beside);
  assert.deepEqual(rows.map(({ id, malign }) => [id, malign])[0], ["1290473920184655873", 0]);
});

Deno.test("readLabelledLog() says once what has no text", async () => {
  using temporary = temporaryFolder();
  const path = `${temporary.path}/train.jsonl`;
  const image = { type: "image_url", image_url: { url: "https://a.b" } };
  const row = JSON.stringify({
    messages: [{ role: "user", content: [image, image] }],
    malign: true,
  });
  const lone = String.raw`{"text": "a \ud83d", "malign": false}`;
  Deno.writeTextFileSync(path, `${row}\n${row}\n${lone}\n`);
  const said: string[] = [];
  const rows = await readLabelledLog(path, { say: (message) => said.push(message) });
  assert.deepEqual(rows.map(({ conversation, malign }) => [conversation, malign]), [
    ["\n\nHuman: [image]\n[image]", 1],
    ["\n\nHuman: [image]\n[image]", 1],
    ["a \ufffd", 0],
  ]);
  assert.deepEqual(said.map((sentence) => sentence.replace(path, "P")), [
    '"P" has parts without text, of which no more than the name is scored: 4 [image].',
    '"P" has 1 lone surrogate (half of a character, such as "\\ud83d"), read as U+FFFD.',
  ]);
});
