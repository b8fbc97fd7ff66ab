import assert from "node:assert/strict";
import { UserError } from "../../core/errors.ts";
import { givenTokenizer } from "../../tokenizer/given.ts";
import { Metadata, type MetadataValue } from "./metadata.ts";
import { PRE_TOKENIZERS } from "./pre_tokenizers.ts";
import { tokenizerOf } from "./tokenizer.ts";
import golden from "./testdata/tokenizers_golden.json" with { type: "json" };

type Values = Record<string, MetadataValue | undefined>;

/** Settings of a file; those that are undefined are left out. */
function metadataOf(values: Values): Metadata {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Metadata(new Map(entries as [string, MetadataValue][]), "model.gguf");
}

const bytes: Values = golden.byteLevel.metadata;
const pieces: Values = golden.sentencePiece.metadata;
const filesOf = (from: Values, changes: Values = {}) =>
  tokenizerOf(metadataOf({ ...from, ...changes }));

function assertIds(
  files: ReturnType<typeof tokenizerOf>,
  expected: readonly number[][],
  { placed = true } = {},
): void {
  const { encode, encodeWithOffsets, frontId } = givenTokenizer(files);
  golden.strings.forEach((text, i) => {
    const found = [...frontId === undefined ? [] : [frontId], ...encode(text)];
    assert.deepEqual(found, expected[i], JSON.stringify(text));
    if (placed) encodeWithOffsets(text); // tokens spell the text, else it throws
  });
}

for (const [name, expected] of Object.entries(golden.byteLevel.ids)) {
  Deno.test(`tokenizerOf() gives transformers' ids with the pre-tokenizer ${name}`, () => {
    assertIds(filesOf(bytes, { "tokenizer.ggml.pre": name }), expected);
    const others = Object.entries(golden.byteLevel.ids).filter(([other]) => other !== name);
    others.forEach(([, ids]) => assert.notDeepEqual(ids, expected)); // the strings tell them apart
  });
}

Deno.test("tokenizerOf() gives transformers' ids for SentencePiece vocabularies such as Gemma's", () => {
  const files = filesOf(pieces, { "tokenizer.ggml.add_space_prefix": false });
  assertIds(files, golden.sentencePiece.ids.gemma);
});

Deno.test("tokenizerOf() gives transformers' ids for SentencePiece vocabularies such as Llama 2's, with a blank in front", () => {
  // where runs of blanks are pieces like others
  const { metadata } = golden.sentencePiece;
  const tokens = metadata["tokenizer.ggml.tokens"];
  const isRun = (id: number) => /^ +$/.test(tokens[id]);
  const like = {
    "tokenizer.ggml.tokens": tokens.map((t, id) => isRun(id) ? "▁".repeat(t.length) : t),
    "tokenizer.ggml.token_type": metadata["tokenizer.ggml.token_type"].map((t, id) =>
      isRun(id) ? 1 : t
    ),
    "tokenizer.ggml.scores": metadata["tokenizer.ggml.scores"].map((s, id) =>
      isRun(id) ? -tokens[id].length / 8 : s
    ),
  };
  assertIds(filesOf(pieces, like), golden.sentencePiece.ids.llama, { placed: false });
});

Deno.test("tokenizerOf() names the special tokens, and takes the chat template and what stands in front from the file", () => {
  const named = givenTokenizer(filesOf(pieces));
  assert.deepEqual([named.padId, named.eosId, named.bosId, named.frontId], [0, 1, 2, 2]);
  assert.equal(named.vocabSize, golden.sentencePiece.metadata["tokenizer.ggml.tokens"].length);
  const without = givenTokenizer(filesOf(pieces, { "tokenizer.ggml.add_bos_token": false }));
  assert.equal(without.frontId, undefined);
  const files = filesOf(bytes, {
    "tokenizer.ggml.pre": "smollm",
    "tokenizer.ggml.add_bos_token": true,
    "tokenizer.chat_template": "{{ messages }}",
  });
  assert.equal(givenTokenizer(files).frontId, 0);
  assert.equal(files.settings.chat_template, "{{ messages }}");
});

Deno.test("tokenizerOf() knows a token by any name", () => {
  const tokens = [...golden.byteLevel.metadata["tokenizer.ggml.tokens"], "__proto__"];
  const files = filesOf(bytes, {
    "tokenizer.ggml.pre": "smollm",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.token_type": [...golden.byteLevel.metadata["tokenizer.ggml.token_type"], 1],
  });
  assert.equal(Object.entries(files.definition.model.vocab).length, tokens.length);
});

Deno.test("tokenizerOf() refuses what a file leaves open, and names it", () => {
  const fails = (from: Values, changes: Values, message: RegExp) =>
    assert.throws(() => filesOf(from, changes), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^Cannot load "model\.gguf": /);
      assert.match(error.message, message);
      return true;
    });
  const gpt2 = { ...bytes, "tokenizer.ggml.pre": "gpt-2" };
  fails({}, {}, /it must hold its tokenizer, got none$/);
  fails(gpt2, { "tokenizer.ggml.tokens": undefined }, /must hold its tokenizer/);
  fails(gpt2, { "tokenizer.ggml.merges": undefined }, /must have merges, got none$/);
  fails(gpt2, { "tokenizer.ggml.merges": [] }, /must have merges, got none$/);
  fails(gpt2, { "tokenizer.ggml.merges": ["a b c"] }, /two tokens with a blank.*, got "a b c"$/);
  fails(gpt2, { "tokenizer.ggml.token_type": undefined }, /of which type each .* got no types$/);
  fails(
    gpt2,
    { "tokenizer.ggml.token_type": [1] },
    /of which type each of \d+ tokens is, got 1 types$/,
  );
  fails(
    gpt2,
    { "tokenizer.ggml.eos_token_id": 1e6 },
    /"tokenizer\.ggml\.eos_token_id" must be below/,
  );
  fails(
    gpt2,
    { "tokenizer.ggml.tokens": [1, 2] },
    /"tokenizer\.ggml\.tokens" must be a list of texts, got \[1,2\]$/,
  );
  fails(bytes, {}, /pre-tokenizer must be one of .*smollm.*, got "none"$/);
  fails(bytes, { "tokenizer.ggml.pre": "default" }, /got "default"$/);
  fails(pieces, { "tokenizer.ggml.scores": undefined }, /must have a score for each token/);
  const same = golden.sentencePiece.metadata["tokenizer.ggml.scores"].map(() => -1000);
  fails(pieces, { "tokenizer.ggml.scores": same }, /got none that differ$/);
  fails(
    pieces,
    { "tokenizer.ggml.remove_extra_whitespaces": true },
    /must leave blanks as they are/,
  );
  fails(pieces, { "tokenizer.ggml.model": "bert" }, /must be "gpt2" .* or "llama" .*, got "bert"$/);
});

Deno.test("PRE_TOKENIZERS are covered by golden values", () => {
  const covered = Object.keys(golden.byteLevel.ids).map((name) => PRE_TOKENIZERS.get(name));
  for (const way of PRE_TOKENIZERS.values()) assert.ok(covered.includes(way));
});
