import assert from "node:assert/strict";
import { join } from "node:path";
import { stream } from "../core/random.ts";
import { temporaryFolder } from "../core/testing.ts";
import { askReadable, type ChatClient, type Message } from "./client.ts";
import { endpointClient } from "./endpoint.ts";
import { recordedClient, recordedLine, requestHash } from "./recorded.ts";
import { recordingClient } from "./recording.ts";
import { askThousand, badReplies, chatServer, completion } from "./testing.ts";

const options = { seed: 0, temperature: 1, maxTokens: 256 };
const question = (content: string): Message[] => [{ role: "user", content }];
const noWarning = (message: string) => assert.fail(message);

/** The line that {@linkcode echo}'s answer to a question is recorded as. */
const lineOf = (content: string) =>
  recordedLine({
    request: requestHash(question(content), options),
    answer: { text: `${content}!` },
    by: "echo",
  }).trimEnd();

/** A client that repeats what it is asked, and what it was asked so far. */
function echo(): ChatClient & { asked: string[] } {
  const asked: string[] = [];
  return {
    name: "echo",
    asked,
    ask(messages) {
      const { content } = messages.at(-1)!;
      asked.push(content);
      if (content === "") return Promise.reject(new Error("nothing to say"));
      return Promise.resolve({ text: `${content}!` });
    },
  };
}

Deno.test("recordingClient() asks what was not recorded, and records it before it is given", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "new", "recording.jsonl");
  const client = echo();
  {
    using recording = recordingClient(client, path, noWarning);
    assert.equal(recording.name, "echo");
    assert.equal((await recording.ask(question("a"), options)).text, "a!");
    assert.equal(Deno.readTextFileSync(path), lineOf("a") + "\n");
    assert.equal((await recording.ask(question("ä\n"), options)).text, "ä\n!");
  }
  using recording = recordingClient(client, path, noWarning);
  for (const content of ["ä\n", "a", "b"]) {
    assert.equal((await recording.ask(question(content), options)).text, `${content}!`);
  }
  assert.deepEqual(client.asked, ["a", "ä\n", "b"]);
  assert.equal(
    Deno.readTextFileSync(path),
    ["a", "ä\n", "b"].map((c) => lineOf(c) + "\n").join(""),
  );
  assert.equal((await recordedClient(path, "echo").ask(question("b"), options)).text, "b!");
});

Deno.test("recordingClient() asks once what is asked twice at a time, and again what failed", async () => {
  using folder = temporaryFolder();
  const client = echo();
  using recording = recordingClient(client, join(folder.path, "r.jsonl"), noWarning);
  const ask = async (content: string) => (await recording.ask(question(content), options)).text;
  assert.deepEqual(await Promise.all([ask("a"), ask("a")]), ["a!", "a!"]);
  await assert.rejects(ask(""), /nothing to say/);
  await assert.rejects(ask(""), /nothing to say/);
  assert.deepEqual(client.asked, ["a", "", ""]);
});

Deno.test("recordingClient() cuts off a half line wherever the kill came, and says so", async () => {
  const bytes = new TextEncoder().encode(lineOf("b ü"));
  for (let kept = 0; kept <= bytes.length; kept++) {
    using folder = temporaryFolder();
    const path = join(folder.path, "r.jsonl");
    Deno.writeTextFileSync(path, lineOf("a") + "\n");
    Deno.writeFileSync(path, bytes.subarray(0, kept), { append: true });
    const client = echo();
    const warnings: string[] = [];
    using recording = recordingClient(client, path, (message) => warnings.push(message));
    await recording.ask(question("a"), options);
    await recording.ask(question("b ü"), options);
    assert.equal(Deno.readTextFileSync(path), lineOf("a") + "\n" + lineOf("b ü") + "\n");
    const whole = kept === bytes.length; // but for the line break
    assert.deepEqual(client.asked, whole ? [] : ["b ü"]);
    const dropped =
      `The last line of "${path}" was half written; it is dropped, and its question asked again.`;
    assert.deepEqual(warnings, kept === 0 || whole ? [] : [dropped]);
  }
});

