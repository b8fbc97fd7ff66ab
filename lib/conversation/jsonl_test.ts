import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { readJsonl } from "./jsonl.ts";

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
    assert.deepEqual(readJsonl(path), [{ line: 1, value: { a: 1 } }, { line: 3, value: [2] }]);
  });
});

Deno.test("readJsonl() reads gzip", () => {
  withFile("a.jsonl.gz", gzipSync('"é"\n'), (path) => {
    assert.deepEqual(readJsonl(path), [{ line: 1, value: "é" }]);
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
