/**
 * Inputs that were once read wrongly, took for ever, or filled the memory.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import type { Case } from "./case.ts";
import { bytes, type Files, lines, type Reader, textOf } from "./reader.ts";

/** Data of a file that is changed at will. */
// deno-lint-ignore no-explicit-any -- it is what JSON.parse gives
type Data = any;

/**
 * Makes the inputs.
 *
 * @param readers the table.
 * @returns them by their names.
 */
export function corpusOf(readers: readonly Reader[]): Map<string, Case> {
  const seedOf = (name: string, seed = 0) => readers.find((one) => one.name === name)!.seeds[seed];
  const found = new Map<string, Case>();
  const add = (name: string, reader: string, changed: Files) =>
    found.set(name, { reader, files: { ...seedOf(reader), ...changed } });
  /** Changes the JSON of a file of the first seed. */
  const edit = (name: string, reader: string, file: string, change: (data: Data) => Data) => {
    const data = JSON.parse(textOf(seedOf(reader)[file]));
    add(name, reader, { [file]: bytes(change(data) ?? data) });
  };
  conversations(add);
  models(edit, add, seedOf);
  answers(edit, add);
  results(edit, add);
  return found;
}

type Add = (name: string, reader: string, changed: Files) => void;
type Edit = (name: string, reader: string, file: string, change: (data: Data) => Data) => void;

/** Ten gigabytes in ten megabytes: a gzip file may have many members. */
function bomb(): Uint8Array {
  const member = gzipSync(Buffer.alloc(2 ** 24, "x"), { level: 9 });
  return Buffer.concat(Array(640).fill(member));
}

function conversations(add: Add): void {
  const row = { id: "a\ud83d", conversation: "\n\nHuman: \ud83d", domain: "scheming", malign: 1 };
  add("lone surrogates in a suite", "suite", { "test.jsonl": lines(row) });
  add("lone surrogates in a log", "log", { "log.jsonl": lines({ id: "\ud83d", text: "\udc00" }) });
  add("a gzip file of ten gigabytes", "log, gzipped", { "log.jsonl.gz": bomb() });
  add("a suite of ten gigabytes", "suite", { "train.jsonl": bytes(""), "test.jsonl.gz": bomb() });
  const long = (size: number) => lines({ text: "x".repeat(size) });
  add("a line of 15 MB", "log", { "log.jsonl": long(15e6) });
  add("a line of 40 MB", "log", { "log.jsonl": long(40e6) });
  add("lines nested deeply", "log", {
    "log.jsonl": bytes(`{"messages":${"[".repeat(1e5)}${"]".repeat(1e5)}}\n`),
  });
  const scored = [0, 1].map((malign) => ({
    id: `${malign}`,
    conversation: "x",
    domain: "hh-rlhf-helpful",
    malign,
    score: malign === 1 ? 1e308 : -1e308,
  }));
  const both = { "a.jsonl": lines(...scored), "b.jsonl": lines(...scored) };
  add("scores at the end of what is finite", "scored files", both);
}

