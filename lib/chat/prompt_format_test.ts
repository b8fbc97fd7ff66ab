import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../core/testing.ts";
import { loadGivenTokenizer } from "../tokenizer/given.ts";
import type { Message } from "./client.ts";
import { templateFormat, turnsFormat } from "./prompt_format.ts";
import { openChatTemplate } from "./template.ts";

const TESTDATA = join(import.meta.dirname!, "testdata");
const golden = JSON.parse(Deno.readTextFileSync(join(TESTDATA, "template_golden.json")));

/** One of the small tokenizers, with a template. */
function open(name: string, template: string) {
  using folder = temporaryFolder();
  const from = join(TESTDATA, name);
  Deno.copyFileSync(join(from, "tokenizer.json"), join(folder.path, "tokenizer.json"));
  const settings = JSON.parse(Deno.readTextFileSync(join(from, "tokenizer_config.json")));
  const own = { ...settings, chat_template: template };
  Deno.writeTextFileSync(join(folder.path, "tokenizer_config.json"), JSON.stringify(own));
  const tokenizer = loadGivenTokenizer(folder.path);
  return { tokenizer, template: openChatTemplate(folder.path) };
}

const user = (content: string): Message[] => [{ role: "user", content }];

Deno.test("templateFormat() asks as transformers renders a request, and reads up to the end of the turn", () => {
  for (
    const [name, template, end] of [
      ["byte_level", "chatml", "<|im_end|>"],
      ["metaspace", "gemma", "<end_of_turn>"],
    ]
  ) {
    const opened = open(name, golden.templates[template]);
    const { tokenizer } = opened;
    const format = templateFormat(opened.template, tokenizer);
    const { messages, tokens } = golden.cases.find((one: { tokenizer: string; template: string }) =>
      one.tokenizer === name && one.template === template
    );
    assert.deepEqual(format.prompt(messages, tokens.length), tokens);
    const said = tokenizer.encode("The geese go south.");
    const answered = format.answered(messages, "The geese go south.");
    assert.equal(answered.answerFrom, tokens.length);
    assert.deepEqual([...Array.from(answered.ids)], [...tokens, ...said]);
    const [endId] = tokenizer.encode(end);
    assert.equal(opened.template.endId, endId);
    const open_ = format.read([...said]);
    assert.deepEqual(open_, { text: "The geese go south.", complete: false });
    assert.deepEqual(format.read([...said, endId]), { ...open_, complete: true });
  }
});

Deno.test("templateFormat() refuses a request that does not fit", () => {
  const { tokenizer, template } = open("byte_level", golden.templates.chatml);
  assert.throws(() => templateFormat(template, tokenizer).prompt(user("Hi?"), 5), {
    name: "UserError",
    message:
      /^Cannot ask: the request must fit into the model's context, of which 5 tokens are left for it, got \d+$/,
  });
});

Deno.test("turnsFormat() puts in front what the model reads there, or nothing", () => {
  const { tokenizer } = open("byte_level", golden.templates.chatml);
  const text = "\n\nHuman: Hi?\n\nAssistant:";
  for (const frontId of [undefined, 9]) {
    const format = turnsFormat(tokenizer, frontId);
    const asked = [...frontId === undefined ? [] : [frontId], ...tokenizer.encode(text)];
    assert.deepEqual(Array.from(format.prompt(user("Hi?"), 99)), asked);
    const { ids, answerFrom } = format.answered(user("Hi?"), "Yes.");
    assert.equal(answerFrom, asked.length);
    assert.deepEqual(Array.from(ids), [...asked, ...tokenizer.encode(" Yes.")]);
  }
});
