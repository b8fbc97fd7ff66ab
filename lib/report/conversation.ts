/**
 * Conversations on a page, with what is noteworthy in them marked.
 *
 * @module
 */
import { type Html, html } from "./html.ts";

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

/**
 * Shows a conversation as text, whatever it holds.
 *
 * @param conversation with its spans.
 * @returns a `details` element, closed, in which the spans are `mark` elements.
 */
export function conversationHtml({ title, text, omitted, spans }: MarkedConversation): Html {
  const pieces = spans.map(({ start, end }, i) =>
    html`${text.slice(spans[i - 1]?.end ?? 0, start)}<mark>${text.slice(start, end)}</mark>`
  );
  const rest = text.slice(spans.at(-1)?.end ?? 0);
  const cut = omitted > 0 ? html`<p class="omitted">… ${omitted} characters more.</p>` : "";
  return html`
    <details class="conversation"><summary>${title}</summary>
    <pre>${pieces}${rest}</pre>${cut}</details>
  `;
}
