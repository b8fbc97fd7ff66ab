/** A slice of what `deno task fuzz` reads: the corpus, and 500 mutated inputs. */
import assert from "node:assert/strict";
import { temporaryFolder } from "../../lib/core/testing.ts";
import { fuzz, nothing } from "./run.ts";

Deno.test("every reader of outside data reads an input or refuses it, within 2 s and 512 MiB", async () => {
  using temporary = temporaryFolder();
  const run = nothing();
  await fuzz(run, { folder: temporary.path, seed: 1, runs: 500 });
  assert.ok(run.done > 500);
  assert.deepEqual(run.failures, {});
});
