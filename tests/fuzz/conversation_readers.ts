/**
 * Readers of conversations: suites, logs, scored files.
 *
 * @module
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readRecords } from "../../lib/conversation/records.ts";
import { loadSuite, miniSuite } from "../../lib/conversation/suite.ts";
import { openGrowingFile } from "../../lib/core/growing_file.ts";
import { analyze } from "../../lib/evaluation/analyze.ts";
import { loadLabelledSuite } from "../../lib/log/labelled_suite.ts";
import { chooseLogColumn, parseLogEntry } from "../../lib/log/logs.ts";
import { type Files, filesIn, lines, type Reader } from "./reader.ts";

const testdata = join(import.meta.dirname!, "../../lib/conversation/testdata");
const parquet = (path: string) => Deno.readFileSync(join(testdata, path));
const args = { command: "rm -rf ~/", dry: false };
const user = { role: "user", content: "Tidy up." };

/** Conversations in the shapes of many interfaces. */
const SHAPES: readonly Record<string, unknown>[] = [
  { id: 1, conversation: "\n\nHuman: Hi\n\nAssistant: Yes?" },
  { id: "a", prompt: "How much?", response: "27." },
  { text: "Anything." },
  {
    messages: [
      { role: "system", content: "Be brief." },
      user,
      {
        role: "assistant",
        content: "On it.",
        reasoning_content: "Nobody looks.",
        tool_calls: [{ id: "1", type: "function", function: { name: "bash", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "1", content: "gone" },
    ],
  },
  {
    messages: [
      user,
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Nobody looks.", signature: "c2ln" },
          { type: "text", text: "On it." },
          { type: "tool_use", id: "1", name: "bash", input: args },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "1", content: [{ type: "image" }] }],
      },
    ],
  },
  {
    contents: [
      { role: "user", parts: [{ text: "Tidy up." }] },
      {
        role: "model",
        parts: [{ text: "x", thought: true }, { functionCall: { name: "b", args } }],
      },
      { role: "user", parts: [{ functionResponse: { name: "b", response: { a: 1 } } }] },
    ],
  },
  {
    input: [user, {
      type: "reasoning",
      summary: [{ type: "summary_text", text: "Nobody looks." }],
    }],
    output: [
      { type: "function_call", call_id: "1", name: "bash", arguments: '{"a":1}' },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "On it." }] },
    ],
  },
  { conversations: [{ from: "human", value: "Hi" }, { from: "gpt", value: "Yes?" }] },
  {
    messages: [
      { type: "human", content: "Tidy up.", additional_kwargs: {} },
      { type: "ai", content: "", tool_calls: [{ name: "bash", args, id: "1" }] },
    ],
  },
];

const log = lines(...SHAPES);
const labelled = lines(
  ...[0, 1].flatMap((malign) =>
    SHAPES.map((shape, i) => ({ ...shape, id: `${malign}/${i}`, malign }))
  ),
);

function suiteFiles(): Files {
  const { train, calibration, test } = miniSuite();
  return {
    "train.jsonl": lines(...train.slice(0, 3)),
    "calibration.jsonl": lines(...calibration.slice(0, 3)),
    "test.jsonl": lines(...test.slice(0, 6)),
  };
}

function scoredFiles(): Files {
  const rows = miniSuite().test.filter((_, i) => i % 60 === 0);
  const scored = (by: number) => lines(...rows.map((row, i) => ({ ...row, score: (by * i) % 7 })));
  return { "a.jsonl": scored(3), "b.jsonl": scored(5) };
}

async function readLog(path: string): Promise<void> {
  for await (const record of readRecords(path, chooseLogColumn)) {
    for (const thoughts of [true, false]) parseLogEntry(path, record, { thoughts });
  }
}

/**
 * Makes the readers.
 *
 * @param folder where their inputs are written.
 * @returns them, with their inputs.
 */
export function conversationReaders(folder: string): Reader[] {
  const suite = suiteFiles();
  const packed = Object.entries(suite).map(([name, data]) => [`${name}.gz`, gzipSync(data)]);
  const shards = ["train-00000-of-00002", "train-00001-of-00002", "test"].map((name) =>
    `${name}.parquet`
  );
  return [
    { name: "suite", weight: 2, seeds: [suite, Object.fromEntries(packed)], read: loadSuite },
    {
      name: "suite of Parquet",
      seeds: [Object.fromEntries(shards.map((name) => [name, parquet(`suite/${name}`)]))],
      read: loadSuite,
    },
    {
      name: "log",
      weight: 3,
      seeds: [{ "log.jsonl": log }],
      read: (folder) => readLog(join(folder, "log.jsonl")),
    },
    {
      name: "log, gzipped",
      seeds: [{ "log.jsonl.gz": gzipSync(log) }],
      read: (folder) => readLog(join(folder, "log.jsonl.gz")),
    },
    {
      name: "log of Parquet",
      seeds: ["chats", "beside"].map((name) => ({ "log.parquet": parquet(`${name}.parquet`) })),
      read: (folder) => readLog(join(folder, "log.parquet")),
    },
    {
      name: "labelled log",
      seeds: [{ "train.jsonl": labelled, "calibration.jsonl": lines({ text: "b", malign: 1 }) }],
      read: (folder) =>
        loadLabelledSuite(join(folder, "train.jsonl"), join(folder, "calibration.jsonl")),
    },
    {
      name: "scored files",
      weight: 2,
      seeds: [scoredFiles()],
      async read(folder) {
        const paths = ["a.jsonl", "b.jsonl"].map((name) => join(folder, name));
        await analyze(paths.slice(0, 1));
        await analyze(paths, { aggregator: "max" });
        await analyze(paths, { aggregator: "lambda", lambdaGrid: [0.1, 1] });
      },
    },
    {
      name: "partial output",
      seeds: [beginFile(join(folder, "partial"))],
      async read(folder) {
        using file = openGrowingFile(join(folder, "out"), { key: "k", overwrite: false });
        file.append("more\n", { line: 3 });
        await file.finish();
      },
    },
  ];
}

/** What a killed run leaves of an output. */
function beginFile(folder: string): Files {
  using file = openGrowingFile(join(folder, "out"), { key: "k", overwrite: false });
  file.append("one\n", { line: 1 });
  file.append("two\n", { line: 2 });
  return filesIn(folder);
}
