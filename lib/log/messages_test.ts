import assert from "node:assert/strict";
import { joinTurns } from "../conversation/render.ts";
import { renderMessages, withoutMarkedThoughts } from "./messages.ts";

const refuse = (problem: string): never => {
  throw new Error(problem);
};
const render = (messages: unknown[], thoughts = true) => {
  const { turns, named } = renderMessages(messages, "messages", refuse, { thoughts });
  return { text: joinTurns(turns), named };
};
const textOf = (...messages: unknown[]) => render(messages).text;

Deno.test("renderMessages() names what has no text, and counts it", () => {
  const data = { type: "base64", media_type: "image/png", data: "aGk=" };
  const { text, named } = render([
    {
      role: "user",
      content: [
        { type: "image", source: data },
        { type: "image_url", image_url: { url: "https://a.b/c.png", detail: "low" } },
        { inlineData: { mimeType: "audio/wav", data: "aGk=" } },
        { type: "document", title: "My will", source: { ...data, media_type: "application/pdf" } },
        { type: "input_audio", input_audio: { data: "aGk=", format: "wav" } },
      ],
    },
    { role: "assistant", content: [{ type: "redacted_thinking", data: "aGk=" }] },
    {
      role: "user",
      content: [{
        type: "tool_result",
        tool_use_id: "1",
        content: [{ type: "image", source: data }],
      }],
    },
  ]);
  assert.equal(
    text,
    "\n\nHuman: [image]\n[image]\n[audio]\n[document]\nMy will\n[audio]" +
      "\n\nAssistant: <think>\n[redacted_thinking]\n</think>" +
      "\n\nFunction: result [image]",
  );
  assert.deepEqual(named, { image: 3, audio: 2, document: 1, redacted_thinking: 1 });
});

Deno.test("renderMessages() writes words wherever a message has them", () => {
  const words: [message: Record<string, unknown>, text: string][] = [
    [{ content: null, audio: { id: "a", data: "aGk=", transcript: "Spoken." } }, "Spoken."],
    [{ content: [{ type: "output_audio", transcript: "Spoken." }] }, "Spoken."],
    [{ content: [{ type: "text", text: { value: "Wrapped.", annotations: [] } }] }, "Wrapped."],
    [{ content: { type: "text", text: "One part." } }, "One part."],
    [{ content: "No.", refusal: "I can't." }, "No.\nI can't."],
    [{ content: "See:", attachments: [{ name: "a b.txt", text: "A plan." }] }, "See:\nA plan."],
    [{
      content: [{ type: "document", source: { type: "text", data: "In a file." } }],
    }, "In a file."],
    [
      { content: [{ type: "resource", resource: { uri: "a://b", text: "In a resource." } }] },
      "In a resource.",
    ],
    [{
      content: "Ok.",
      reasoning: "Hm.",
      reasoning_details: [{ type: "reasoning.text", text: "Hm." }],
    }, "<think>\nHm.\n</think>\n\nOk."],
    [
      {
        content: "Ok.",
        reasoning_content: "Hm.",
        thinking_blocks: [{ type: "thinking", thinking: "Hm.", signature: "c2ln" }],
      },
      "<think>\nHm.\n</think>\n\nOk.",
    ],
    [{ content: { content_type: "text", parts: ["One.", "Two."] } }, "One.\nTwo."],
    [{ content: "Ok.", thinking: "Hm." }, "<think>\nHm.\n</think>\n\nOk."],
    [{ content: "Ok.", tool_plan: "Hm." }, "<think>\nHm.\n</think>\n\nOk."],
    // echo -n 'A plan.' | base64
    [{ parts: [{ inlineData: { mimeType: "text/plain", data: "QSBwbGFuLg==" } }] }, "A plan."],
    [{
      content: [{
        type: "file",
        file: { filename: "a b.txt", file_data: "data:text/plain;base64,QSBwbGFuLg==" },
      }],
    }, "A plan."],
    [{
      content: [{ document: { name: "A", format: "txt", source: { bytes: "QSBwbGFuLg==" } } }],
    }, "A plan."],
    [
      { content: [{ guardContent: { text: { text: "Words.", qualifiers: ["query"] } } }] },
      "Words.",
    ],
    [{ content: [{ citationsContent: { content: [{ text: "Words." }] } }] }, "Words."],
    [{ content: "Ok.", parts: [{ type: "text", text: "Other." }] }, "Ok.\nOther."],
    [{ parts: [{ type: "data-weather", data: { sky: "so blue" } }] }, '{"sky": "so blue"}'],
  ];
  for (const [message, text] of words) {
    assert.equal(textOf({ role: "assistant", ...message }), `\n\nAssistant: ${text}`);
  }
});

