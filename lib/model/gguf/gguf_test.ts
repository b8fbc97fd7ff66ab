import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../core/errors.ts";
import { scratchFolder } from "../../core/testing.ts";
import { readCheckpoint } from "../checkpoint.ts";
import { fromHubConfig } from "../config.ts";
import { ropeFrequencies } from "../rope.ts";
import { readGguf } from "./gguf.ts";
import { ggufBytes, TINY_SETTINGS, TINY_TENSORS, type WrittenFile } from "./testing.ts";
import type { Setting } from "./written.ts";
import golden from "./testdata/families_golden.json" with { type: "json" };

const scratch = scratchFolder();
const testFile = (name: string) => fileURLToPath(new URL(`testdata/${name}.gguf`, import.meta.url));

let files = 0;
/** Writes a file of the smallest llama with some changes. */
function written(changes: Partial<WrittenFile> = {}, name = `${files++}.gguf`): string {
  const path = join(scratch, name);
  const file = { settings: TINY_SETTINGS, tensors: [...TINY_TENSORS], ...changes };
  Deno.writeFileSync(path, ggufBytes(file));
  return path;
}
const setting = (changes: Record<string, Setting>) => ({
  settings: { ...TINY_SETTINGS, ...changes },
});

function fails(path: string, ...messages: RegExp[]): void {
  assert.throws(() => readCheckpoint(path), (error: Error) => {
    assert.ok(error instanceof UserError, `${error.stack}`);
    assert.ok(error.message.includes(basename(path).slice(0, 4)), error.message);
    for (const message of messages) assert.match(`${error.message} ${error.remedy}`, message);
    return true;
  });
}

for (const [family, { config, weights }] of Object.entries(golden)) {
  Deno.test(`readCheckpoint() reads a GGUF file of ${family} as a Hugging Face checkpoint of the model`, () => {
    const { head, config: found, parameters } = readCheckpoint(testFile(family));
    assert.equal(head, "language-model");
    const { rope, ...expected } = fromHubConfig(config, "config.json");
    const { rope: foundRope, ...others } = found;
    assert.deepEqual(JSON.parse(JSON.stringify(others)), JSON.parse(JSON.stringify(expected)));
    // Llama 3's are there as factors, rounded to float32
    const [a, b] = [foundRope!, rope!].map((r) => ropeFrequencies(r, found.headSize!));
    a.forEach((frequency, i) => assert.ok(Math.abs(frequency / b[i] - 1) < 1e-6));
    if (family !== "llama") assert.deepEqual(foundRope, rope);
    const hashes = [...parameters.values()].map(({ name, data }) => [
      name,
      createHash("sha256").update(new Uint8Array(data.buffer)).digest("hex").slice(0, 16),
    ]);
    assert.deepEqual(Object.fromEntries(hashes), weights);
  });
}

Deno.test("readCheckpoint() reads every part of a split GGUF file, whichever it is given, and names missing ones", () => {
  const parts = [TINY_TENSORS.slice(0, 4), TINY_TENSORS.slice(4, 9), TINY_TENSORS.slice(9)];
  const paths = parts.map((tensors, i) =>
    written({
      settings: {
        ...i === 0 ? TINY_SETTINGS : {},
        "split.no": i,
        "split.count": 3,
        "split.tensors.count": TINY_TENSORS.length,
      },
      tensors,
    }, `tiny-0000${i + 1}-of-00003.gguf`)
  );
  for (const path of paths) {
    assert.equal(readCheckpoint(path).parameters.size, TINY_TENSORS.length);
  }
  Deno.removeSync(paths[1]);
  fails(paths[2], /all 3 parts of it must be in ".*", but "tiny-00002-of-00003\.gguf" is missing/);
  Deno.copyFileSync(paths[2], paths[1]);
  fails(paths[0], /must be part 2 of 3, as its name says, got part 3 of 3/);
  fails(written({ settings: { ...TINY_SETTINGS, "split.count": 3 } }), /got part 1 of 3/);
});

Deno.test("readCheckpoint() names the tensor and the quantisation of a GGUF file that it cannot read", () => {
  const tensors = TINY_TENSORS.map((tensor, i) => i === 3 ? { ...tensor, type: 23 } : tensor);
  fails(
    written({ tensors }),
    /the quantisation of "blk\.0\.attn_q\.weight" must be one of F32, F16, Q4_0, .*Q6_K, BF16, got IQ4_XS Get another/,
  );
});

