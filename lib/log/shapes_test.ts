import assert from "node:assert/strict";
import { parseLogEntry } from "./logs.ts";

const read = (value: unknown, thoughts = true) =>
  parseLogEntry("log.jsonl", { place: "line 3", value, replaced: 0 }, { thoughts }).conversation;

const HI = "\n\nHuman: Hi\n\nAssistant: Hello";
const BRIEF = `\n\nSystem: Be brief.${HI}`;
const hi = { role: "user", content: "Hi" };
const hello = { role: "assistant", content: "Hello" };

const SHAPES: [shape: string, line: Record<string, unknown>, text: string][] = [
  ["a conversation of messages", { conversation: [hi, hello], language: "English" }, HI],
  [
    "Anthropic's system",
    { system: [{ type: "text", text: "Be brief." }], messages: [hi, hello] },
    BRIEF,
  ],
  ["an empty system", { system: "", messages: [hi, hello] }, HI],
  ["ShareGPT", {
    system: "Be brief.",
    conversations: [{ from: "human", value: "Hi" }, { from: "gpt", value: "Hello", weight: 1 }],
  }, BRIEF],
  ["Gemini", {
    systemInstruction: { parts: [{ text: "Be brief." }] },
    contents: [{ parts: [{ text: "Hi" }] }, { role: "model", parts: [{ text: "Hello" }] }],
  }, BRIEF],
  ["Gemini's reply", {
    contents: "Hi",
    candidates: [{ content: { parts: [{ text: "Hello" }], role: "model" }, finishReason: "STOP" }],
  }, HI],
  ["Responses", {
    object: "response",
    instructions: "Be brief.",
    input: "Hi",
    output: [{
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text: "Hello" }],
    }],
    output_text: "Hello",
    text: { format: { type: "text" } },
    reasoning: { effort: "low", summary: null },
  }, BRIEF],
  ["TRL's text", { prompt: "Hi", completion: "Hello" }, HI],
  ["HH's prompt", { prompt: "\n\nHuman: Hi\n\nAssistant:", response: "Hello" }, HI],
  ["TRL's messages", { prompt: [hi], completion: [hello] }, HI],
  ["a reply of Chat", { messages: [hi], choices: [{ index: 0, message: hello }] }, HI],
  ["a reply in a column", { messages: [hi], response: { choices: [{ message: hello }] } }, HI],
  ["a reply of Anthropic", { messages: [hi], response: { type: "message", ...hello } }, HI],
  ["a reply of Ollama", { prompt: "Hi", response: { message: hello, done: true } }, HI],
  ["a request and its reply", {
    request: { model: "m", system: "Be brief.", messages: [hi] },
    response: { type: "message", ...hello },
  }, BRIEF],
  [
    "a reply of Batch",
    { response: { status_code: 200, body: { choices: [{ message: hello }] } } },
    "\n\nAssistant: Hello",
  ],
  ["a message alone", { id: "msg", type: "message", ...hello }, "\n\nAssistant: Hello"],
  ["a batch's request and reply", {
    custom_id: "1",
    body: { model: "m", messages: [hi] },
    response: { status_code: 200, body: { choices: [{ message: hello }] } },
  }, HI],
  ["a reply of Responses with its references", {
    input: "Hi",
    conversation: { id: "conv_1" },
    prompt: { id: "pmpt_1", version: "2" },
    output: [{ role: "assistant", content: [{ type: "output_text", text: "Hello" }] }],
  }, HI],
  ["Ollama's tokens beside its answer", { prompt: "Hi", response: "Hello", context: [1, 2] }, HI],
  [
    "a message of LangChain alone",
    { type: "human", content: "Hi" },
    "\n\nHuman: Hi",
  ],
  [
    "a message alone with a call of former days",
    { role: "assistant", content: "", function_call: { name: "rm", arguments: "{}" } },
    "\n\nFunction: call rm {}",
  ],
  [
    "thoughts beside an answer",
    { prompt: "Hi", response: "Hello", reasoning: "Hm." },
    "\n\nHuman: Hi\n\nAssistant: <think>\nHm.\n</think>\n\nHello",
  ],
];

for (const [shape, line, text] of SHAPES) {
  Deno.test(`readConversation() reads ${shape}`, () => assert.equal(read(line), text));
}

Deno.test("readConversation() leaves thoughts out of whole conversations too", () => {
  const conversation = "\n\nHuman: <think>?</think>\n\nAssistant: <think>Hm.</think>\nHello";
  assert.equal(read({ conversation }), conversation);
  assert.equal(
    read({ conversation }, false),
    "\n\nHuman: <think>?</think>\n\nAssistant: Hello",
  );
  assert.equal(read({ prompt: "Hi", response: "Hello", thinking: "Hm." }, false), HI);
});

