/**
 * The sections of a report: each has a heading and what there is to read, to see and to do under
 * it.
 *
 * @module
 */
import { conversationsHtml, type MarkedConversations } from "./conversation.ts";
import type { Figure } from "./figure.ts";
import { type Html, markup } from "./html.ts";
import { inlineSvg } from "./inline_svg.ts";
import type { Table } from "./table.ts";
import { tableCsv } from "./table_csv.ts";
import { tableHtml } from "./table_html.ts";

/** What stands under one heading; fields are shown in this order, where they are there. */
export interface Section {
  /** Names the section and its figure, once in a page: small letters, digits and _. */
  id: string;
  /** Its heading. */
  heading: string;
  /** What was found, in sentences. */
  reading?: string;
  /** A picture. */
  figure?: Figure;
  /** The picture for those who cannot see it. */
  figureText: string;
  /** Numbers. */
  table?: Table;
  /** Numbers that are had as CSV only. Default: the table's. */
  numbers?: Table;
  /** Whether the table's rows become cards on a narrow page. */
  cards?: boolean;
  /** Conversations to look at. */
  conversations?: MarkedConversations;
  /** Pages on which there is more to read. */
  pages?: Pages;
  /** The command line that makes all this. */
  command?: string;
}

/** Links to other pages. */
export interface Pages {
  /** What is there, before the links. */
  legend: string;
  /** Where, relative to this page. */
  list: readonly { name: string; href: string }[];
}

/**
 * Shows a section.
 *
 * @param section what to show.
 * @param svg its figure, rendered; undefined where it has none.
 * @returns a `section` element.
 */
export function sectionHtml(section: Section, svg: string | undefined): Html {
  const { id, heading, reading, figureText, table, cards, conversations, pages, command } = section;
  const parts = [
    ...reading === undefined ? [] : [markup`<p>${reading}</p>\n`],
    ...svg === undefined ? [] : [figureHtml(inlineSvg(svg, id, figureText), heading)],
    ...table === undefined ? [] : [tableHtml(table, cards ? "cards" : "rows")],
    ...conversations === undefined ? [] : [conversationsHtml(conversations)],
    ...pages === undefined || pages.list.length === 0 ? [] : [pagesHtml(pages)],
    ...filesHtml(id, svg, section.numbers ?? table?.full ?? table),
    ...command === undefined ? [] : [markup`<p>Made by <code>${command}</code></p>\n`],
  ];
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
${parts}</section>
`;
}

function pagesHtml({ legend, list }: Pages): Html {
  const links = list.map(({ name, href }, i) =>
    markup`${i === 0 ? "" : " · "}<a href="${href}">${name}</a>`
  );
  return markup`<p>${legend}: ${links}</p>
`;
}

/** Links to the figure, which stands beside the page, and to its numbers, which are in it. */
function filesHtml(id: string, svg: string | undefined, numbers: Table | undefined): Html[] {
  const links = [
    ...svg === undefined ? [] : [markup`<a href="${id}.svg" download>figure as SVG</a>`],
    ...numbers === undefined ? [] : [
      markup`<a href="data:text/csv;charset=utf-8,${
        encodeURIComponent(tableCsv(numbers))
      }" download="${id}.csv">table as CSV</a>`,
    ],
  ];
  const [first, second] = links;
  if (first === undefined) return [];
  return [markup`<p class="files">${first}${second ? markup` · ${second}` : ""}</p>
`];
}

function figureHtml(svg: Html, heading: string): Html {
  return markup`<figure>
<div class="scroll" role="region" aria-label="Figure: ${heading}" tabindex="0">
${svg}
</div>
</figure>
`;
}
