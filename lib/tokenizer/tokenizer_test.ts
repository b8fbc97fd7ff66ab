import assert from "node:assert/strict";
import { join } from "node:path";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import fc from "fast-check";
import { UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { PRETOKEN_PATTERN, pretokens } from "./pretokens.ts";
import { loadTokenizer, writeTokenizer } from "./tokenizer.ts";
import { trainBpe } from "./train.ts";
import golden from "./testdata/golden.json" with { type: "json" };

const folder = Deno.makeTempDirSync();
writeTokenizer(folder, trainBpe(golden.corpus, 340));
const [tokenizerJson, config] = ["tokenizer.json", "tokenizer_config.json"].map((name) =>
  JSON.parse(Deno.readTextFileSync(join(folder, name)))
);
const tokenizer = loadTokenizer(folder);
const library = new Library(tokenizerJson, config);
Deno.removeSync(folder, { recursive: true });

/** Text with what trips tokenizers up: blanks of all kinds, digits, signs, emoji, special tokens. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }), // any well-formed Unicode
  fc.string({
    unit: fc.constantFrom(
      ..."aZé日🎉👩‍👩‍👧\u0301 \t\n\r\u0085\u00a0\ufeff0٣½'-<|>",
      "<|eos|>",
      "\n\nHuman: ",
    ),
    maxLength: 40,
  }),
);

Deno.test("decode() restores any text that was encoded", () => {
  fc.assert(fc.property(text, (s) => tokenizer.decode(tokenizer.encode(s)) === s), {
    numRuns: 2000,
  });
});

Deno.test("encode() gives what the library gives for the whole text", () => {
  fc.assert(
    fc.property(text, (s) => {
      assert.deepEqual(
        [...tokenizer.encode(s)],
        library.encode(s, { add_special_tokens: false }).ids,
      );
    }),
    { numRuns: 2000 },
  );
});

Deno.test("encodeWithOffsets() gives stretches that leave out no character", () => {
  fc.assert(
    fc.property(text, (s) => {
      const { ids, starts, ends } = tokenizer.encodeWithOffsets(s);
      assert.deepEqual(ids, tokenizer.encode(s));
      let reached = 0;
      for (const [t, end] of ends.entries()) {
        assert.ok(starts[t] <= reached && end >= reached && end > starts[t]);
        reached = end;
      }
      assert.equal(reached, s.length);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("encodeWithOffsets() gives the ids and offsets of Python's transformers", () => {
  for (const { text, ids, starts, ends } of golden.cases) {
    const found = tokenizer.encodeWithOffsets(text);
    const lists = [found.ids, found.starts, found.ends].map((list) => [...list]);
    assert.deepEqual(lists, [ids, starts, ends], JSON.stringify(text));
  }
});

Deno.test("pretokens() cuts with the pattern that the golden values were made with", () => {
  const path = new URL("testdata/pattern.txt", import.meta.url);
  assert.equal(PRETOKEN_PATTERN, Deno.readTextFileSync(path).trimEnd());
  const pieces = ["Hi", ".", "\n\n", "Human", ":", " it", "'s", " ", "4", "2", "  ", " x"];
  assert.deepEqual(pretokens(pieces.join("")), pieces);
});

Deno.test("writeTokenizer() writes the tokenizer.json that the Rust library writes", () => {
  assert.deepEqual(tokenizerJson, golden.tokenizerJson);
});

Deno.test("loadTokenizer() knows the special tokens", () => {
  const { vocabSize, padId, bosId, eosId } = tokenizer;
  assert.deepEqual([vocabSize, padId, bosId, eosId], [340, 0, 1, 2]);
  assert.deepEqual([...tokenizer.encode("<|bos|><|eos|><|pad|>")], [1, 2, 0]);
});

Deno.test("loadTokenizer() says what is wrong with a folder", () => {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  assert.throws(() => loadTokenizer(folder), /Cannot read ".*tokenizer.json": there is no such/);
  const path = join(folder, "tokenizer.json");
  for (
    const [content, why] of [["{", /broken JSON/], ["null", /another way/], ["{}", /another/]]
  ) {
    Deno.writeTextFileSync(path, content as string);
    assert.throws(() => loadTokenizer(folder), (error) => {
      return error instanceof UserError && (why as RegExp).test(error.message);
    });
  }
});
