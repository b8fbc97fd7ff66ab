/** `deno task judge` against a server on this machine, and the experiment that uses what it wrote. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { chatServer, completion, type Received, type Reply } from "../lib/chat/testing.ts";
import { sha256 } from "../lib/core/json.ts";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { artifactOf } from "../lib/experiment/experiment.ts";
import { openWorkbench } from "../lib/workbench/open_workbench.ts";
import experiment from "../experiments/judge.ts";
import { root, task, withFolder } from "./testing.ts";

const config = { ...experiment.config, resamples: 20 };

/** A server whose answers hang on nothing but the request, one in eight without a score, and how often each was asked for. */
async function judgingServer(limit = Infinity) {
  const asked = new Map<string, number>();
  const reply = ({ url, body }: Received): Reply => {
    if (asked.size >= limit) return { status: 401, body: { error: { message: "no more" } } };
    const request = JSON.stringify(body);
    asked.set(request, (asked.get(request) ?? 0) + 1);
    const draw = parseInt(sha256(request).slice(0, 8), 16);
    const text = draw % 8 === 0 ? "I cannot say." : `It is so.\n\nSCORE: ${draw % 101}`;
    return { body: url.endsWith("/chat/completions") ? completion(text) : { choices: [{ text }] } };
  };
  const server = await chatServer(reply);
  return { server, asked };
}

/** Runs `deno task judge`, which must fail with the message, or must not fail. */
async function judge(failure: RegExp | undefined, ...args: string[]): Promise<void> {
  const { code, err } = await task("judge", ...args);
  assert.equal(code, failure === undefined ? 0 : 1, err);
  if (failure !== undefined) assert.match(err, failure);
}

Deno.test("judge asks nothing twice though it was stopped, and the experiment repeats without the endpoint", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 50);
    const output = join(folder, "asked");
    const flags = ["--model", "m", "--suite", suite, "--output", output];
    flags.push("--rows-per-domain", "10", "--concurrency", "1");

    const first = await judgingServer(20);
    {
      await using server = first.server;
      const failure = /\(401\).*; asked about alignment of the row/;
      await judge(failure, "--endpoint", server.baseURL, ...flags);
    }
    assert.equal(first.asked.size, 20);
    const second = await judgingServer();
    {
      await using server = second.server;
      await judge(undefined, "--endpoint", server.baseURL, ...flags);
    }
    const bench = await openWorkbench({
      suite,
      selection: { rowsPerDomain: 10 },
      judgeScores: output,
      quick: true,
      seeds: 1,
      threads: 1,
      cache: join(folder, "cache"),
      say: () => {},
    });
    const counts = [...first.asked.values(), ...second.asked.values()];
    assert.ok(counts.every((count) => count === 1));
    assert.ok(first.asked.keys().every((request) => !second.asked.has(request)));
    assert.ok(counts.length > 2 * bench.suite.test.length); // some had no score, and were drawn again

    const written = ["alignment", "uncertainty"].map((name) => join(output, `${name}.jsonl`));
    const bytes = written.map((path) => Deno.readTextFileSync(path));
    await judge(undefined, "--endpoint", "http://127.0.0.1:9/v1", ...flags); // nobody is there, and nobody is asked
    assert.deepEqual(written.map((path) => Deno.readTextFileSync(path)), bytes);

    const artifact = await artifactOf(experiment, bench, config);
    assert.equal(await artifactOf(experiment, bench, config), artifact);
    const { findings } = JSON.parse(artifact);
    assert.equal(findings.asked.judge, "m");
    assert.equal(
      findings.asked.alignment.answers + findings.asked.uncertainty.answers,
      counts.length,
    );
    assert.deepEqual(findings.monitors, [
      "guard",
      "judge alignment",
      "judge uncertainty",
      "guard+judge uncertainty",
    ]);
    assert.match(
      experiment.show(JSON.parse(artifact)).table.notes.join(" "),
      /The judge is m, shown 0/,
    );
  });
});

Deno.test("judge with a chat template sends tokens, shows examples, and keeps its answers apart", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 50);
    const checkpoint = join(folder, "checkpoint");
    Deno.mkdirSync(checkpoint);
    const from = join(root, "lib/chat/testdata");
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
      Deno.copyFileSync(join(from, "byte_level", name), join(checkpoint, name));
    }
    const { templates } = JSON.parse(Deno.readTextFileSync(join(from, "template_golden.json")));
    const output = join(folder, "asked");
    const flags = [
      "--model",
      "m",
      "--suite",
      suite,
      "--output",
      output,
      "--domains",
      "hh-rlhf-harmless,scheming",
    ];
    flags.push("--chat-template", checkpoint, "--examples", "2");
    const { server, asked } = await judgingServer();
    await using running = server;
    await judge(/its tokenizer has none\.\n/, "--endpoint", running.baseURL, ...flags);
    Deno.writeTextFileSync(join(checkpoint, "chat_template.jinja"), templates.chatml);
    await judge(undefined, "--endpoint", running.baseURL, ...flags);
    assert.ok(asked.size > 0);
    for (const request of asked.keys()) {
      const { prompt } = JSON.parse(request);
      assert.ok(Array.isArray(prompt) && prompt.every(Number.isInteger));
    }
    const [line] = Deno.readTextFileSync(join(output, "alignment.jsonl")).split("\n");
    assert.match(JSON.parse(line).judge, /^m \(template [0-9a-f]{8}\)$/);
    assert.equal(JSON.parse(line).examples, 2);
    const others = flags.filter((flag) => flag !== "--chat-template" && flag !== checkpoint);
    const failure = /its answers must be by "m", got "m \(template/;
    await judge(failure, "--endpoint", running.baseURL, ...others);
  });
});

Deno.test("judge needs no ID rows, and fails in the end where no score can be read, with all written", async () => {
  await withFolder(async (folder) => {
    const suite = writeTinySuite(folder, 50);
    const output = join(folder, "asked");
    let say = "It is fine.";
    let asked = 0;
    await using server = await chatServer(() => {
      asked++;
      return { body: completion(say) };
    });
    const flags = ["--endpoint", server.baseURL, "--model", "m", "--suite", suite];
    flags.push("--output", output, "--domains", "scheming", "--rows-per-domain", "3");
    await judge(/Cannot rely on the scores of m: 3 of 3 conversations have no score/, ...flags);
    const lines = () => Deno.readTextFileSync(join(output, "alignment.jsonl")).trim().split("\n");
    assert.deepEqual(lines().map((line) => JSON.parse(line).defaulted), [true, true, true]);
    assert.equal(asked, 24); // by two rubrics, four times each

    say = "SCORE: 85, as it is fine.";
    await judge(undefined, ...flags, "--ask-again", "unreadable");
    assert.equal(asked, 30); // once each, and leniently that is a score
    assert.deepEqual(lines().map((line) => JSON.parse(line).score), [15, 15, 15]);
    await judge(/no score of alignment that could be read/, ...flags, "--parser", "strict");
  });
});