Deno.test("recordingClient() takes an empty file, and records without `by`", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "r.jsonl");
  Deno.writeTextFileSync(path, "");
  recordingClient(echo(), path, noWarning)[Symbol.dispose]();
  const request = requestHash(question("a"), options);
  Deno.writeTextFileSync(path, JSON.stringify({ request, answer: "A." }) + "\n");
  using recording = recordingClient(echo(), path, noWarning);
  assert.equal((await recording.ask(question("a"), options)).text, "A.");
});

Deno.test("recordingClient() refuses a file that is in use, compressed, no recording, or another's", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "r.jsonl");
  const open = (name = path, client: ChatClient = echo()) =>
    recordingClient(client, name, noWarning);
  {
    using _first = open();
    assert.throws(() => open(), {
      name: "UserError",
      message: `Cannot record to "${path}": another run is recording to it`,
    });
  }
  assert.throws(() => open("r.jsonl.gz"), { name: "UserError", message: /only a plain file/ });
  assert.throws(() => open(folder.path), { name: "UserError", message: /^Cannot record to/ });

  for (const other of ["my only notes", "a\nb", '{"request":"abc","answer":""}\n']) {
    Deno.writeTextFileSync(path, other);
    assert.throws(() => open(), { name: "UserError", message: /r.jsonl" line 1: / });
    assert.equal(Deno.readTextFileSync(path), other);
  }
  Deno.writeTextFileSync(path, lineOf("a") + "\n");
  assert.throws(() => open(path, { ...echo(), name: "parrot" }), {
    name: "UserError",
    message: `Cannot record to "${path}": its answers must be by "parrot", got "echo"`,
  });
  open()[Symbol.dispose](); // none of the refusals left it locked
});

Deno.test("recordingClient() gives no answer that the disk has no room for, and leaves whole lines", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "r.jsonl");
  using recording = recordingClient(echo(), path, noWarning);
  await recording.ask(question("a"), options);
  const { writeSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.writeSync = function (bytes) {
    writeSync.call(this, bytes.subarray(0, 10));
    throw Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
  };
  try {
    await assert.rejects(recording.ask(question("b"), options), {
      name: "UserError",
      message: `Cannot record to "${path}": the disk is full`,
    });
  } finally {
    Deno.FsFile.prototype.writeSync = writeSync;
  }
  assert.equal(Deno.readTextFileSync(path), lineOf("a") + "\n");
  assert.equal((await recording.ask(question("b"), options)).text, "b!");
  assert.equal(Deno.readTextFileSync(path), lineOf("a") + "\n" + lineOf("b") + "\n");
});

Deno.test("recordingClient() asks again what was recorded before, once and only if it is told to", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "r.jsonl");
  let answer = "?";
  const client: ChatClient = { name: "echo", ask: () => Promise.resolve({ text: answer }) };
  {
    using first = recordingClient(client, path, noWarning, { again: true });
    assert.equal((await first.ask(question("a"), options)).text, "?");
    assert.equal(await first.askAgain!(question("a"), options), undefined); // as new as can be
  }
  answer = "A.";
  {
    using second = recordingClient(client, path, noWarning);
    assert.equal(second.askAgain, undefined);
    assert.equal((await second.ask(question("a"), options)).text, "?");
  }
  {
    using third = recordingClient(client, path, noWarning, { again: true });
    const read = (text: string) => text === "?" ? undefined : text;
    const got = await askReadable(third, question("a"), options, read);
    assert.deepEqual(got, { answer: { text: "A." }, value: "A." });
    assert.equal(await third.askAgain!(question("a"), options), undefined);
  }
  assert.equal((await recordedClient(path, "echo").ask(question("a"), options)).text, "A.");
});