Deno.test("readConversation() refuses what it would read by half", () => {
  const pair = { chosen: HI, rejected: "\n\nHuman: Hi\n\nAssistant: Go away" };
  const refused: [line: Record<string, unknown>, problem: RegExp][] = [
    [pair, /line 3: chosen and rejected hold answers to compare/],
    [{ prompt: "Hi", chosen: [hello], rejected: [hello] }, /chosen and rejected/],
    [{ conversation: HI, response: "Hello" }, /one shape only, got conversation and response/],
    [{ text: "Hi", reasoning_content: "Hm." }, /one shape only, got text and reasoning_content/],
    [
      { messages: [hi], response: "a", completion: "b" },
      /one shape only, got messages and response and completion/,
    ],
    [{ messages: [hi], thinking: "Hm." }, /thinking must go with an answer, got none/],
    [
      { instruction: "Say hi", input: "", output: "Hello" },
      /the column "instruction" is not understood, got "Say hi"/,
    ],
    [{ prompt: "Hi", response: "Hello", history: [["a", "b"]] }, /the column "history" is not/],
    [{ response: "Hello" }, /"response" must go with what was asked, got it alone/],
    [{ request: "Hi", response: { ...hello } }, /the column "request" is not understood/],
    [
      { request: { messages: [hi] }, messages: [hi] },
      /"messages" stands in it and in its "request"/,
    ],
    [{ prompt: "Hi" }, /"response" must be text that is not empty, got nothing/],
    [
      { messages: [hi], choices: [{ message: hello }, { message: hello }] },
      /must be a list of one answer/,
    ],
    [{ chat_messages: [hi] }, /none of the accepted shapes, got chat_messages/],
    [
      { input: { messages: [hi] }, preferred_output: [hello], non_preferred_output: [hello] },
      /preferred_output and non_preferred_output hold answers to compare/,
    ],
    [{ messages: [hi], response_a: "One.", response_b: "Two." }, /response_a and response_b hold/],
    [{ prompt: "Hi", response: "Hello", reply: "So there." }, /the column "reply" is not/],
    [{ messages: [hi, hello], examples: [{ messages: [hi] }] }, /the column "examples" is not/],
    [
      { prompt: "Hi", response: { output: [hello], reasoning: "I must hide" } },
      /"response": the field "reasoning" is not/,
    ],
    [
      { messages: [hi], choices: [{ message: hello, delta: { content: "More." } }] },
      /the field "delta" is not/,
    ],
    [
      { messages: [hi], response: { ...hello, reasoning: "A" }, reasoning: "B" },
      /"reasoning" stands in the answer and beside it/,
    ],
    [
      { prompt: "Hi", response: "Hello", audio: { transcript: "So." } },
      /the column "audio" is not/,
    ],
    [{ messages: [hi], response: 5 }, /"response" must be text that is not empty, got 5/],
  ];
  for (const [line, problem] of refused) assert.throws(() => read(line), problem);
});

Deno.test("readConversation() counts what has no text in columns beside the conversation", () => {
  const notes = (value: unknown) =>
    parseLogEntry("log.jsonl", { place: "line 3", value, replaced: 0 }).notes;
  assert.deepEqual(notes({ prompt: "Hi", response: "Hello", images: ["a.png", "b.png"] }), {
    image: 2,
  });
  assert.deepEqual(notes({ text: "Hi", audio: { path: "a.wav", bytes: null } }), { audio: 1 });
  const message = { role: "user", content: [{ type: "image" }, { type: "text", text: "Look" }] };
  assert.deepEqual(notes({ messages: [message, hello], images: ["a.png"] }), { image: 1 });
});

Deno.test("readConversation() lets all stand beside the conversation of a suite's row", () => {
  assert.equal(
    read({ conversation: HI, domain: "mine", question: "a b", score: 1, reply: "a b" }),
    HI,
  );
});

Deno.test("parseLogEntry() refuses a conversation in which nobody says anything", () => {
  const blank: Record<string, unknown>[] = [
    { messages: [{ role: "user", content: "  " }, { role: "assistant", content: "\n" }] },
    { messages: [{ role: "user", content: null }, { role: "assistant", content: null }] },
    { messages: [{ role: "user", content: [] }] },
    { messages: [{ role: "user", content: [{ type: "text", text: "\u200b" }] }] },
    { messages: [{ role: "tool", content: "" }] },
    { conversation: "\n\nHuman: \n\nAssistant:  " },
    { contents: [{ parts: [] }] },
  ];
  for (const line of blank) assert.throws(() => read(line), /nobody says anything|there is only/);
  const thought = { messages: [{ role: "assistant", reasoning_content: "Hm.", content: "" }] };
  assert.match(read(thought), /Hm\./);
  assert.throws(() => read(thought, false), /nobody says anything in it but thoughts/);
});
