/** The scripts that people are told to copy, run as they say. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { withFolder } from "./testing.ts";

const root = join(import.meta.dirname!, "..");

/** Runs an example with the permissions that it names. */
async function example(name: string, permissions: string[], args: string[], cwd = root) {
  const script = join(root, "examples", name);
  const config = ["--quiet", "--no-check", "--config", join(root, "deno.json")];
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", ...config, ...permissions, script, ...args],
    cwd,
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

Deno.test("the example of a detector prints its recall beside the guard's", async () => {
  await withFolder(async (folder) => {
    const permissions = [
      ...["--allow-read", "--allow-ffi", "--allow-write=.cache"],
      "--allow-env=ORT_DISABLE_TELEMETRY",
    ];
    const args = [writeTinySuite(folder, 25), "quick"];
    const { code, out, err } = await example("my_detector.ts", permissions, args, folder);
    assert.equal(code, 0, err);
    assert.match(out, /^group +n +guard +talkativeness$/m);
    assert.match(out, /^id +\d+ +[\d.]+ \[/m);
  });
});

Deno.test("the example that draws scores counts what is flagged and writes a figure", async () => {
  await withFolder(async (folder) => {
    const lines = [[0.5, false], [3.5, true], [1, false]].map(([score, flagged], line) =>
      JSON.stringify({ line, score, flagged })
    );
    Deno.writeTextFileSync(join(folder, "scored.jsonl"), lines.join("\n"));
    const permissions = ["--allow-read", "--allow-write=."];
    const args = ["scored.jsonl", "scores.svg"];
    const { code, out, err } = await example("plot_scores.ts", permissions, args, folder);
    assert.equal(code, 0, err);
    assert.match(out, /^1 flagged/);
    assert.match(Deno.readTextFileSync(join(folder, "scores.svg")), /^<svg.*3 conversations/s);
  });
});

Deno.test("the example that compares endpoints lets none pass who always says the same letter", async () => {
  const answer = (content: string) => () =>
    Response.json({ choices: [{ message: { role: "assistant", content } }] });
  await using always = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    answer("Option: [[A]]"),
  );
  const url = `http://127.0.0.1:${always.addr.port}/v1`;
  const permissions = [
    "--allow-read",
    "--allow-env",
    `--allow-net=127.0.0.1:${always.addr.port}`,
  ];
  const { code, out, err } = await example("compare_endpoints.ts", permissions, [
    url,
    "a",
    url,
    "b",
  ]);
  assert.equal(code, 0, err);
  assert.match(out, /^a +0\.0$/m);
  assert.match(out, /^b +0\.0$/m);
});
