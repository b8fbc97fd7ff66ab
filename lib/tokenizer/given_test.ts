import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import fc from "fast-check";
import { UserError } from "../core/errors.ts";
import { temporaryFolder } from "../core/testing.ts";
import { type GivenTokenizer, givenTokenizer, loadGivenTokenizer } from "./given.ts";
import { loadTokenizer, writeTokenizer } from "./tokenizer.ts";
import {
  type AddedToken,
  readTokenizerFiles,
  type TokenizerDefinition,
} from "./tokenizer_files.ts";
import { trainBpe } from "./train.ts";

const chatTokenizer = (name: string) =>
  loadGivenTokenizer(fileURLToPath(new URL(`../chat/testdata/${name}`, import.meta.url)));

Deno.test("loadGivenTokenizer() gives ids and places as our own reader of the same files does", () => {
  using folder = temporaryFolder();
  writeTokenizer(folder.path, trainBpe(["\n\nHuman: Zoé and the 日 sun\n\nAssistant: Hm."], 290));
  const own = loadTokenizer(folder.path);
  const given = loadGivenTokenizer(folder.path);
  assert.equal(given.vocabSize, own.vocabSize);
  assert.equal(given.frontId, own.bosId);
  assert.deepEqual([given.padId, given.bosId, given.eosId], [own.padId, own.bosId, own.eosId]);
  const unit = fc.constantFrom(..."aZé日🎉\u0301 \n", "Human: ", "<|eos|>");
  fc.assert(fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
    assert.deepEqual(given.encode(text), own.encode(text));
    assert.deepEqual(given.encodeWithOffsets(text), own.encodeWithOffsets(text));
  }));
});

// offsets by transformers 5.23.0 (tokenizers' `offset_mapping`)
Deno.test("loadGivenTokenizer() places tokens of other byte-level vocabularies as transformers does", () => {
  const tokenizer = chatTokenizer("byte_level");
  assert.equal(tokenizer.frontId, undefined);
  const { starts, ends } = tokenizer.encodeWithOffsets("Hi there, é");
  assert.deepEqual([...starts], [0, 1, 2, 6, 7, 8, 9, 10, 10]);
  assert.deepEqual([...ends], [1, 2, 6, 7, 8, 9, 10, 11, 11]);
});

// starts by tokenizers 0.23.3 (`encode().offsets`); its ends leave out what é and 각 were composed of
Deno.test("loadGivenTokenizer() places tokens in the text as it is, where the tokenizer normalises it", () => {
  using folder = temporaryFolder();
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
    const from = fileURLToPath(new URL(`../chat/testdata/byte_level/${name}`, import.meta.url));
    const definition = JSON.parse(Deno.readTextFileSync(from));
    if (name === "tokenizer.json") definition.normalizer = { type: "NFC" };
    Deno.writeTextFileSync(join(folder.path, name), JSON.stringify(definition));
  }
  const tokenizer = loadGivenTokenizer(folder.path);
  const text = "e\u0301 a\u1100\u1161\u11a8 x";
  const { ids, starts, ends } = tokenizer.encodeWithOffsets(text);
  assert.deepEqual(ids, tokenizer.encode("é a각 x"));
  assert.deepEqual([...starts], [0, 0, 2, 4, 4, 4, 7, 8]);
  assert.deepEqual([...ends], [2, 2, 4, 7, 7, 7, 8, 9]);
});

Deno.test("loadGivenTokenizer() refuses places where tokens do not spell the text", () => {
  const tokenizer = chatTokenizer("metaspace"); // whose vocabulary has no é
  const { starts, ends } = tokenizer.encodeWithOffsets("Hi there");
  // behind the blank that it puts in front
  assert.deepEqual([...starts.slice(1)], [0, 1, 2, 3, 5, 7]);
  assert.deepEqual([...ends.slice(1)], [1, 2, 3, 5, 7, 8]);
  assert.throws(
    () => tokenizer.encodeWithOffsets("é"),
    /Cannot say where tokens stand in "é…": the tokenizer changes the text first/,
  );
});

Deno.test("givenTokenizer() gives Python's ids and places, or refuses to say where tokens stand", () => {
  const golden: Record<string, { definition: TokenizerDefinition; rows: GoldenRow[] }> = JSON.parse(
    Deno.readTextFileSync(new URL("testdata/normalizers.json", import.meta.url)),
  );
  const placed = Object.entries(golden).map(([path, { definition, rows }]) => {
    const tokenizer = givenTokenizer({ path, definition, settings: SETTINGS });
    const places = rows.filter(([text, ids, offsets]) => {
      if (path === "Prepend" && text.includes("▁<tool>")) {
        assert.throws(() => tokenizer.encode(text), /for a text with "▁<tool>": Python would/);
        return false;
      }
      assert.deepEqual([...tokenizer.encode(text)], ids, `${path}: ${JSON.stringify(text)}`);
      const found = placesOf(tokenizer, text);
      // a composed letter has the places of all that it is composed of; in Python, of the first
      const isComposed = path === "Lowercase" && text.normalize("NFC") !== text;
      if (found && !isComposed) assert.deepEqual(found, inUnits(text, offsets), `${path}: ${text}`);
      return found !== undefined;
    });
    return [path, places.length > 10];
  });
  assert.deepEqual(placed, Object.keys(golden).map((path) => [path, true]));
});

