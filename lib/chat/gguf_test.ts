import assert from "node:assert/strict";
import { UserError } from "../core/errors.ts";
import type { AskOptions, Message } from "./client.ts";
import { openGgufClient } from "./gguf.ts";

/**
 * A GGUF file with a chat template, such as SmolLM2-135M-Instruct; without it only the refusals are tested. A name of its own: the
 * first run fetches llama.cpp, some 700 MB.
 */
const file = Deno.env.get("REAL_RESPONDENT");
const ignore = file === undefined;
const greedy: AskOptions = { seed: 0, temperature: 0, maxTokens: 8 };

Deno.test("openGgufClient() says what is wrong with a file", async () => {
  const path = new URL("../../README.md", import.meta.url).pathname;
  await assert.rejects(openGgufClient(path, { threads: 1 }), UserError);
});

Deno.test({
  name:
    "openGgufClient() answers the same alone, after others, beside others, on any number of threads, and for a seed",
  ignore,
  async fn() {
    const system: Message = { role: "system", content: "You answer in one word. ".repeat(4) };
    const questions = ["Is the sky blue?", "Is grass red?", "Is snow warm?"]
      .map((content): Message[] => [system, { role: "user", content }]);
    const drawn = { ...greedy, temperature: 1, seed: 7 };
    await using client = await openGgufClient(file!, { threads: 1 });
    const one = [];
    for (const question of questions) one.push(await client.ask(question, greedy));
    const drawing = await client.ask(questions[0], drawn);
    assert.ok(one.every(({ text, tokens }) => text !== "" && tokens! <= 8));
    assert.ok(one.some(({ cut }) => cut));
    assert.deepEqual(await client.ask(questions[0], drawn), drawing); // where the prompt has been read
    assert.deepEqual(await client.ask(questions[2], greedy), one[2]); // where the system's part has been read
    await using other = await openGgufClient(file!, { threads: 2 });
    const both = await Promise.all([
      other.ask(questions[2], greedy),
      other.ask(questions[1], greedy),
      other.ask(questions[0], drawn),
    ]);
    assert.deepEqual(both, [one[2], one[1], drawing]);
    assert.equal(client.account.requests, 6);
    await assert.rejects(client.ask([{ role: "user", content: "word ".repeat(9000) }], greedy), {
      name: "UserError",
      message: /must fit into the model's context of \d+$/,
    });
  },
});
