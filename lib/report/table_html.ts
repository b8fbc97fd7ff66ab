/**
 * Tables on a page.
 *
 * @module
 */
import { type Html, markup } from "./html.ts";
import { type Cell, type Table, textOf } from "./table.ts";

/**
 * Shows a table, in a box that scrolls by itself where the page is too narrow.
 *
 * @param table what to show.
 * @param kind `rows`, or `cards` where on a narrow page each row becomes a card. Default `rows`.
 * @returns the table, and its notes as one paragraph; levels are classes of the cells.
 */
export function tableHtml(
  { title, columns, rows, notes }: Table,
  kind: "rows" | "cards" = "rows",
): Html {
  const headings = columns.map((column) => markup`<th scope="col">${breakable(column)}</th>`);
  const body = rows.map((row) =>
    markup`<tr>${row.map((cell, c) => cellHtml(cell, columns[c], c === 0))}</tr>\n`
  );
  return markup`<div class="scroll" role="region" aria-label="Table: ${title}" tabindex="0">
<table class="${kind}">
<caption>${title}</caption>
<thead><tr>${headings}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
<p class="notes">${notes.join(" ")}</p>
`;
}

/** A sum of monitors may be broken behind each plus sign. */
function breakable(column: string): Html[] {
  return column.split(/(?<=\+)/).map((part, i) => i === 0 ? markup`${part}` : markup`<wbr>${part}`);
}

function cellHtml(cell: Cell, column: string, isHeading: boolean): Html {
  const text = intervalHtml(textOf(cell));
  if (isHeading) return markup`<th scope="row">${text}</th>`;
  const level = typeof cell === "string" ? "plain" : cell.level;
  return markup`<td class="${level}" data-column="${column}"><span>${text}</span></td>`;
}

/** An estimate is read first, so that its interval stands back. */
function intervalHtml(text: string): Html {
  const [, estimate, interval] = /^(\S+) (\[[^\]]*\])$/.exec(text) ?? [];
  if (interval === undefined) return markup`${text}`;
  return markup`${estimate} <small>${interval}</small>`;
}
