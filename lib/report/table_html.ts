/**
 * Tables on a page.
 *
 * @module
 */
import { type Html, html } from "./html.ts";
import { type Cell, type Table, textOf } from "./table.ts";

/**
 * Shows a table, in a box that scrolls by itself where the page is too narrow.
 *
 * @param table what to show.
 * @param kind `rows`, or `cards` where on a narrow page each row becomes a card. Default `rows`.
 * @returns the table and its notes; levels are classes of the cells.
 */
export function tableHtml(
  { title, columns, rows, notes }: Table,
  kind: "rows" | "cards" = "rows",
): Html {
  return html`
    <div class="scroll" role="region" aria-label="Table: ${title}" tabindex="0">
      <table class="${kind}">
        <caption>${title}</caption>
        <thead>
          <tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr>
        </thead>
        <tbody>
    ${rows.map((row) =>
      html`<tr>${row.map((cell, c) => cellHtml(cell, columns[c], c === 0))}</tr>\n`
    )}
        </tbody>
      </table>
    </div>
    <div class="notes">${notes.map((note) => html`<p>${note}</p>`)}</div>
  `;
}

function cellHtml(cell: Cell, column: string, isHeading: boolean): Html {
  const text = intervalHtml(textOf(cell));
  if (isHeading) return html`<th scope="row">${text}</th>`;
  const level = typeof cell === "string" ? "" : html`
    class="${cell.level}"
  `;
  return html`<td${level} data-column="${column}"><span>${text}</span></td>`;
}

/** An estimate is read first, so that its interval stands back. */
function intervalHtml(text: string): Html {
  const [, estimate, interval] = /^(\S+) (\[[^\]]*\])$/.exec(text) ?? [];
  if (interval === undefined) return html`${text}`;
  return html`${estimate} <small>${interval}</small>`;
}
