/**
 * What an endpoint's body says. Bodies of servers differ, and are read where they can be: the text in `content` or in a list of
 * parts, sent whole or as server-sent events, under whatever type. A thought is no answer. Where there is none it is said what
 * came instead, an error of the server in its own words.
 *
 * @module
 */
import { z } from "zod";
import { isHtml } from "../core/bounded_body.ts";
import { excerpt } from "../core/foreign_text.ts";
import { firstProblem } from "../core/schema.ts";
import { type Failure, passing, serverError } from "./endpoint_failure.ts";
import type { Answer } from "./client.ts";
import { splitThoughts } from "./thoughts.ts";

/** Longest answer that is taken, in characters. */
const LONGEST_ANSWER = 1_000_000;

/** An answer that came, its texts well-formed. */
export interface Completed extends Answer {
  /** Whether the limit of tokens cut it short. */
  cut: boolean;
}

const Part = z.looseObject({
  type: z.string().nullish(),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
});
const Content = z.union(
  [z.string(), z.null(), z.undefined(), z.array(z.union([z.string(), Part]))],
  {
    error: "must be text or a list of parts",
  },
);
const Said = z.looseObject({
  content: Content.optional(),
  refusal: z.string("must be text").nullish(),
  reasoning_content: z.unknown().optional(),
  reasoning: z.unknown().optional(),
}, "must be an object");
const Choice = z.looseObject({
  text: z.string("must be text").nullish(),
  message: Said.nullish(),
  delta: Said.nullish(),
  finish_reason: z.string("must be text").nullish(),
  error: z.unknown().optional(),
}, "must be an object");
const Body = z.looseObject({
  choices: z.array(Choice, "must be a list").nullish(),
  usage: z.looseObject({ completion_tokens: z.number().min(0).optional().catch(undefined) })
    .nullish().catch(undefined),
  error: z.unknown().optional(),
}, "must be an object");

/** A choice, as the schema gives it. */
type Choice = z.infer<typeof Choice>;

/**
 * Reads a body that came with a status of success.
 *
 * @param body its text.
 * @param type its content type, for messages.
 * @returns the first choice's answer, or why there is none.
 */
export function readCompletion(body: string, type: string): Completed | Failure {
  if (isHtml(body)) return pageFailure(body);
  const events = /^(?:data|event|id|retry)?:/.test(body.trimStart());
  const found = events ? eventsOf(body) : parsed(body);
  if (found === undefined) return noAnswer(`${nameOf(body, type)}`);
  const read = Body.safeParse(found);
  if (!read.success) return noAnswer(`a body in which ${firstProblem(read.error, found)}`);
  const { choices, error, usage } = read.data;
  if (error) return serverError(error);
  const choice = choices?.[0];
  if (choice?.error) return serverError(choice.error);
  if (choice === undefined) {
    return noAnswer(choices ? "an empty list of choices" : `${nameOf(body, type)} without choices`);
  }
  if (events && !choice.finish_reason && !body.includes("[DONE]")) {
    return passing("a stream that broke off");
  }
  return answerOf(choice, usage?.completion_tokens);
}

function answerOf(choice: Choice, tokens: number | undefined): Completed | Failure {
  const { content, refusal } = choice.message ?? {};
  const said = choice.text ?? textOf(content) ?? refusal;
  if (typeof said === "object" && said !== null) return noAnswer(said.unread);
  const cut = choice.finish_reason === "length";
  const whole = said || (choice.finish_reason === "content_filter" ? "" : said);
  const inText = splitThoughts(whole ?? "");
  const text = inText.text.toWellFormed();
  const thoughts = [...thoughtsBeside(choice), inText.thoughts ?? ""]
    .filter((thought) => thought.trim() !== "").join("\n\n").toWellFormed();
  if (text.length > LONGEST_ANSWER) {
    return noAnswer(
      `one of ${text.length} characters, of which no more than ${LONGEST_ANSWER} are taken`,
    );
  }
  const thought = thoughts !== "" || Array.isArray(content) && content.length > 0;
  const onlyThought = text.trim() === "" && (thought || Boolean(said?.trim()));
  if (text.trim() === "" && (cut || onlyThought)) return withoutWords(cut, onlyThought);
  if (said === undefined || said === null) {
    if (choice.finish_reason !== "content_filter") return noAnswer("a choice without text");
  }
  return { text, cut, tokens, thoughts: thoughts === "" ? undefined : thoughts };
}

/**
 * Says why there is no answer where a model said nothing.
 *
 * @param cut whether the limit of tokens ended it.
 * @param thought whether there were thoughts.
 * @returns a failure that another seed, or a higher limit, may mend.
 */
