import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { scratchFolder } from "../../core/testing.ts";
import { COMMIT, startHub } from "../../hub/testing.ts";
import { ggufBytes, TINY_SETTINGS, TINY_TENSORS } from "../../model/gguf/testing.ts";
import { openChatTemplate } from "../../chat/template.ts";
import tokenizers from "../../model/gguf/testdata/tokenizers_golden.json" with { type: "json" };
import { openGivenModels } from "./given_models.ts";
import { locateGiven } from "./given_sources.ts";

const scratch = scratchFolder();
const said: string[] = [];
const options = { cache: join(scratch, "cache"), say: (message: string) => said.push(message) };

const { metadata, ids } = tokenizers.byteLevel;
const vocabSize = metadata["tokenizer.ggml.tokens"].length;
const settings = {
  ...TINY_SETTINGS,
  ...metadata,
  "tokenizer.ggml.pre": "smollm",
  "tokenizer.chat_template":
    "{% for m in messages %}<|im_start|>{{ m.role + m.content }}<|im_end|>{% endfor %}<|im_start|>",
};
const [embedding, ...others] = TINY_TENSORS;
const tensors = [{ ...embedding, shape: [vocabSize, 8] }, ...others];
const path = join(scratch, "tiny.Q.gguf");
Deno.writeFileSync(path, ggufBytes({ settings, tensors }));

/** The two parts of the same model. */
const parts = [tensors.slice(0, 3), tensors.slice(3)].map((tensors, i) =>
  ggufBytes({
    settings: { ...i === 0 ? settings : {}, "split.no": i, "split.count": 2 },
    tensors,
  })
);

const openModel = (model: string) =>
  openGivenModels({ model, device: "cpu", dtype: "float32" }, options);

Deno.test("openGivenModels() opens a GGUF file with its tokenizer, and names it by its hash", async () => {
  const { languageModel, tokenizer, origins } = await openModel(path);
  assert.equal(languageModel.model.config.vocabSize, vocabSize);
  assert.deepEqual([...tokenizer.encode(tokenizers.strings[0])], ids.smollm[0]);
  const { model } = origins.languageModel;
  assert.equal(model.name, "tiny.Q.gguf");
  assert.match(model.sha256!, /^[0-9a-f]{64}$/);
  await assert.rejects(
    openGivenModels({ model: path, guard: path, device: "cpu", dtype: "float32" }, options),
    /Cannot use "tiny\.Q\.gguf" as guard: it must have a score head/,
  );
});

Deno.test("openChatTemplate() renders the template of a GGUF file", () => {
  const rendered = openChatTemplate(path).tokens([{ role: "user", content: "a" }]);
  assert.deepEqual([rendered[0], rendered.at(-1)], [1, 1]); // <|im_start|>
  assert.ok(rendered.includes(2)); // <|im_end|>
});

Deno.test("locateGiven() gets a GGUF file of a repository with all its parts, and nothing else of it", async () => {
  await using standIn = startHub({
    "tiny/model:README.md": "",
    "tiny/model:one.gguf": Deno.readFileSync(path),
    "tiny/model:q/m-00001-of-00002.gguf": parts[0],
    "tiny/model:q/m-00002-of-00002.gguf": parts[1],
  });
  Deno.env.set("HF_ENDPOINT", standIn.hub.url);
  try {
    const single = await locateGiven("checkpoint", "tiny/model:one.gguf", options);
    assert.deepEqual(single.origin, { name: "tiny/model", file: "one.gguf", revision: COMMIT });
    assert.match(said.at(-1)!, new RegExp(`tiny/model:one\\.gguf@${COMMIT} gets the same again`));
    assert.deepEqual(Deno.readFileSync(single.folder), Deno.readFileSync(path));
    const { languageModel } = await openModel(`tiny/model:q/m-00002-of-00002.gguf@${COMMIT}`);
    assert.equal(languageModel.model.parameters.size, tensors.length);
    assert.ok(!standIn.requests.some((line) => line.includes("README")));
    await assert.rejects(
      locateGiven("checkpoint", `tiny/model:two.gguf@${COMMIT}`, options),
      /none of its files is of the kind wanted/,
    );
  } finally {
    Deno.env.delete("HF_ENDPOINT");
  }
});

Deno.test("locateGiven() refuses what is neither there nor a name, and files that are no GGUF", async () => {
  const fails = (kind: "checkpoint" | "adapter", name: string) =>
    assert.rejects(locateGiven(kind, name, options), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /^Cannot use the (checkpoint|adapter) ".*": there is no such folder/,
      );
      return true;
    });
  await fails("checkpoint", "none.gguf");
  await fails("checkpoint", "./a/none.gguf");
  await fails("checkpoint", "a/b:model.safetensors");
  await fails("adapter", "a/b:adapter.gguf");
});
