import assert from "node:assert/strict";
import { boundedText, isHtml } from "./bounded_body.ts";

Deno.test("boundedText() reads what is within the limit, and stops where there is more", async () => {
  assert.equal(await boundedText(new Response("ä".repeat(512)), 1024), "ä".repeat(512));
  let sent = 0;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(2 ** 20).fill(97 + 0 * sent++)),
  });
  const limit = 4 * 2 ** 20;
  await assert.rejects(boundedText(new Response(endless), limit), /more than 4 MiB/);
  assert.ok(sent < 10, `${sent}`);
  const announced = new Response("x", { headers: { "content-length": "1000000000" } });
  await assert.rejects(boundedText(announced, limit), /more than 4 MiB/);
});

Deno.test("isHtml() knows a page", () => {
  assert.ok(isHtml("\n<!DOCTYPE html><p>Log in"));
  assert.ok(!isHtml('{"html": 1}'));
});