export function withoutWords(cut: boolean, thought: boolean): Failure & { noAnswer: true } {
  if (cut) {
    return {
      why: `the limit of tokens cut the answer off${
        thought ? " while it was still thinking" : ""
      }, before any of it was said`,
      remedy: "Allow longer answers with --max-tokens.",
      noAnswer: true,
    };
  }
  return {
    ...noAnswer("thoughts and nothing else"),
    remedy: "Turn thinking off, or allow longer answers with --max-tokens.",
    noAnswer: true,
  };
}

/** The text of a message, also of one in parts; undefined where there is none, or the part that nobody can read. */
function textOf(content?: z.infer<typeof Content>): string | undefined | { unread: string } {
  if (content === null || content === undefined) return undefined;
  if (typeof content === "string") return content;
  let text = "";
  for (const part of content) {
    if (typeof part === "string") text += part;
    else if (isThought(part)) continue;
    else if (typeof (part.text ?? part.refusal) === "string") text += part.text ?? part.refusal;
    else return { unread: `an answer with a part of the kind ${excerpt(`${part.type}`, 40)}` };
  }
  return text;
}

const isThought = (part: z.infer<typeof Part>) => /think|reason/i.test(part.type ?? "");

/** Thoughts outside the text: in a field of their own, or in parts; as JSON where they are no text. */
function thoughtsBeside({ message }: Choice): string[] {
  const { content, reasoning_content, reasoning } = message ?? {};
  const field = reasoning_content || reasoning || "";
  const parts = Array.isArray(content) ? content : [];
  return [
    typeof field === "string" ? field : JSON.stringify(field),
    ...parts.flatMap((part) => {
      if (typeof part === "string" || !isThought(part)) return [];
      const { text, thinking, type: _, ...rest } = part;
      if (typeof text === "string") return [text];
      return [typeof thinking === "string" ? thinking : JSON.stringify(thinking ?? rest)];
    }),
  ];
}

/** Server-sent events put together, as a body of one piece has it; undefined where one is no JSON. */
function eventsOf(body: string): unknown {
  const whole = { message: { content: "", reasoning_content: "" } } as {
    text?: string;
    finish_reason?: string;
    message: { content: string; reasoning_content: string; refusal?: string };
  };
  let [usage, any]: [unknown, boolean] = [undefined, false];
  for (const line of body.split(/\r\n|\r|\n/)) {
    const [, data] = /^data: ?(.*)$/.exec(line) ?? [];
    if (data === undefined || data.trim() === "" || data.trim() === "[DONE]") continue;
    const event = Body.safeParse(parsed(data));
    if (!event.success) return undefined;
    if (event.data.error) return { error: event.data.error };
    usage = event.data.usage ?? usage;
    const choice = event.data.choices?.[0];
    if (choice === undefined) continue;
    any = true;
    const { content, refusal, reasoning_content, reasoning } = choice.delta ?? choice.message ?? {};
    const text = textOf(content);
    if (typeof text === "object") return { choices: [{ message: { content } }] };
    whole.message.content += text ?? "";
    whole.message.reasoning_content += `${reasoning_content ?? reasoning ?? ""}`;
    if (refusal) whole.message.refusal = (whole.message.refusal ?? "") + refusal;
    if (typeof choice.text === "string") whole.text = (whole.text ?? "") + choice.text;
    if (choice.finish_reason) whole.finish_reason = choice.finish_reason;
  }
  if (whole.message.content === "" && whole.message.refusal !== undefined) {
    whole.message.content = whole.message.refusal;
  }
  return { choices: any ? [whole] : [], usage };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameOf(body: string, type: string): string {
  if (body.trim() === "") return "an empty body";
  const kind = parsed(body) === undefined ? "text that is no JSON" : "JSON";
  return `${kind}${type === "" ? "" : ` under the type ${excerpt(type, 40)}`} (${
    excerpt(body, 80)
  })`;
}

function pageFailure(body: string): Failure {
  const [, title] = /<title[^>]*>([^<]*)/i.exec(body.slice(0, 10_000)) ?? [];
  return {
    ...noAnswer(`a web page${title ? ` titled "${excerpt(title, 80)}"` : ""}`),
    remedy: "Check that the base URL is that of an API, such as http://127.0.0.1:8000/v1.",
    everyRequest: true,
  };
}

/** A failure that asking again would not mend. */
function noAnswer(got: string): Failure {
  return {
    why: `an answer must come, got ${got}`,
    remedy: "Check that the server speaks the API of OpenAI's chat completions.",
  };
}