Deno.test("recordingClient() asks again what was changed in its file, once, and says so", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "r.jsonl");
  const changes: [from: string, to: string][] = [
    ["b!", "B!"],
    ['"by":"echo"', '"by":"echo","cut":true'],
    [requestHash(question("b"), options), requestHash(question("c"), options)],
  ];
  for (const [from, to] of changes) {
    const lines = ["a", "b", "d"].map((content) => lineOf(content) + "\n");
    lines[1] = lines[1].replace(from, to);
    Deno.writeTextFileSync(path, lines.join(""));
    const client = echo();
    const warnings: string[] = [];
    for (let run = 0; run < 2; run++) {
      using recording = recordingClient(client, path, (message) => warnings.push(message));
      for (const content of ["a", "b", "d"]) {
        assert.equal((await recording.ask(question(content), options)).text, `${content}!`);
      }
    }
    assert.deepEqual(client.asked, ["b"]);
    const said =
      `Line 2 of "${path}" was changed since it was written; its question is asked again.`;
    assert.deepEqual(warnings, [said, said]);
    assert.equal((await recordedClient(path, "echo").ask(question("b"), options)).text, "b!");
  }
});

Deno.test("recordingClient() records nothing that cannot be read back", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "r.jsonl");
  const client: ChatClient = { name: "echo", ask: () => Promise.resolve({ text: "Well \ud83d." }) };
  using recording = recordingClient(client, path, noWarning);
  assert.equal((await recording.ask(question("a"), options)).text, "Well \ufffd.");
  assert.doesNotMatch(Deno.readTextFileSync(path), /ud83d/i);
});

Deno.test("recordingClient() records no key", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "r.jsonl");
  await using server = await chatServer(() => ({ body: completion("Your key is sk-secret.") }));
  const endpoint = endpointClient({ baseURL: server.baseURL, model: "m", key: "sk-secret" });
  using recording = recordingClient(endpoint, path, noWarning);
  await recording.ask(question("a"), options);
  const recorded = JSON.parse(Deno.readTextFileSync(path));
  assert.deepEqual(Object.keys(recorded), ["request", "answer", "by", "seal"]);
  assert.ok(!JSON.stringify(recorded).includes("secret"));
});

Deno.test("recordingClient() of a bad server loses no answer of 1,000 and asks none twice, though killed half way", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "r.jsonl");
  const { reply, answered } = badReplies(stream("recording_test/bad"));
  const stuck = Promise.withResolvers<void>();
  let [killed, hanging] = [false, 0];
  await using server = await chatServer((received) => {
    if (killed || answered.size < 500) return reply(received);
    if (++hanging === 8) stuck.resolve(); // every place is taken: all that was answered has been recorded
    return { body: null, delay: Infinity };
  });
  const { baseURL } = server;

  const program = join(import.meta.dirname!, "testdata", "thousand.ts");
  const permissions = ["--allow-env", "--allow-read", "--allow-write", "--allow-net=127.0.0.1"];
  const run = new Deno.Command("deno", {
    args: ["run", "--quiet", ...permissions, program, baseURL, path],
    stdin: "null",
  }).spawn();
  await Promise.race([
    stuck.promise,
    run.status.then(() => assert.fail("the run ended too early")),
  ]);
  run.kill("SIGKILL");
  await run.status;
  killed = true;
  Deno.writeTextFileSync(path, lineOf("half").slice(0, 50), { append: true });

  const warnings: string[] = [];
  const wait = () => Promise.resolve();
  const endpoint = endpointClient({ baseURL, model: "m", key: "", wait });
  using client = recordingClient(endpoint, path, (message) => warnings.push(message));
  const { questions, answers } = await askThousand(client);
  assert.deepEqual(answers, questions.map((question) => `Answer to ${question}`));
  assert.deepEqual(questions.map((question) => answered.get(question)), questions.map(() => 1));
  assert.equal(warnings.length, 1);
});
