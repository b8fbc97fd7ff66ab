/** What the lock holds. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { root } from "./testing.ts";

Deno.test("deno.lock holds releases, no builds that come before one", () => {
  const { npm } = JSON.parse(Deno.readTextFileSync(join(root, "deno.lock")));
  const names = Object.keys(npm);
  assert.ok(names.some((name) => name.startsWith("onnxruntime-node@")));
  // name@version, and behind an underscore what it goes with; a dash in the version begins what is no release
  assert.deepEqual(names.filter((name) => /.@[\d.]+-/.test(name)), []);
});
