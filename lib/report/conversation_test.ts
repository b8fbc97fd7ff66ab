import assert from "node:assert/strict";
import { conversationsHtml } from "./conversation.ts";

const shown = (text: string, spans: { start: number; end: number }[], omitted = 0) =>
  conversationsHtml({ legend: "Marked.", list: [{ title: "a-1", text, omitted, spans }] }).source;

Deno.test("conversationsHtml() marks the spans and keeps all text in its order", () => {
  const source = shown("\n\nHuman: Say hello", [{ start: 2, end: 7 }, { start: 13, end: 18 }]);
  assert.match(source, /<pre>\n\n<mark>Human<\/mark>: Say <mark>hello<\/mark><\/pre>/);
});

Deno.test("conversationsHtml() shows a hostile conversation as text, in and outside marks", () => {
  const text = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>";
  for (const spans of [[], [{ start: 3, end: 20 }]]) {
    const source = shown(text, spans);
    assert.doesNotMatch(source, /<script|<img|<\/pre>.*<\/pre>/s);
    const plain = source.replace(/<[^>]+>/g, "").replace(
      /&#(\d+);/g,
      (_, code) => String.fromCharCode(code),
    );
    assert.ok(plain.includes(text), plain);
  }
});

Deno.test("conversationsHtml() says what is left out, and that there is nothing to show", () => {
  assert.match(shown("Hi", [], 12), /… 12 characters more/);
  assert.doesNotMatch(shown("Hi", []), /more/);
  assert.match(conversationsHtml({ legend: "Marked.", list: [] }).source, /There are none/);
});
