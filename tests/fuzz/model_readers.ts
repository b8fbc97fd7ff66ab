/**
 * Readers of models: checkpoints, GGUF files, adapters, tokenizers, monitors.
 *
 * @module
 */
import { join } from "node:path";
import { openChatTemplate } from "../../lib/chat/template.ts";
import { canonicalJson, hashOf, sha256 } from "../../lib/core/json.ts";
import { readCheckpoint } from "../../lib/model/checkpoint.ts";
import { loadCheckpointTokenizer } from "../../lib/model/checkpoint_tokenizer.ts";
import { readGguf } from "../../lib/model/gguf/gguf.ts";
import { ggufBytes, TINY_SETTINGS, TINY_TENSORS } from "../../lib/model/gguf/testing.ts";
import { blocksOf, type Parameters } from "../../lib/model/parameters.ts";
import { randomModel, writeAdapter, writeRandomCheckpoint } from "../../lib/model/testing.ts";
import { readMonitor } from "../../lib/monitor/fitted_monitor.ts";
import { openScorer } from "../../lib/monitor/scorer.ts";
import { writeTinyMonitor } from "../../lib/monitor/testing.ts";
import golden from "../../lib/model/gguf/testdata/tokenizers_golden.json" with { type: "json" };
import { bytes, type Files, filesIn, type Reader, textOf } from "./reader.ts";

/** As the tokenizers' own tests have them. */
type Settings = typeof TINY_SETTINGS;

const lib = join(import.meta.dirname!, "../../lib");
const TEXT = "\n\nHuman: Is größe 😀 there? <|bos|>\n\nAssistant: It is.";

/** Reads every value. */
function drain(parameters: Parameters): void {
  for (const parameter of parameters.values()) {
    for (const block of blocksOf(parameter)) void block.length;
  }
}

function readTokenizer(path: string): void {
  const tokenizer = loadCheckpointTokenizer(path);
  tokenizer.encode(TEXT);
  tokenizer.encodeWithOffsets(TEXT);
}

function readFolder(folder: string): void {
  drain(readCheckpoint(folder).parameters);
  readTokenizer(folder);
}

function ggufFile(path: string): void {
  drain(readGguf(path).parameters);
}

/** A monitor is one whole by its hashes, which whoever changes it can make anew. */
function sealMonitor(files: Files): Files {
  try {
    const { hash: _, ...body } = JSON.parse(textOf(files["monitor.json"]));
    for (const name of Object.keys(body.files)) {
      if (files[name] !== undefined) body.files[name] = sha256(files[name]);
    }
    return { ...files, "monitor.json": bytes(canonicalJson({ ...body, hash: hashOf(body) })) };
  } catch {
    return files; // no JSON any more, or none that can be written
  }
}

const readHere = (folder: string) =>
  readMonitor(folder, { cache: join(folder, "cache"), say: () => {} });

async function scoreWith(folder: string): Promise<void> {
  const options = { fpr: 0.01, threads: 1, cache: join(folder, "cache"), spans: true };
  await using scorer = await openScorer(await readHere(folder), options);
  await scorer.score([TEXT, "x"]);
}

/**
 * Makes the readers.
 *
 * @param folder where their inputs are written.
 * @returns them, with their inputs.
 */
export async function modelReaders(folder: string): Promise<Reader[]> {
  const guard = randomModel("guard", { hiddenSize: 8, intermediateSize: 8, layers: 2 });
  const speaker = randomModel("language-model", { hiddenSize: 8, intermediateSize: 8, layers: 2 });
  const written = [guard, speaker].map((model, i) =>
    filesIn(writeRandomCheckpoint(join(folder, `checkpoint-${i}`), model))
  );
  const adapters = [true, false].map((head) =>
    filesIn(writeAdapter(join(folder, `adapter-${head}`), speaker, { head }))
  );
  const base = Object.entries(written[1]).map(([name, data]) => [`base/${name}`, data]);
  const chat = ["byte_level", "metaspace"].map((kind) => filesIn(join(lib, "chat/testdata", kind)));
  const gguf = ["llama", "qwen2", "gemma2", "gemma3"].map((name) => ({
    "model.gguf": Deno.readFileSync(join(lib, "model/gguf/testdata", `${name}.gguf`)),
  }));
  const spelt = [golden.byteLevel, golden.sentencePiece].map(({ metadata }) => ({
    "model.gguf": ggufBytes({
      settings: { ...TINY_SETTINGS, "tokenizer.ggml.pre": "llama-bpe", ...metadata } as Settings,
      tensors: [...TINY_TENSORS],
    }),
  }));
  const monitor = filesIn(await writeTinyMonitor(folder));
  return [
    { name: "checkpoint", weight: 3, seeds: written, read: readFolder },
    {
      name: "tokenizer",
      weight: 2,
      seeds: [...written, ...chat],
      changes: /tokenizer/,
      read: readTokenizer,
    },
    {
      name: "chat template",
      seeds: chat.map((files) => withTemplate(files)),
      changes: /tokenizer|jinja/,
      read: (path) => openChatTemplate(path).tokens([{ role: "user", content: TEXT }]),
    },
    { name: "GGUF", weight: 2, seeds: gguf, read: (path) => ggufFile(join(path, "model.gguf")) },
    {
      name: "GGUF's tokenizer",
      seeds: spelt,
      read: (path) => readTokenizer(join(path, "model.gguf")),
    },
    {
      name: "adapter",
      weight: 2,
      seeds: adapters.map((files) => ({ ...files, ...Object.fromEntries(base) })),
      changes: /^adapter/,
      read: (path) => drain(readCheckpoint(join(path, "base"), { adapter: path }).parameters),
    },
    { name: "monitor", seeds: [monitor], read: readHere },
    {
      name: "monitor with its hashes made anew",
      weight: 0.5, // a session of the runtime takes a moment
      seeds: [monitor],
      seal: sealMonitor,
      read: scoreWith,
    },
  ];
}

/** A template such as chat models have, where there is none. */
function withTemplate(files: Files): Files {
  const settings = JSON.parse(textOf(files["tokenizer_config.json"]));
  const chat_template =
    "{% for m in messages %}{% if m.role == 'user' %}<u>{{ m.content | trim }}{% else %}<a>{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}";
  return { ...files, "tokenizer_config.json": bytes({ chat_template, ...settings }) };
}
