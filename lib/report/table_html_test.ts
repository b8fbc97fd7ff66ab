import assert from "node:assert/strict";
import { tableHtml } from "./table_html.ts";

const source = tableHtml({
  title: "Recall",
  columns: ["group", "guard+perplexity"],
  rows: [["id", { text: "45.2 [41.0, 49.1]", level: "good" }], ["<b>", "–"]],
  notes: ["In %.", "n < 5"],
}).source;

Deno.test("tableHtml() has a caption, and headings for every column and row", () => {
  assert.match(source, /<caption>Recall<\/caption>/);
  assert.equal(source.match(/<th scope="col">/g)!.length, 2);
  assert.equal(source.match(/<th scope="row">/g)!.length, 2);
  assert.match(source, /<p class="notes">In %\. n &#60; 5<\/p>/);
});

Deno.test("tableHtml() puts the level in the class and the interval behind the estimate", () => {
  assert.match(
    source,
    /<td class="good" data-column="guard\+perplexity"><span>45\.2 <small>\[41\.0, 49\.1\]<\/small><\/span><\/td>/,
  );
});

Deno.test("tableHtml() can be scrolled by keyboard, and escapes what it shows", () => {
  assert.match(source, /role="region" aria-label="Table: Recall" tabindex="0"/);
  assert.match(source, /<th scope="row">&#60;b&#62;<\/th>/);
});