Deno.test("renderMessages() writes the tools of interfaces, and numbers of any size", () => {
  const { value } = JSON.parse('{"value": 1}');
  assert.equal(
    textOf(
      {
        role: "model",
        parts: [
          { executableCode: { language: "PYTHON", code: "print(1)" } },
          { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
        ],
      },
      {
        type: "web_search_call",
        id: "w",
        status: "completed",
        action: { type: "search", query: "how to" },
      },
      { type: "code_interpreter_call", code: "1+1", outputs: [{ type: "logs", logs: "2" }] },
      {
        type: "mcp_call",
        id: "m",
        name: "ask",
        server_label: "s",
        arguments: '{"n":12345678901234567890}',
        output: "yes",
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ type: "custom", custom: { name: "run", input: "a b" } }],
      },
      { role: "tool", content: { pallets: [27, value] } },
    ),
    '\n\nFunction: call code_execution {"language": "PYTHON", "code": "print(1)"}' +
      "\n\nFunction: result 1" +
      '\n\nFunction: call web_search {"type": "search", "query": "how to"}' +
      '\n\nFunction: call code_interpreter {"code": "1+1"}' +
      '\n\nFunction: result {"type": "logs", "logs": "2"}' +
      '\n\nFunction: call ask {"n": 12345678901234567890}' +
      "\n\nFunction: result yes" +
      "\n\nFunction: call run a b" +
      '\n\nFunction: result {"pallets": [27, 1]}',
  );
});

Deno.test("renderMessages() writes what a tool answered as data, whatever its fields are called", () => {
  const answers: [answer: unknown, text: string][] = [
    [{ value: 5 }, '{"value": 5}'],
    [{ text: 5 }, '{"text": 5}'],
    [[{ type: "row", cells: ["a b"] }, 7], '{"type": "row", "cells": ["a b"]}\n7'],
  ];
  for (const [answer, text] of answers) {
    assert.equal(textOf({ role: "tool", content: answer }), `\n\nFunction: result ${text}`);
    const block = { type: "tool_result", tool_use_id: "1", content: answer };
    assert.equal(textOf({ role: "user", content: [block] }), `\n\nFunction: result ${text}`);
  }
  const response = { type: "file", name: "a b", content: "words" };
  assert.equal(
    textOf({ role: "user", parts: [{ functionResponse: { name: "f", response } }] }),
    '\n\nFunction: result {"type": "file", "name": "a b", "content": "words"}',
  );
});

Deno.test("renderMessages() takes an analysis channel for thoughts of the answer behind it", () => {
  const messages = [
    { role: "assistant", channel: "analysis", content: "Hm." },
    { role: "assistant", channel: "final", content: "Ok." },
  ];
  assert.equal(textOf(...messages), "\n\nAssistant: <think>\nHm.\n</think>\n\nOk.");
  assert.equal(render(messages, false).text, "\n\nAssistant: Ok.");
});

Deno.test("renderMessages() refuses what it does not understand, with its place", () => {
  const refused: [message: unknown, problem: RegExp][] = [
    [
      { role: "user", content: [{ type: "hologram", text: "x" }] },
      /message 1: part 1: parts of the type "hologram"/,
    ],
    [
      { role: "user", content: [{ sculpture: "of a b" }] },
      /part 1: it is no part that is understood, got \{"scu/,
    ],
    [
      { role: "assistant", content: "a", scratchpad: "I must hide" },
      /message 1: the field "scratchpad" is not/,
    ],
    [
      { role: "assistant", content: "a", extra: { deep: [{ note: "ich muß" }] } },
      /the field "extra" is not/,
    ],
    [{ role: "user", text: "hi" }, /the field "text" is not/],
    [{ role: "user", blocks: [{ text: "so it is" }] }, /the field "blocks" is not/],
    [
      { role: "assistant", content: "", tool_call: { name: "rm", arguments: { path: "/" } } },
      /the field "tool_call" is not/,
    ],
    [
      { role: "assistant", content: "a", metadata: { thought: "I must hide" } },
      /the field "metadata" is not/,
    ],
    [{ role: "user", content: [{ type: "text" }] }, /part 1: "text" is missing/],
    [{ role: "user", content: 5 }, /"content" must be text, null or a list of parts, got 5/],
    [{ type: "item_reference", id: "x" }, /items of the type "item_reference" are not/],
    [
      { role: "assistant", tool_calls: [{ function: { arguments: "{}" } }] },
      /a call must name its function/,
    ],
  ];
  for (const [message, problem] of refused) {
    assert.throws(() => textOf(message), (error) => {
      assert.match((error as Error).message, problem);
      return true;
    });
  }
});

Deno.test("renderMessages() passes over what is about a message and no part of it", () => {
  const about = {
    id: "m 1",
    timestamp: "1 May 2025",
    usage: { in: "a b" },
    index: 0,
    request: "req_1",
  };
  assert.equal(textOf({ role: "user", content: "Hi", ...about }), "\n\nHuman: Hi");
});

Deno.test("withoutMarkedThoughts() leaves out what stands between marks, or behind or before one", () => {
  assert.equal(withoutMarkedThoughts("<think>\na\n</think>\n\nb"), "b");
  assert.equal(withoutMarkedThoughts("a</think>b"), "b");
  assert.equal(withoutMarkedThoughts("b <thinking>a"), "b ");
  assert.equal(withoutMarkedThoughts("b"), "b");
});
