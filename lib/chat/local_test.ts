import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/errors.ts";
import { type Model, readCheckpoint } from "../model/checkpoint.ts";
import { EMBEDDING, OUTPUT } from "../model/parameters.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Message } from "./client.ts";
import { type LocalOptions, openLocalClient } from "./local.ts";
import { promptOf, turnsFormat } from "./prompt_format.ts";
import golden from "./testdata/local_golden.json" with { type: "json" };

const model = readCheckpoint(
  fileURLToPath(new URL("../model/testdata/language-model", import.meta.url)),
);

/** As in `local_golden.py`; a token is decoded as a letter of its own. */
const tokenizer: Tokenizer = {
  vocabSize: 40,
  padId: 0,
  bosId: 1,
  eosId: 2,
  encode: (text) => Int32Array.from(text, (c, i) => 3 + (c.charCodeAt(0) + 7 * i) % 37),
  encodeWithOffsets: (text) => ({
    ids: tokenizer.encode(text),
    starts: Int32Array.from(text, (_, i) => i),
    ends: Int32Array.from(text, (_, i) => i + 1),
  }),
  decode: (ids) => Array.from(ids, (id) => String.fromCharCode(0x100 + id)).join(""),
};
const greedy = { seed: 0, temperature: 0, maxTokens: 6 };
const user = (content: string): Message[] => [{ role: "user", content }];

async function answers(
  questions: readonly string[],
  changes: Partial<LocalOptions> = {},
  asked: Model = model,
) {
  const options = { name: "toy", maxTokens: 6, session: { threads: 1 }, ...changes };
  await using client = await openLocalClient(
    asked,
    turnsFormat(tokenizer, tokenizer.bosId),
    options,
  );
  const said = await Promise.all(questions.map((question) => client.ask(user(question), greedy)));
  return said.map(({ text }) => text);
}

Deno.test("promptOf() renders all roles, and ends where the assistant's turn begins", () => {
  const messages: Message[] = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hello" },
    { role: "user", content: "Bye " },
  ];
  assert.equal(
    promptOf(messages),
    "\n\nSystem: Be brief.\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Bye \n\nAssistant:",
  );
});

Deno.test("openLocalClient() gives the greedy answers of transformers", async () => {
  const said = golden.map(({ said }) => tokenizer.decode(said.filter((id) => id !== 2)));
  assert.ok(new Set(said).size > 1);
  assert.deepEqual(await answers(golden.map(({ question }) => question)), said);
});

Deno.test("openLocalClient() takes the output weights of a model whose embeddings are others", async () => {
  // the rows of the output in reverse: what is likeliest is the token as far from the other end
  const rows = model.parameters.get(EMBEDDING)!;
  const ids = Array.from({ length: 40 }, (_, id) => id);
  const reversed = Float32Array.from(rows.data, (_, i) => {
    const [id, c] = [Math.floor(i / 16), i % 16];
    return rows.data[(39 - id) * 16 + c];
  });
  const output = { ...rows, name: OUTPUT, data: reversed };
  const parameters = new Map(model.parameters).set(OUTPUT, output);
  const untied: Model = { ...model, config: { ...model.config, tied: false }, parameters };
  const questions = golden.map(({ question }) => question);
  const first = (said: readonly string[]) =>
    said.map((text) => ids.indexOf(text.charCodeAt(0) - 0x100));
  const tied = first(await answers(questions, { maxTokens: 1 }));
  assert.deepEqual(
    first(await answers(questions, { maxTokens: 1 }, untied)),
    tied.map((id) => 39 - id),
  );
});

Deno.test("openLocalClient() answers the same in any batch, order and number of threads, and asked one by one", async () => {
  const questions = Array.from({ length: 24 }, (_, i) => "abcdefghi".slice(0, i % 9) + i);
  const reference = await answers(questions);
  assert.ok(new Set(reference).size > 3);
  assert.deepEqual(await answers(questions, { session: { threads: 2 } }), reference);
  assert.deepEqual(await answers(questions, { tokenBudget: 1 }), reference);
  assert.deepEqual(await answers(questions.toReversed()), reference.toReversed());
  await using client = await openLocalClient(model, turnsFormat(tokenizer, tokenizer.bosId), {
    name: "toy",
    maxTokens: 6,
    session: { threads: 1 },
  });
  for (const [i, question] of questions.entries()) {
    assert.equal((await client.ask(user(question), greedy)).text, reference[i]);
  }
});

Deno.test("openLocalClient() stops at the next turn, the end of the text, and the shorter of both limits", async () => {
  const [{ question, said: [first] }] = golden;
  const asked = async (changes: Partial<Tokenizer>, maxTokens = 6) => {
    const own = { ...tokenizer, ...changes };
    await using client = await openLocalClient(model, turnsFormat(own, own.bosId), {
      name: "toy",
      maxTokens: 6,
      session: { threads: 1 },
    });
    return (await client.ask(user(question), { ...greedy, maxTokens })).text;
  };
  assert.equal((await asked({}, 2)).length, 2);
  assert.equal(await asked({ eosId: first }), "");
  let turns = 0;
  const decode = (ids: ArrayLike<number>) => {
    turns++;
    return ids.length < 2 ? "Yes." : "Yes.\n\nHuman: And";
  };
  assert.equal(await asked({ decode }), "Yes.");
  assert.equal(turns, 2);
});

Deno.test("openLocalClient() leaves out turns at the front of a request that is too long", async () => {
  const long: Message[] = [
    ...user("x".repeat(60)),
    { role: "assistant", content: "y" },
    ...user("z"),
  ];
  await using client = await openLocalClient(model, turnsFormat(tokenizer, tokenizer.bosId), {
    name: "toy",
    maxTokens: 6,
    session: { threads: 1 },
  });
  const { text, cut, tokens } = await client.ask(long, greedy);
  assert.deepEqual([text.length, cut, tokens], [6, true, 6]);
});

Deno.test("openLocalClient() refuses another temperature than 0, and says whose", async () => {
  await using client = await openLocalClient(model, turnsFormat(tokenizer, tokenizer.bosId), {
    name: "toy",
    maxTokens: 6,
    session: { threads: 1 },
  });
  await assert.rejects(
    client.ask(user("Hi"), { ...greedy, temperature: 1 }),
    (error) =>
      error instanceof UserError &&
      error.message === "Cannot answer as toy: the temperature must be 0, got 1",
  );
});
