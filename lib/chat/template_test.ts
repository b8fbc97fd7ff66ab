import assert from "node:assert/strict";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { temporaryFolder } from "../core/testing.ts";
import type { Message } from "./client.ts";
import { openChatTemplate } from "./template.ts";

const TESTDATA = join(import.meta.dirname!, "testdata");

/** Rendered and encoded by transformers in Python; see template_golden.py. */
const golden: {
  templates: Record<"chatml" | "gemma" | "dated", string>;
  cases: {
    tokenizer: string;
    template: "chatml" | "gemma";
    messages: Message[];
    tokens: number[];
  }[];
} = JSON.parse(Deno.readTextFileSync(join(TESTDATA, "template_golden.json")));
const { chatml, gemma, dated } = golden.templates;

/** A checkpoint's folder with one of the small tokenizers and a template. */
function checkpoint(folder: string, tokenizer: string, chat_template: unknown): string {
  const from = join(TESTDATA, tokenizer);
  Deno.copyFileSync(join(from, "tokenizer.json"), join(folder, "tokenizer.json"));
  const settings = JSON.parse(Deno.readTextFileSync(join(from, "tokenizer_config.json")));
  Deno.writeTextFileSync(
    join(folder, "tokenizer_config.json"),
    JSON.stringify({ ...settings, chat_template }),
  );
  return folder;
}

function open(tokenizer: string, chat_template: unknown) {
  using folder = temporaryFolder();
  return openChatTemplate(checkpoint(folder.path, tokenizer, chat_template));
}

const user = (content: string): Message[] => [{ role: "user", content }];

Deno.test("openChatTemplate() renders and encodes as transformers does, and nothing said as a token of the template", () => {
  for (const { tokenizer, template, messages, tokens } of golden.cases) {
    const found = open(tokenizer, golden.templates[template]).tokens(messages);
    assert.deepEqual(found, tokens, `${template}: ${messages.at(-1)!.content}`);
  }
});

Deno.test("openChatTemplate() gives as many of the template's tokens whatever is said, and loses nothing of it", () => {
  using folder = temporaryFolder();
  const path = checkpoint(folder.path, "byte_level", chatml);
  const template = openChatTemplate(path);
  const [definition, settings] = ["tokenizer", "tokenizer_config"].map((name) =>
    JSON.parse(Deno.readTextFileSync(join(path, `${name}.json`)))
  );
  const library = new Tokenizer(definition, settings);
  const spelt: Set<number> = new Set(
    definition.added_tokens.filter(({ content }: { content: string }) => content.trim() !== "").map(
      (
        { id }: { id: number },
      ) => id,
    ),
  );
  const written = template.tokens(user("x")).filter((id) => spelt.has(id));
  const spellings = fc.constantFrom(
    "<|im_start|>",
    "<|im_end|>",
    "<|im",
    "<tool_call>",
    "|>",
    "\ud800",
  );
  const texts = fc.array(fc.oneof(fc.string({ unit: "binary" }), spellings, fc.string()));
  fc.assert(fc.property(texts, (parts) => {
    const said = parts.join("").trim().toWellFormed();
    const ids = template.tokens(user(parts.join("")));
    assert.deepEqual(ids.filter((id) => spelt.has(id)), written);
    assert.equal(
      library.decode(ids, { clean_up_tokenization_spaces: false }),
      `<|im_start|>user\n${said}<|im_end|>\n<|im_start|>assistant\n`,
    );
  }));
});

Deno.test("openChatTemplate() takes the template from chat_template.jinja first, or the default of several", () => {
  const [{ tokens, messages }] = golden.cases;
  using folder = temporaryFolder();
  checkpoint(folder.path, "byte_level", "{{ 'another' }}");
  Deno.writeTextFileSync(join(folder.path, "chat_template.jinja"), chatml);
  assert.deepEqual(openChatTemplate(folder.path).tokens(messages), tokens);
  const several = [{ name: "rag", template: "{{ 'another' }}" }, {
    name: "default",
    template: chatml,
  }];
  assert.deepEqual(open("byte_level", several).tokens(messages), tokens);
});

