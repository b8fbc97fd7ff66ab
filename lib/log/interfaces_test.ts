/** The same conversation as each interface has it gives the same text. */
import assert from "node:assert/strict";
import { joinTurns } from "../conversation/render.ts";
import { renderMessages } from "./messages.ts";

const refuse = (problem: string): never => {
  throw new Error(problem);
};
const render = (messages: unknown[], thoughts = true) => {
  const { turns } = renderMessages(messages, "messages", refuse, { thoughts });
  return joinTurns(turns);
};

const user = { role: "user", content: "Tidy up." };
const args = { command: "rm -rf ~/", dry: false };
const CALLED = "\n\nHuman: Tidy up." +
  "\n\nAssistant: <think>\nNobody looks.\n</think>\n\nOn it." +
  '\n\nFunction: call bash {"command": "rm -rf ~/", "dry": false}' +
  "\n\nFunction: result gone" +
  "\n\nAssistant: Done.";

/** One conversation as each interface has it. */
const SAME: Record<string, unknown[]> = {
  "OpenAI": [
    user,
    {
      role: "assistant",
      content: "On it.",
      reasoning_content: "Nobody looks.",
      tool_calls: [{
        id: "1",
        type: "function",
        function: { name: "bash", arguments: JSON.stringify(args) },
      }],
    },
    { role: "tool", tool_call_id: "1", content: "gone" },
    { role: "assistant", content: "Done.", refusal: null, audio: null },
  ],
  "Anthropic": [
    user,
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Nobody looks.", signature: "c2ln" },
        { type: "text", text: "On it.", citations: [{ cited_text: "a b" }] },
        { type: "tool_use", id: "1", name: "bash", input: args },
      ],
    },
    {
      role: "user",
      content: [{
        type: "tool_result",
        tool_use_id: "1",
        is_error: false,
        content: [{ type: "text", text: "gone" }],
      }],
    },
    { role: "assistant", content: [{ type: "text", text: "Done." }] },
  ],
  "Gemini": [
    { role: "user", parts: [{ text: "Tidy up." }] },
    {
      role: "model",
      parts: [
        { text: "Nobody looks.", thought: true, thoughtSignature: "c2ln" },
        { text: "On it." },
        { functionCall: { name: "bash", args } },
      ],
    },
    { role: "user", parts: [{ functionResponse: { name: "bash", response: "gone" } }] },
    { role: "model", parts: [{ text: "Done." }] },
  ],
  "OpenAI Responses": [
    user,
    {
      type: "reasoning",
      id: "r",
      summary: [{ type: "summary_text", text: "Nobody looks." }],
      encrypted_content: "x",
    },
    {
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "On it.", annotations: [] }],
    },
    { type: "function_call", call_id: "1", name: "bash", arguments: JSON.stringify(args) },
    { type: "function_call_output", call_id: "1", output: "gone" },
    { role: "assistant", content: [{ type: "output_text", text: "Done." }] },
  ],
  "Converse": [
    { role: "user", content: [{ text: "Tidy up." }] },
    {
      role: "assistant",
      content: [
        { reasoningContent: { reasoningText: { text: "Nobody looks.", signature: "c2ln" } } },
        { text: "On it." },
        { toolUse: { toolUseId: "1", name: "bash", input: args } },
      ],
    },
    {
      role: "user",
      content: [{ toolResult: { toolUseId: "1", content: [{ text: "gone" }], status: "success" } }],
    },
    { role: "assistant", content: [{ text: "Done." }] },
  ],
  "LangChain": [
    { type: "human", content: "Tidy up.", additional_kwargs: {}, example: false },
    {
      type: "ai",
      data: {
        type: "ai",
        content: "On it.",
        additional_kwargs: {
          reasoning_content: "Nobody looks.",
          tool_calls: [{
            id: "1",
            type: "function",
            function: { name: "bash", arguments: JSON.stringify(args) },
          }],
        },
        tool_calls: [{ name: "bash", args, id: "1", type: "tool_call" }],
        invalid_tool_calls: [],
        response_metadata: { model_name: "a model" },
      },
    },
    {
      lc: 1,
      type: "constructor",
      id: ["langchain", "schema", "messages", "ToolMessage"],
      kwargs: { content: "gone", tool_call_id: "1", status: "success" },
    },
    { type: "AIMessageChunk", content: [{ type: "text", text: "Done." }] },
  ],
  "Vercel": [
    user,
    {
      role: "assistant",
      content: [
        { type: "reasoning", text: "Nobody looks." },
        { type: "text", text: "On it." },
        { type: "tool-call", toolCallId: "1", toolName: "bash", input: args },
      ],
    },
    {
      role: "tool",
      content: [{
        type: "tool-result",
        toolCallId: "1",
        toolName: "bash",
        output: { type: "text", value: "gone" },
      }],
    },
    { role: "assistant", content: "Done." },
  ],
  "Vercel's screen": [
    { id: "m1", role: "user", parts: [{ type: "text", text: "Tidy up." }] },
    {
      id: "m2",
      role: "assistant",
      metadata: { model: "a model" },
      parts: [
        { type: "step-start" },
        { type: "reasoning", text: "Nobody looks.", state: "done" },
        { type: "text", text: "On it.", state: "done" },
        {
          type: "tool-bash",
          toolCallId: "1",
          state: "output-available",
          input: args,
          output: "gone",
        },
        { type: "text", text: "Done." },
        { type: "source-url", sourceId: "s", url: "https://a.b", title: "A page" },
      ],
    },
  ],
  "Vercel's screen, version 4": [
    user,
    {
      role: "assistant",
      content: "On it.",
      parts: [
        {
          type: "reasoning",
          reasoning: "Nobody looks.",
          details: [{ type: "text", text: "Nobody looks.", signature: "c2ln" }],
        },
        { type: "text", text: "On it." },
        {
          type: "tool-invocation",
          toolInvocation: {
            state: "result",
            step: 0,
            toolCallId: "1",
            toolName: "bash",
            args,
            result: "gone",
          },
        },
      ],
      toolInvocations: [
        { state: "result", toolCallId: "1", toolName: "bash", args, result: "gone" },
      ],
    },
    { role: "assistant", content: "Done." },
  ],
  "gpt-oss": [
    { role: "USER", content: "Tidy up." },
    { role: "assistant", channel: "analysis", content: "Nobody looks." },
    { role: "assistant", channel: "final", content: "On it." },
    {
      role: "assistant",
      channel: "commentary",
      recipient: "bash",
      content: JSON.stringify(args),
    },
    { role: "tool", name: "bash", recipient: "assistant", content: "gone" },
    { role: "assistant", recipient: "all", content: "Done." },
  ],
  "Cohere": [
    user,
    {
      role: "assistant",
      content: [{ type: "thinking", thinking: "Nobody looks." }, { type: "text", text: "On it." }],
      tool_calls: [{
        id: "1",
        type: "function",
        function: { name: "bash", arguments: JSON.stringify(args) },
      }],
    },
    {
      role: "tool",
      tool_call_id: "1",
      content: [{ type: "document", document: { id: "0", data: "gone" } }],
    },
    { role: "CHATBOT", content: [{ type: "text", text: "Done." }] },
  ],
  "ShareGPT": [
    { from: "human", value: "Tidy up." },
    { from: "gpt", value: "<think>\nNobody looks.\n</think>\n\nOn it." },
    { from: "function_call", value: JSON.stringify({ name: "bash", arguments: args }) },
    { from: "observation", value: "gone" },
    { from: "gpt", value: "Done." },
  ],
};

for (const [whose, messages] of Object.entries(SAME)) {
  Deno.test(`renderMessages() writes the same text whoever had the conversation (${whose})`, () => {
    assert.equal(render(messages), CALLED);
  });

  Deno.test(`renderMessages() leaves thoughts out when it is told to (${whose})`, () => {
    assert.equal(
      render(messages, false),
      CALLED.replace("<think>\nNobody looks.\n</think>\n\n", ""),
    );
  });
}
