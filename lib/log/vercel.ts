/**
 * The parts of a message as Vercel's AI SDK keeps them for the screen (`UIMessage`), as parts that other interfaces have too.
 *
 * @module
 */
import { isObject, spacedJson } from "../core/exact_json.ts";

/** The fields of a part. */
export type Part = Record<string, unknown>;

/**
 * Translates a part.
 *
 * @param part of any interface.
 * @returns what it is elsewhere: a call with its outcome, text for data, nothing for a step or a source; itself if it is none of
 * Vercel's own.
 */
export function withoutVercel(part: Part): Part[] {
  const { type } = part;
  if (typeof type !== "string") return [part];
  if (["step-start", "source-url", "source-document"].includes(type)) return [];
  if (type === "tool-invocation" && isObject(part.toolInvocation)) {
    const { type: _, toolInvocation, ...rest } = part;
    const { state: __, step: ___, result, ...invoked } = toolInvocation as Part;
    return [{ ...rest, ...invoked, type: "tool_call", output: result }];
  }
  if (type === "dynamic-tool") return callOf(part, part.toolName);
  if (type.startsWith("tool-") && "toolCallId" in part && "state" in part) {
    return callOf(part, type.slice("tool-".length));
  }
  if (type.startsWith("data-") && "data" in part) {
    const { data, ...rest } = part;
    return [{ ...rest, type: "text", text: typeof data === "string" ? data : spacedJson(data) }];
  }
  if (type === "tool-approval-request") return [];
  if (type === "tool-approval-response") return [approvalOf(part)];
  if (type === "reasoning" && Array.isArray(part.details)) return [thoughtOf(part, part.details)];
  return [part];
}

/** A call, what a person said to it, and what came of it. */
function callOf(part: Part, name: unknown): Part[] {
  const { rawInput, errorText, approval, toolName: _, state: __, title: ___, output, ...rest } =
    part;
  const call = { ...rest, type: "tool_call", name, input: part.input ?? rawInput };
  const isAnswered = isObject(approval) && typeof approval.approved === "boolean";
  const outcome = output ?? errorText;
  return [
    call,
    ...isAnswered ? [approvalOf(approval)] : [],
    ...outcome === undefined ? [] : [{ type: "tool_result", content: outcome }],
  ];
}

const approvalOf = ({ approved, reason }: Part): Part => ({
  type: "mcp_approval_response",
  approve: approved,
  reason,
});

/** A thought that has its text twice, whole and in pieces. */
function thoughtOf(part: Part, details: unknown[]): Part {
  const texts = details.map((detail) => isObject(detail) ? detail.text ?? "" : "").join("");
  return texts === part.reasoning ? { ...part, details: null } : part;
}
