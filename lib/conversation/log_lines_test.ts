import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { temporaryFolder } from "../core/testing.ts";
import { readRawLines } from "./log_lines.ts";

/** The lines of a file of the given bytes. */
async function linesOf(data: string | Uint8Array): Promise<string[]> {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "log");
  Deno.writeFileSync(path, typeof data === "string" ? new TextEncoder().encode(data) : data);
  const lines: string[] = [];
  for await (const { line, bytes } of readRawLines(path)) {
    lines.push(new TextDecoder().decode(bytes));
    assert.equal(line, lines.length);
  }
  return lines;
}

Deno.test("readRawLines() gives what splitting the whole text gives, plain and gzipped", async () => {
  // lengths about that of a chunk, 256 KiB, put newlines on both sides of its end
  const text = fc.array(fc.constantFrom("", "é", "x".repeat(262142), "y".repeat(262145)), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(text, async (lines) => {
      const data = lines.map((line) => `${line}\n`).join("") + "end";
      const expected = data.split("\n");
      assert.deepEqual(await linesOf(data), expected);
      assert.deepEqual(await linesOf(gzipSync(data)), expected);
    }),
    { numRuns: 20 },
  );
});

Deno.test("readRawLines() reads gzip files that were put one after the other", async () => {
  const parts = ["a\nb", "c\n"].map((text) => gzipSync(text));
  assert.deepEqual(await linesOf(Buffer.concat(parts)), ["a", "bc"]);
});

Deno.test("readRawLines() ends without a last newline, and gives nothing for nothing", async () => {
  assert.deepEqual(await linesOf("a\n\nb"), ["a", "", "b"]);
  assert.deepEqual(await linesOf("a\n"), ["a"]);
  assert.deepEqual(await linesOf(""), []);
});

Deno.test("readRawLines() refuses a line that would not fit in memory", async () => {
  const long = new Uint8Array(16 * 2 ** 20 + 3).fill(120);
  long[1] = 10;
  await assert.rejects(linesOf(long), /log" line 2: a line may have 16777216 bytes/);
});

Deno.test("readRawLines() says that a file is missing, a folder, or cut off", async () => {
  using temporary = temporaryFolder();
  const first = (path: string) => readRawLines(path).next();
  await assert.rejects(first(join(temporary.path, "none")), /none": there is no such file/);
  await assert.rejects(first(temporary.path), /Cannot read/);
  const zipped = gzipSync("a\n".repeat(1000));
  await assert.rejects(linesOf(zipped.subarray(0, zipped.length - 9)), /it is no whole gzip file/);
});

Deno.test("readRawLines() closes the file when reading stops early", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "log");
  Deno.writeTextFileSync(path, "a\n".repeat(1e5));
  for await (const { line } of readRawLines(path)) if (line === 3) break; // else the test runner finds it open
});
