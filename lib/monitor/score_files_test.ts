import assert from "node:assert/strict";
import { join } from "node:path";
import { scratchFolder } from "../core/testing.ts";
import { scoreFiles } from "./score_files.ts";
import { writeTinyMonitor } from "./testing.ts";

const scratch = scratchFolder();
const input = join(scratch, "log.jsonl");
const said = "It is here.";
const lines = [`<think>Nobody looks.</think>${said}`, said].map((content) =>
  JSON.stringify({ messages: [{ role: "assistant", content }] })
);
Deno.writeTextFileSync(input, lines.join("\n"));

/** Whether thoughts were left out of the scored conversations, and what was said of it. */
async function scored(fittedWith: boolean | undefined, noThoughts: boolean) {
  const name = `fitted-${fittedWith}-${noThoughts}`;
  const output = join(scratch, `${name}.jsonl`);
  const told: string[] = [];
  const monitor = await writeTinyMonitor(scratch, name, { thoughts: fittedWith });
  const flags = {
    monitor,
    input,
    output,
    fpr: 0.01,
    noThoughts,
    keep: [],
    spans: false,
    overwrite: false,
  };
  const say = (message: string) => void told.push(message);
  await scoreFiles({ ...flags, threads: 1, cache: scratch }, say);
  const [first, second] = Deno.readTextFileSync(output).trimEnd().split("\n")
    .map((line) => JSON.parse(line).score);
  return { without: first === second, told };
}

Deno.test("scoreFiles() renders conversations as those were that the monitor was fitted on", async () => {
  assert.deepEqual(await scored(true, false), { without: false, told: [] });
  assert.deepEqual(await scored(false, true), { without: true, told: [] });
  const { without, told } = await scored(false, false);
  assert.equal(without, true);
  assert.match(told.join(), /^Thoughts are left out, as they were when the monitor was fitted\.$/);
});

Deno.test("scoreFiles() leaves out thoughts on request, and says what that is worth", async () => {
  const { without, told } = await scored(true, true);
  assert.equal(without, true);
  assert.match(told.join(), /^The monitor was fitted on conversations with thoughts: without them/);
  assert.deepEqual(await scored(undefined, true), { without: true, told: [] });
  assert.deepEqual(await scored(undefined, false), { without: false, told: [] });
});