type GoldenRow = [text: string, ids: number[], offsets: [start: number, end: number][]];

const SETTINGS: object = {
  tokenizer_class: "PreTrainedTokenizerFast",
  bos_token: "<s>",
  eos_token: "</s>",
  unk_token: "<unk>",
  clean_up_tokenization_spaces: false,
};

/** Places in a text; undefined where the tokenizer refuses to say. */
function placesOf(tokenizer: GivenTokenizer, text: string): number[][] | undefined {
  try {
    const { starts, ends } = tokenizer.encodeWithOffsets(text);
    return Array.from(starts, (start, t) => [start, ends[t]]);
  } catch (error) {
    assert.match((error as Error).message, /the tokenizer changes the text first$/);
  }
}

/** Places in code points, as Python counts, in UTF-16 units. */
function inUnits(text: string, offsets: readonly number[][]): number[][] {
  const chars = Array.from(text);
  return offsets.map((place) => place.map((at) => chars.slice(0, at).join("").length));
}

Deno.test("givenTokenizer() refuses what would be cut otherwise in Python", () => {
  using folder = temporaryFolder();
  writeTokenizer(folder.path, trainBpe(["ab ab"], 262));
  const files = readTokenizerFiles(folder.path);
  const withParts = (parts: object) => () =>
    givenTokenizer({ ...files, definition: { ...files.definition, ...parts } });
  const split = { type: "Split", pattern: { String: " " }, invert: false };
  assert.throws(withParts({ pre_tokenizer: { ...split, behavior: "MergedWithNext" } }), {
    message: /it joins the pieces of a text \("MergedWithNext"\), which would be found elsewhere/,
  });
  const replace = { type: "Replace", pattern: { String: " " }, content: "▁" };
  withParts({ // Gemma's: there is no blank left to be joined
    normalizer: replace,
    pre_tokenizer: { ...split, behavior: "MergedWithPrevious" },
  })();
  const sigma = { id: 262, content: "Σ", special: false, normalized: false };
  assert.throws(withParts({ normalizer: { type: "Lowercase" }, added_tokens: [sigma] }), {
    message: /it has the token "Σ" and writes texts in small letters/,
  });
});

Deno.test("givenTokenizer() refuses added tokens that Python would find elsewhere", () => {
  using folder = temporaryFolder();
  writeTokenizer(folder.path, trainBpe(["ab ab"], 262));
  const { path, definition, settings } = readTokenizerFiles(folder.path);
  const withTokens = (...tokens: Partial<AddedToken>[]) => () =>
    givenTokenizer({
      path,
      settings,
      definition: {
        ...definition,
        added_tokens: [
          ...definition.added_tokens!,
          ...tokens.map((token, i) => ({ id: 262 + i, content: "", special: false, ...token })),
        ],
      },
    });
  assert.throws(withTokens({ content: "zebra", single_word: true }), {
    name: "UserError",
    message: /it has the token "zebra" for whole words alone \("single_word"\), which would be/,
  });
  const late = { content: "ab>", normalized: true };
  assert.throws(withTokens({ content: "<ab", normalized: false }, late), {
    name: "UserError",
    message: /its tokens "<ab" and "ab>" overlap, which would be found elsewhere than in Python$/,
  });
  // sought together by both: leftmost first, then longest
  const tokenizer = withTokens({ content: "<ab", normalized: true }, late)();
  assert.deepEqual([...tokenizer.encode("<ab>")].slice(0, 1), [262]);
  withTokens({ content: "<cd>", normalized: false }, late)();
});

Deno.test("loadGivenTokenizer() names a damaged file, and a tokenizer that adds more than one token", () => {
  using folder = temporaryFolder();
  const write = (name: string, value: unknown) =>
    Deno.writeTextFileSync(join(folder.path, name), JSON.stringify(value));
  writeTokenizer(folder.path, trainBpe(["ab ab"], 262));
  const definition = JSON.parse(Deno.readTextFileSync(join(folder.path, "tokenizer.json")));
  const { post_processor: processor } = definition;
  processor.single.push(processor.single[0]); // in front and behind
  write("tokenizer.json", definition);
  assert.throws(
    () => loadGivenTokenizer(folder.path),
    /it must add nothing to a text but one token/,
  );
  Deno.writeTextFileSync(join(folder.path, "tokenizer.json"), "{");
  assert.throws(() => loadGivenTokenizer(folder.path), (error: Error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /Cannot read ".*tokenizer\.json": it must be JSON/);
    return true;
  });
});