Deno.test("readCheckpoint() refuses what is no whole GGUF file", () => {
  const whole = ggufBytes({ settings: TINY_SETTINGS, tensors: [...TINY_TENSORS] });
  for (const length of [0, 3, 4, 7, 20, 100, 500, 900, whole.length - 32]) {
    const path = join(scratch, `cut-${length}.gguf`);
    Deno.writeFileSync(path, whole.subarray(0, length));
    fails(path, /it is not a whole GGUF file \(/);
  }
  fails(written({ magic: "GGML" }), /it must begin with "GGUF"/);
  fails(written({ version: 1 }), /the version of a GGUF file must be 2 or 3, got 1/);
  fails(written({ version: 3 * 2 ** 24 }), /must be little-endian, got a big-endian one/);
  fails(join(scratch, "none.gguf"), /there is no such file Check the path/);
});

Deno.test("readCheckpoint() reads GGUF files of version 2, too", () => {
  assert.equal(readGguf(written({ version: 2 })).config.layers, 1);
});

Deno.test("readCheckpoint() makes no room for absurd counts", () => {
  fails(written({ tensorCount: 2n ** 40n }), /1099511627776 tensors follow, more than the rest/);
  fails(written({ tensorCount: 2n ** 63n }), /the number 9223372036854775808, where none can be/);
  fails(written({ settingCount: 2n ** 50n }), /settings follow, more than the rest of it can hold/);
  const bytes = ggufBytes({ settings: { a: ["b"] } });
  const path = join(scratch, "list.gguf");
  new DataView(bytes.buffer).setBigUint64(24 + 9 + 4 + 4, 2n ** 45n, true); // behind name and types
  Deno.writeFileSync(path, bytes);
  fails(path, /elements of a list follow, more than the rest of it can hold/);
});

Deno.test("readCheckpoint() refuses GGUF tensors that run beyond the file, overlap in name, or have odd shapes", () => {
  const first = (changes: object) =>
    written({ tensors: [{ ...TINY_TENSORS[0], ...changes }, ...TINY_TENSORS.slice(1)] });
  fails(first({ offset: 1 << 24 }), /"token_embd\.weight" of shape \(6,8\) should end at byte/);
  fails(first({ shape: [2 ** 31, 8] }), /"token_embd\.weight" .* should end at byte/);
  fails(
    first({ shape: [2 ** 31, 2 ** 31, 2 ** 31] }),
    /"token_embd\.weight" .* should end at byte/,
  );
  fails(first({ shape: [0, 8] }), /"token_embd\.weight" of shape \(0,8\)/);
  fails(first({ shape: [1, 1, 1, 6, 8] }), /has 5 dimensions/);
  fails(first({ type: 8 }), /"token_embd\.weight" is Q8_0, whose rows hold multiples of 32 values/);
  fails(first({ name: "output_norm.weight" }), /two tensors "output_norm\.weight"/);
});

Deno.test("readCheckpoint() refuses GGUF models that are none of ours", () => {
  fails(
    written(setting({ "general.architecture": "mamba" })),
    /the architecture must be one of llama, qwen2, gemma2, gemma3, got "mamba"/,
  );
  fails(written({ settings: {} }), /"general\.architecture" must be a text, got none/);
  fails(written(setting({ "llama.expert_count": 8 })), /must be a plain decoder, got 8 experts/);
  fails(written(setting({ "llama.attention.causal": false })), /plain decoder, got an encoder/);
  fails(written(setting({ "llama.rope.dimension_count": 2 })), /width of a head, 4, got 2/);
  fails(written(setting({ "llama.block_count": "1" })), /block_count" must be a number, got "1"/);
  fails(written(setting({ "llama.block_count": 1.5 })), /block_count" must be a whole number/);
  fails(written(setting({ "llama.block_count": 2 })), /weight "model\.layers\.1\..* got none/);
  fails(
    written(setting({ "llama.rope.scaling.type": "yarn" })),
    /"rope_type" must be .* got "yarn"/,
  );
  fails(written(setting({ "llama.attention.head_count": 3 })), /must be/);
  const extra = [...TINY_TENSORS, { name: "blk.0.attn_q_norm.weight", shape: [4] }];
  fails(
    written({ tensors: extra }),
    /every tensor must be known.*, got "blk\.0\.attn_q_norm\.weight"/,
  );
  const factors = [...TINY_TENSORS, { name: "rope_freqs.weight", shape: [2] }]; // zeros
  fails(written({ tensors: factors }), /"rope_freqs\.weight" must hold 2 positive factors/);
});

Deno.test("a weight of a GGUF file that has been cut off meanwhile is refused when it is read", () => {
  const path = written();
  const { parameters } = readCheckpoint(path);
  Deno.truncateSync(path, 1000);
  assert.throws(() => parameters.get("model.norm.weight")!.data, /not a whole GGUF file/);
});
