import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { parseLine, readJsonl, streamJsonl } from "./jsonl.ts";

/** Runs `use` with a file of the given bytes. */
function withFile(name: string, data: string | Uint8Array, use: (path: string) => void): void {
  using temporary = temporaryFolder();
  const path = join(temporary.path, name);
  Deno.writeFileSync(path, typeof data === "string" ? new TextEncoder().encode(data) : data);
  use(path);
}

function assertFails(name: string, data: string | Uint8Array, expected: RegExp): void {
  withFile(name, data, (path) => {
    assert.throws(() => readJsonl(path), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, expected);
      assert.notEqual(error.remedy, "");
      return true;
    });
  });
}

Deno.test("readJsonl() gives values with their line numbers, blank lines passed over", () => {
  withFile("a.jsonl", '\ufeff{"a":1}\r\n\n[2]', (path) => {
    assert.deepEqual(readJsonl(path), [
      { line: 1, value: { a: 1 }, replaced: 0 },
      { line: 3, value: [2], replaced: 0 },
    ]);
  });
});

Deno.test("readJsonl() reads gzip", () => {
  withFile("a.jsonl.gz", gzipSync('"é"\n'), (path) => {
    assert.deepEqual(readJsonl(path), [{ line: 1, value: "é", replaced: 0 }]);
  });
});

Deno.test("readJsonl() names file and line of what it cannot read", () => {
  assertFails("a.jsonl", '{"a":1}\n{"a":\n', /a\.jsonl" line 2: broken JSON/);
  assertFails("a.jsonl", "", /a\.jsonl": the file is empty/);
  assertFails("a.jsonl", "\n \n", /the file is empty/);
  const latin1 = new Uint8Array([0x31, 0x0a, 0x22, 0xe9, 0x22, 0x0a]);
  assertFails("a.jsonl", latin1, /line 2: it is not valid UTF-8/);
  assertFails("a.jsonl.gz", "1\n", /no whole gzip file/);
  assertFails("a.jsonl.gz", gzipSync("1\n".repeat(99)).subarray(0, 20), /no whole gzip file/);
});

Deno.test("readJsonl() says that there is no such file", () => {
  assert.throws(() => readJsonl("no/such.jsonl"), /Cannot read "no\/such.jsonl": there is no such/);
});

Deno.test("parseLine() takes JSON with a byte-order mark or a carriage return, and passes over blanks", () => {
  const parse = (text: string) =>
    parseLine("log", { line: 2, bytes: new TextEncoder().encode(text) });
  assert.deepEqual(parse('\ufeff{"a":1}\r'), { line: 2, value: { a: 1 }, replaced: 0 });
  assert.equal(parse(" \r"), undefined);
  assert.throws(() => parse("{"), /log" line 2: broken JSON/);
  const bytes = Uint8Array.of(0x22, 0xc3, 0x22);
  assert.throws(
    () => parseLine("log", { line: 9, bytes }),
    /line 9: it is not valid UTF-8/,
  );
});

Deno.test("readJsonl() and streamJsonl() name a number that JSON does not know, and a line that is too long", async () => {
  assertFails(
    "a.jsonl",
    '{"a": 1}\n{"loss": -Infinity}',
    /line 2: "loss" is -Infinity, which is no/,
  );
  const long = `"${"x".repeat(16 * 2 ** 20)}"`;
  assertFails("a.jsonl", `1\n${long}`, /line 2: a line may have 16777216 bytes/);
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a.jsonl.gz");
  Deno.writeFileSync(path, gzipSync(`1\n${long}`));
  await assert.rejects(
    Array.fromAsync(streamJsonl(path)),
    /line 2: a line may have 16777216 bytes/,
  );
});

Deno.test("streamJsonl() gives what readJsonl() gives", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "a.jsonl");
  Deno.writeTextFileSync(
    path,
    String.raw`{"id": 12345678901234567890}` + "\n\n" + String.raw`"\ud83d"`,
  );
  const whole = readJsonl(path);
  assert.deepEqual(await Array.fromAsync(streamJsonl(path)), whole);
  assert.deepEqual(whole.map(({ line, replaced }) => [line, replaced]), [[1, 0], [3, 1]]);
});
