import assert from "node:assert/strict";
import { inlineText, mediaKind } from "./inline_data.ts";

Deno.test("inlineText() reads bytes of text, and no others", () => {
  // python3 -c 'import base64; print(base64.b64encode("Größe 5".encode()).decode())'
  const base64 = "R3LDtsOfZSA1";
  assert.equal(inlineText("text/plain", base64), "Größe 5");
  assert.equal(inlineText("txt", base64), "Größe 5");
  assert.equal(inlineText("text/csv; charset=utf-8", base64), "Größe 5");
  assert.equal(inlineText(undefined, `data:text/plain;base64,${base64}`), "Größe 5");
  assert.equal(inlineText(undefined, "data:text/plain,a%20plan"), "a plan");
  assert.equal(inlineText("image/png", base64), undefined);
  assert.equal(inlineText(undefined, base64), undefined);
  assert.equal(inlineText("text/plain", "/9j/"), undefined); // no UTF-8
  assert.equal(inlineText("text/plain", "https://a.b/c.txt"), undefined);
});

Deno.test("mediaKind() is what stands in a conversation for bytes", () => {
  const types = ["image/png", "audio/wav", "video/mp4", "application/pdf", undefined];
  assert.deepEqual(types.map(mediaKind), ["image", "audio", "video", "file", "file"]);
});
