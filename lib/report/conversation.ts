/**
 * Conversations on a page, with what is noteworthy in them marked.
 *
 * @module
 */
import { type Html, markup } from "./html.ts";

/** A stretch of text, in UTF-16 units; `end` is exclusive. */
export interface Span {
  /** Where it begins. */
  start: number;
  /** Where it ends. */
  end: number;
}

/** A conversation to look at. */
export interface MarkedConversation {
  /** Says which it is, and why it is shown. */
  title: string;
  /** What was said; the front of it, where it is long. */
  text: string;
  /** How many UTF-16 units behind that are left out. */
  omitted: number;
  /** What is marked, ascending, without overlap. */
  spans: readonly Span[];
}

/** Conversations under one heading. */
export interface MarkedConversations {
  /** Says what is marked in them. */
  legend: string;
  /** The conversations, perhaps none. */
  list: readonly MarkedConversation[];
}

/**
 * Shows conversations as text, whatever they hold.
 *
 * @param conversations with their spans.
 * @returns a `details` element each, closed, in which the spans are `mark` elements.
 */
export function conversationsHtml({ legend, list }: MarkedConversations): Html {
  if (list.length === 0) return markup`<h3>Conversations</h3>\n<p>There are none.</p>\n`;
  return markup`<h3>Conversations</h3>
<p>${legend}</p>
${list.map(conversationHtml)}`;
}

function conversationHtml({ title, text, omitted, spans }: MarkedConversation): Html {
  const pieces = spans.map(({ start, end }, i) =>
    markup`${text.slice(spans[i - 1]?.end ?? 0, start)}<mark>${text.slice(start, end)}</mark>`
  );
  const rest = text.slice(spans.at(-1)?.end ?? 0);
  const cut = omitted > 0 ? markup`<p class="omitted">… ${omitted} characters more.</p>` : "";
  return markup`<details class="conversation"><summary>${title}</summary>
<pre>${pieces}${rest}</pre>${cut}</details>
`;
}
