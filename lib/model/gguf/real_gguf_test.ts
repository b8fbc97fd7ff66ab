/**
 * A GGUF file that people use, against transformers. It is too large to be part of the project: the environment variable REAL_GGUF
 * names it; `testdata/real_gguf_golden.py` says where the two that we know come from, and what is compared.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { temporaryFolder } from "../../core/testing.ts";
import { silent } from "../../core/progress.ts";
import { readSignals } from "../../signals/signals.ts";
import { readCheckpoint } from "../checkpoint.ts";
import { loadCheckpointTokenizer } from "../checkpoint_tokenizer.ts";
import golden from "./testdata/real_gguf_golden.json" with { type: "json" };
import tokenizers from "./testdata/tokenizers_golden.json" with { type: "json" };

const path = Deno.env.get("REAL_GGUF");

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = Deno.openSync(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

/** ‖found − expected‖ / ‖expected‖. */
function relativeError(found: ArrayLike<number>, expected: readonly number[]): number {
  assert.equal(found.length, expected.length);
  return Math.hypot(...expected.map((value, i) => found[i] - value)) / Math.hypot(...expected);
}

Deno.test({
  name:
    "readCheckpoint() and loadCheckpointTokenizer() give transformers' numbers for a real GGUF file",
  ignore: path === undefined,
  async fn() {
    const hash = await sha256(path!);
    const known = golden.files.find(({ sha256 }) => sha256 === hash);
    assert.ok(known, `REAL_GGUF must be one of ${golden.files.map(({ file }) => file).join(", ")}`);
    const { cases, others } = known;

    const { encode, frontId } = loadCheckpointTokenizer(path!);
    const idsOf = (text: string) => [...frontId === undefined ? [] : [frontId], ...encode(text)];
    cases.forEach(({ text, ids }) => assert.deepEqual(idsOf(text), ids, text));
    const rest = tokenizers.strings.slice(-others.length);
    rest.forEach((text, i) => assert.deepEqual(idsOf(text), others[i], text));

    using folder = temporaryFolder();
    const model = readCheckpoint(path!);
    const { hiddenSize: C, layers } = model.config;
    const { tokenNll, hidden: [states] } = await readSignals(
      model,
      cases.map(({ ids }) => Int32Array.from(ids)),
      { tokens: true, hidden: [{ layer: layers, pooling: "last" }] },
      { threads: navigator.hardwareConcurrency, progress: silent, weightsFolder: folder.path },
    );
    const errors = cases.map(({ nll, hidden }, i) => [
      relativeError(tokenNll![i], nll),
      relativeError(states.subarray(i * C, i * C + hidden.length), hidden),
    ]);
    const worst = [0, 1].map((k) => Math.max(...errors.map((error) => error[k])));
    assert.ok(Math.max(...worst) < 1e-3, `surprise is off by ${worst[0]}, states by ${worst[1]}`);
  },
});
