import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { markup } from "./html.ts";
import { renderPage } from "./page.ts";

Deno.test("renderPage() forbids scripts, and allows the one style that it holds by its hash", () => {
  const page = renderPage("A & B", markup`<p>text</p>`);
  const [, style] = /<style>([^]*?)<\/style>/.exec(page)!;
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!;
  const hash = createHash("sha256").update(style).digest("base64");
  assert.deepEqual(policy.replaceAll("&#39;", "'").split("; "), [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  assert.ok(page.indexOf("Content-Security-Policy") < page.indexOf("<style>"), "policy first");
});

Deno.test("renderPage() is a whole document that loads nothing", () => {
  const page = renderPage("A & B", markup`<p>text</p>`);
  assert.match(page, /^<!doctype html>\n<html lang="en">[^]*<\/html>\n$/);
  assert.match(page, /<title>A &#38; B<\/title>/);
  assert.doesNotMatch(page, /<script|<link|src=|@import|url\(/);
});

Deno.test("renderPage() shows control characters as what they are", () => {
  const page = renderPage("\x1b]0;a\x07", markup`<pre>b\r\nc\x9b31m\t\u202ed</pre>`);
  assert.ok(page.includes("<title>\\u001b]0;a\\u0007</title>"));
  assert.ok(page.includes("<pre>b\nc\\u009b31m\t\\u202ed</pre>"));
});
