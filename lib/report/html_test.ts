import assert from "node:assert/strict";
import { Html, markup } from "./html.ts";

Deno.test("markup`` escapes text in content and in attributes, and keeps HTML that it made itself", () => {
  const hostile = `"><img src=x onerror='alert(1)'>&`;
  const escaped = "&#34;&#62;&#60;img src=x onerror=&#39;alert(1)&#39;&#62;&#38;";
  assert.equal(
    markup`<p title="${hostile}">${[markup`<b>${hostile}</b>`, 1]}</p>`.source,
    `<p title="${escaped}"><b>${escaped}</b>1</p>`,
  );
});

Deno.test("markup`` escapes what only looks like HTML that it made", () => {
  const forged = JSON.parse(`{"source": "<script>alert(1)</script>"}`) as Html;
  assert.doesNotMatch(markup`${forged}`.source, /<script/);
});
