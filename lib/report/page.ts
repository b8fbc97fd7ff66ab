/**
 * A page in one file: it needs no server and no network, and its policy forbids scripts, so that
 * nothing in it can run; and no control character is in it, whatever text it shows.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { readText } from "../core/files.ts";
import { visible } from "../core/foreign_text.ts";
import { Html, markup } from "./html.ts";

const STYLE = join(import.meta.dirname!, "page.css");

/**
 * Makes a page.
 *
 * @param title in the window's frame.
 * @param content what stands in the body.
 * @returns an HTML document with a trailing newline.
 */
export function renderPage(title: string, content: Html): string {
  const style = readText(STYLE);
  const hash = createHash("sha256").update(style).digest("base64");
  // the style is named by its hash, so that no other one applies either
  const policy =
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
${content}
</body>
</html>
`;
  return visible(page.source.replaceAll("\r\n", "\n"), "\n\t");
}