function models(edit: Edit, add: Add, seedOf: (name: string, seed?: number) => Files): void {
  const config = (name: string, change: (data: Data) => Data) =>
    edit(name, "checkpoint", "config.json", change);
  config("a billion layers", (data) => void (data.num_hidden_layers = 1e9));
  config("a context of one", (data) => void (data.max_position_embeddings = 1));
  config("a context of a billion", (data) => void (data.max_position_embeddings = 1e12));
  config("a model type that is an object", (data) => void (data.model_type = { toString: 1 }));
  const tokenizer = (name: string, change: (data: Data) => Data) =>
    edit(name, "tokenizer", "tokenizer.json", change);
  tokenizer("a tokenizer without a model", (data) => void delete data.model);
  tokenizer(
    "a token with a length of its own",
    (data) => void (data.added_tokens = [{ id: 0, content: { length: 1e9 } }]),
  );
  for (const pattern of ["(.*)*x", "(a|a)*$", "(?:(?:x+)+)+y"]) {
    edit(`the pattern ${pattern}`, "adapter", "adapter_config.json", (data) => {
      data.alpha_pattern = { [pattern]: 8 };
      data.target_modules = pattern;
    });
  }
  const weights = Buffer.from(seedOf("checkpoint")["model.safetensors"]);
  const length = Number(weights.readBigUInt64LE(0));
  const header = textOf(weights.subarray(8, 8 + length));
  const [first, second] = header.match(/\[\d+,\d+\](?=\})/g)!;
  const overlapping = header.replace(second, first).padEnd(length).slice(0, length);
  add("safetensors that overlap", "checkpoint", {
    "model.safetensors": Buffer.concat([
      weights.subarray(0, 8),
      bytes(overlapping),
      weights.subarray(8 + length),
    ]),
  });
  const template = (name: string, chat_template: string) =>
    edit(name, "chat template", "tokenizer_config.json", (data) => ({ ...data, chat_template }));
  template("a template without end", "{% for i in range(1000000000) %}{% endfor %}");
  const loops = "{% for i in [1,2,3,4,5,6,7,8,9,0] %}".repeat(9);
  template("a template of loops over lists", `${loops}x${"{% endfor %}".repeat(9)}`);
  template(
    "a template that doubles a text",
    `{% set n = namespace(x='x') %}${
      "{% for i in [1,2,3,4,5,6,7] %}".repeat(2)
    }{% set n.x = n.x + n.x %}${"{% endfor %}".repeat(2)}{{ n.x }}`,
  );
  template("a template of loops", `${"{% for i in range(99999) %}".repeat(4)}x`);
}

function answers(edit: Edit, add: Add): void {
  const outside = (data: Data) => void (data.sha = "../../../../x");
  edit("a commit that is a path", "hub", "revision.json", outside);
  for (const answer of ["<!doctype html><title>Log in</title>", "null", "7", "{}", ""]) {
    add(`the hub answers ${answer || "nothing"}`, "hub", {
      "revision.json": bytes(answer),
      "listing.json": bytes(answer),
    });
  }
  add("a listing whose next page is itself", "hub", {
    "link.txt": bytes(`<https://hub.test/api/models/a/b/tree/0?recursive=true>; rel="next"`),
  });
  edit("a file that leads out", "hub", "listing.json", (data) => void (data[1].path = "../../x"));
  const body = (name: string, value: unknown) =>
    add(name, "endpoint", { "reply.json": bytes({ body: value }) });
  const said = (content: unknown) => ({ choices: [{ message: { content } }] });
  body("an answer of half an emoji", said("\ud83d"));
  body("an answer of 20 MB", said("x".repeat(20e6)));
  body("a key that comes back", said("It is secret-of-ours."));
  body("a choice of nothing", { choices: [null] });
  add("a server that wants to be left alone", "endpoint", {
    "reply.json": bytes({ status: 429, headers: { "retry-after": "1000000000" } }),
  });
  add("thoughts in thoughts", "answer", { "answer.txt": bytes("<think>".repeat(1e5)) });
  add("brackets without end", "answer", { "answer.txt": bytes("[[".repeat(1e5)) });
  add("a score of many digits", "answer", { "answer.txt": bytes(`SCORE: ${"9".repeat(1e5)}`) });
  const question = { id: "\ud83d", question: "\ud83d", category: "Privacy" };
  add("lone surrogates in a question", "questions", { "q.jsonl": lines(question) });
}

function results(edit: Edit, add: Add): void {
  for (const field of ["findings", "config", "suite", "versions"]) {
    edit(
      `an artifact without ${field}`,
      "artifacts in a report",
      "alarm_budget.json",
      (data) => void delete data[field],
    );
  }
  for (const args of [["--threads", "0x2"], ["--threads", "1e1"], ["--seeds", "2.0"], ["--only"]]) {
    add(`the words ${args.join(" ")}`, "flags", {
      "a.json": bytes({ task: "reproduce", args }),
    });
  }
}