Deno.test("openChatTemplate() renders the same tomorrow where a template prints the date", () => {
  const library = (folder: string) => openChatTemplate(checkpoint(folder, "byte_level", dated));
  using folder = temporaryFolder();
  const ids = library(folder.path).tokens(user("Hi"));
  const plain = open("byte_level", `{{ '26 Jul 2024 ' }}${chatml}`).tokens(user("Hi"));
  assert.deepEqual(ids, plain);
});

Deno.test("openChatTemplate() names template and tokenizer by a hash", () => {
  const id = open("byte_level", chatml).id;
  assert.match(id, /^[0-9a-f]{8}$/);
  assert.equal(open("byte_level", chatml).id, id);
  assert.notEqual(open("byte_level", chatml + " ").id, id);
  assert.notEqual(open("metaspace", chatml).id, id);
});

Deno.test("openChatTemplate() says what is wrong with a checkpoint", () => {
  const complaints: [unknown, RegExp][] = [
    [undefined, /^Cannot use the chat template of ".*": its tokenizer has none$/],
    ["{% for", /^Cannot use the chat template of ".*": it says "/],
    ["{{ raise_exception('No.') }}", /: it says "No\."$/],
    ["{{ messages[-1].content }}{{ messages[-1].content }}", /: it must render every message once/],
    ["{{ 'Hi' }}", /: it must render every message once/],
    ["{{ messages[-1].content | upper }}", /: it must render every message once/],
    [[{ name: "rag", template: chatml }], /: it says ".*no default/],
  ];
  for (const [template, message] of complaints) {
    assert.throws(() => open("byte_level", template), { name: "UserError", message });
  }
  using folder = temporaryFolder();
  assert.throws(() => openChatTemplate(folder.path), {
    name: "UserError",
    message: /tokenizer.json/,
  });
  checkpoint(folder.path, "byte_level", chatml);
  Deno.writeTextFileSync(join(folder.path, "tokenizer.json"), "{");
  assert.throws(() => openChatTemplate(folder.path), {
    name: "UserError",
    message: /^Cannot read ".*tokenizer.json": it must be JSON/,
  });
  Deno.writeTextFileSync(join(folder.path, "tokenizer.json"), "{}");
  assert.throws(() => openChatTemplate(folder.path), {
    name: "UserError",
    message: /"model" must be an object/,
  });
});

Deno.test("openChatTemplate() refuses what a template refuses later", () => {
  const template = open(
    "metaspace",
    gemma.replace(
      "{% set",
      "{% if message.content | length > 20 %}{{ raise_exception('long') }}{% endif %}{% set",
    ),
  );
  template.tokens(user("short"));
  assert.throws(() => template.tokens(user("long ".repeat(9))), {
    name: "UserError",
    message: /says "long"$/,
  });
});

Deno.test("openChatTemplate() refuses a text of which a tokenizer makes special tokens all the same", () => {
  using folder = temporaryFolder();
  const vocab = ["<unk>", "<s>", ..."Hi<s>?"].map((piece) => [piece, piece === "<unk>" ? 0 : -1]);
  const definition = {
    model: { type: "Unigram", unk_id: 0, vocab },
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    added_tokens: [{ id: 1, content: "<s>", special: true }],
  };
  Deno.writeTextFileSync(join(folder.path, "tokenizer.json"), JSON.stringify(definition));
  const settings = {
    unk_token: "<unk>",
    chat_template: "{{ '<s>' }}{% for m in messages %}{{ m.content }}{% endfor %}",
  };
  Deno.writeTextFileSync(join(folder.path, "tokenizer_config.json"), JSON.stringify(settings));
  const template = openChatTemplate(folder.path);
  assert.deepEqual(template.tokens(user("Hi")), [1, 2, 3]);
  assert.throws(() => template.tokens(user("Hi<s>")), {
    name: "UserError",
    message: /its tokenizer must keep special tokens apart from text$/,
  });
});
