import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { scoringCost } from "./count_log.ts";
import { readMonitor } from "./fitted_monitor.ts";
import { TINY_CONTEXT, writeTinyMonitor } from "./testing.ts";

Deno.test("scoringCost() takes what follows in a long log to be like its beginning, and cuts to the context", async () => {
  using temporary = temporaryFolder();
  const { path: folder } = temporary;
  const monitor = await readMonitor(await writeTinyMonitor(folder), {
    cache: folder,
    say: () => {},
  });
  const line = JSON.stringify({ conversation: "\n\nHuman: the\n\nAssistant: the" });
  const long = JSON.stringify({ conversation: `\n\nHuman: ${"the ".repeat(1000)}` });
  const path = join(folder, "log.jsonl");
  const costOf = (lines: string[], counted: number) => {
    Deno.writeTextFileSync(path, lines.join("\n") + "\n");
    return scoringCost(path, monitor.parts, { thoughts: true, counted });
  };
  const lines = Array.from({ length: 40 }, () => line);
  const whole = await costOf(lines, 100);
  const exact = await costOf(lines, 40);
  const sampled = await costOf(lines, 10);
  assert.deepEqual(exact, whole);
  assert.ok(Math.abs(sampled.tokens / whole.tokens - 1) < 0.1, `${sampled.tokens}`);
  assert.ok(Math.abs(sampled.flops / whole.flops - 1) < 0.1, `${sampled.flops}`);
  assert.equal((await costOf([long], 100)).tokens, TINY_CONTEXT);

  const zipped = new Blob([lines.join("\n")]).stream().pipeThrough(new CompressionStream("gzip"));
  const thoughts = true;
  Deno.writeFileSync(`${path}.gz`, new Uint8Array(await new Response(zipped).arrayBuffer()));
  const unpacked = await scoringCost(`${path}.gz`, monitor.parts, { thoughts, counted: 10 });
  assert.ok(Math.abs(unpacked.tokens / whole.tokens - 1) < 0.1, `${unpacked.tokens}`);

  await assert.rejects(costOf(["", " "], 10), /must hold conversations, got none/);
  for (const none of ["-", folder]) {
    await assert.rejects(scoringCost(none, monitor.parts, { thoughts }), UserError);
  }
});
