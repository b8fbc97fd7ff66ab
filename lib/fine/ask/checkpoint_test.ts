import assert from "node:assert/strict";
import { join } from "node:path";
import { openLocalClient } from "../../chat/local.ts";
import { openChatTemplate } from "../../chat/template.ts";
import { silent } from "../../core/progress.ts";
import { scratchFolder } from "../../core/testing.ts";
import { ggufBytes, TINY_SETTINGS, TINY_TENSORS } from "../../model/gguf/testing.ts";
import tokenizers from "../../model/gguf/testdata/tokenizers_golden.json" with { type: "json" };
import { randomModel, writeRandomCheckpoint } from "../../model/testing.ts";
import { likelierOptions } from "../likelihood.ts";
import { openLocalModel } from "./checkpoint.ts";

const scratch = scratchFolder();
const said: string[] = [];
const options = { threads: 1, cache: scratch, say: (message: string) => void said.push(message) };
const question = { id: "1", category: "Privacy", question: "a b", safe: "b", unsafe: "a a a" };
const messages = [{ role: "user" as const, content: "a b" }];

const { metadata } = tokenizers.byteLevel;
const [embedding, ...others] = TINY_TENSORS;
const path = join(scratch, "tiny.gguf");
Deno.writeFileSync(
  path,
  ggufBytes({
    settings: {
      ...TINY_SETTINGS,
      ...metadata,
      "llama.context_length": 64,
      "tokenizer.ggml.pre": "smollm",
      "tokenizer.chat_template":
        "{% for m in messages %}<|im_start|>{{ m.role + m.content }}<|im_end|>{% endfor %}<|im_start|>",
    },
    tensors: [
      { ...embedding, shape: [metadata["tokenizer.ggml.tokens"].length, 8] },
      ...others,
    ],
  }),
);

Deno.test("openLocalModel() asks a GGUF file in its chat template, and says how likely an option is behind it", async () => {
  const { model, format, session } = openLocalModel(path, options);
  assert.deepEqual(said, []);
  const tokens = openChatTemplate(path).tokens(messages);
  assert.deepEqual(format.prompt(messages, 64), tokens);
  const { ids, answerFrom } = format.answered(messages, "b");
  assert.deepEqual([answerFrom, ids.length > answerFrom], [tokens.length, true]);
  await using client = await openLocalClient(model, format, {
    name: "tiny",
    maxTokens: 4,
    session,
  });
  const asked = { seed: 0, temperature: 0, maxTokens: 4 };
  const answer = await client.ask(messages, asked);
  assert.deepEqual(await client.ask(messages, asked), answer);
  const likelier = await likelierOptions(model, format, [question], {
    ...session,
    progress: silent,
  });
  assert.equal(likelier.length, 1);
});

Deno.test("openLocalModel() asks a model without a template in plain turns, and says so", () => {
  const folder = writeRandomCheckpoint(
    join(scratch, "plain"),
    randomModel("language-model", { vocabSize: 300 }),
  );
  const { format, model } = openLocalModel(folder, options);
  assert.match(said.pop()!, /plain" has no chat template: it is asked in plain turns/);
  assert.equal(Array.from(format.prompt(messages, model.config.contextLength))[0], 1); // in front
});

Deno.test("openLocalModel() refuses a guard", () => {
  const folder = writeRandomCheckpoint(
    join(scratch, "guard"),
    randomModel("guard", { vocabSize: 300 }),
  );
  assert.throws(
    () => openLocalModel(folder, options),
    /Cannot ask ".*guard": it must be a language model, got a guard/,
  );
});
