import assert from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { joinTurns } from "../conversation/render.ts";
import { UserError } from "../core/errors.ts";
import { silent } from "../core/progress.ts";
import { stream } from "../core/random.ts";
import { temporaryFolder } from "../core/testing.ts";
import { combineLambda } from "../detector/fusion.ts";
import { readMonitor } from "./fitted_monitor.ts";
import { perplexity } from "../detector/perplexity.ts";
import { scoreLog, type ScoreLogOptions } from "./score_log.ts";
import { guardScoresOf, readSignals } from "../signals/signals.ts";
import type { MonitorFusion } from "./fusion.ts";
import { TINY_CONTEXT, TINY_LAMBDA, tinySmallestP, writeTinyMonitor } from "./testing.ts";

/** Such monitors need nothing from elsewhere. */
const HERE = { cache: "", say: () => {} };

/** A folder with a monitor, and how to score there. */
async function workplace(fusion: MonitorFusion = tinySmallestP()) {
  const temporary = temporaryFolder();
  const folder = await writeTinyMonitor(temporary.path, "tiny", { fusion });
  const monitor = await readMonitor(folder, HERE);
  const at = (name: string) => join(temporary.path, name);
  return {
    monitor,
    at,
    write: (name: string, data: string | Uint8Array) =>
      Deno.writeFileSync(
        at(name),
        typeof data === "string" ? new TextEncoder().encode(data) : data,
      ),
    read: (name: string) => Deno.readTextFileSync(at(name)),
    files: () => [...Deno.readDirSync(temporary.path)].map(({ name }) => name).sort(),
    score: (input: string, output: string, options: Partial<ScoreLogOptions> = {}) =>
      scoreLog(monitor, {
        input: at(input),
        output: at(output),
        fpr: 0.01,
        spans: false,
        overwrite: false,
        threads: 1,
        cache: temporary.path,
        progress: silent,
        ...options,
      }),
    [Symbol.dispose]: () => temporary[Symbol.dispose](),
  };
}

const random = stream("score log");
const WORDS = ["the", "a", "Xyz", "42", "é", "{}", "no.\n"];
const words = (n: number) => Array.from({ length: n }, () => random.pick(WORDS)).join(" ");

/** Lines of all shapes. */
const LINES = Array.from({ length: 60 }, (_, i) => {
  const [question, answer] = [words(1 + i % 7), words(1 + i % 11)];
  const messages = [{ role: "user", content: question }, { role: "assistant", content: answer }];
  return [
    { conversation: `\n\nHuman: ${question}\n\nAssistant: ${answer}` },
    { messages },
    { prompt: question, response: answer },
    { text: answer },
  ][i % 4];
}).map((entry, i) => JSON.stringify({ id: `row ${i}`, ...entry }));
const LOG = LINES.join("\n") + "\n";

Deno.test("scoreLog() gives by lambda what the parts of the monitor give, and shares that say so", async () => {
  using place = await workplace(TINY_LAMBDA);
  place.write("log.jsonl", LOG);
  const counts = await place.score("log.jsonl", "out.jsonl");
  const lines = place.read("out.jsonl").trimEnd().split("\n").map((line) => JSON.parse(line));
  const { lambda, thresholds } = TINY_LAMBDA;
  const { parts } = place.monitor;
  const { guard, languageModel, tokenizer, mahalanobis } = parts;
  const text = joinTurns([
    { speaker: "Human", text: JSON.parse(LINES[2]).prompt },
    { speaker: "Assistant", text: JSON.parse(LINES[2]).response },
  ]);
  const sequences = [Int32Array.of(tokenizer.bosId, ...tokenizer.encode(text))];
  const options = { threads: 1, progress: silent };
  const hidden = [{ layer: 2, pooling: "last" }] as const;
  const signals = await readSignals(guard.model, sequences, { guard: true, hidden }, options);
  const { nll } = await readSignals(languageModel, sequences, { nll: true }, options);
  const scores = [
    guardScoresOf(signals.guard!),
    perplexity.score(nll!),
    mahalanobis.score({ data: signals.hidden[0], width: 16 }),
  ];
  const { line, id, score, flagged, shares, truncatedTurns } = lines[2];
  assert.deepEqual([line, id, truncatedTurns], [3, "row 2", 0]);
  assert.ok(Math.abs(score - combineLambda(lambda, scores)[0]) < 2e-6);
  assert.ok(
    Math.abs(shares.guard - (scores[0][0] - lambda.means[0]) / lambda.deviations[0]) < 1e-6,
  );
  assert.deepEqual(Object.keys(shares), ["guard", "perplexity", "mahalanobis"]);
  assert.equal(flagged, score > thresholds[0].threshold);
  assert.deepEqual(lines.map(({ id }) => id), LINES.map((_, i) => `row ${i}`));
  const flags = lines.filter(({ flagged }) => flagged).length;
  assert.ok(flags > 0 && flags < lines.length, "the threshold divides the rows");
  assert.deepEqual(counts, {
    rows: 60,
    flagged: flags,
    truncated: lines.filter(({ truncatedTurns }) => truncatedTurns > 0).length,
    notes: {},
    resumedAt: 0,
    lines: 60,
  });
  assert.deepEqual(place.files().filter((name) => name.startsWith("out")), ["out.jsonl"]);
});

Deno.test("scoreLog() gives p-values, and flags those up to the rate", async () => {
  using place = await workplace();
  place.write("log.jsonl", LOG);
  const linesAt = async (fpr: number) => {
    const { flagged } = await place.score("log.jsonl", `${fpr}.jsonl`, { fpr });
    const lines = place.read(`${fpr}.jsonl`).trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(flagged, lines.filter(({ flagged }) => flagged).length);
    return lines;
  };
  const lines = await linesAt(0.3);
  assert.deepEqual(Object.keys(lines[0]), [
    ...["line", "id", "score", "p", "flagged", "loudest", "parts", "truncatedTurns"],
  ]);
  for (const { score, p, flagged, loudest, parts } of lines) {
    assert.ok(p >= 1 / 201 && p <= 1 && score > 0);
    assert.equal(flagged, p <= 0.3);
    assert.deepEqual(Object.keys(parts), ["guard", "perplexity", "mahalanobis"]);
    assert.ok(parts[loudest] <= 2 * Math.min(...Object.values<number>(parts)));
  }
  const flags = lines.filter(({ flagged }) => flagged).length;
  assert.ok(flags > 0 && flags < lines.length, "the rate divides the rows");
  const others = await linesAt(0.0123); // any rate will do
  const unflagged = (rows: object[]) => rows.map((row) => ({ ...row, flagged: false }));
  assert.deepEqual(unflagged(others), unflagged(lines));
  await assert.rejects(
    place.score("log.jsonl", "out.jsonl", { fpr: 0.003 }),
    /Cannot use --fpr 0\.003: it takes 333 safe rows to calibrate the fusion on, got 200$/,
  );
  assert.ok(!place.files().some((name) => name.startsWith("out")));
});

Deno.test("scoreLog() writes the same bytes in pieces of any size, with any threads, with and without gzip", async () => {
  using ofLambda = await workplace(TINY_LAMBDA);
  using place = await workplace();
  for (const { write, score, read } of [ofLambda, place]) {
    write("log.jsonl", LOG);
    await score("log.jsonl", "out.jsonl");
    for (const pieceSize of [1, 100, 700]) {
      await score("log.jsonl", `${pieceSize}.jsonl`, { pieceSize, threads: 2 });
      assert.equal(read(`${pieceSize}.jsonl`), read("out.jsonl"));
    }
  }
  const expected = place.read("out.jsonl");
  place.write("log.jsonl.gz", gzipSync(LOG));
  await place.score("log.jsonl.gz", "out.jsonl.gz");
  assert.equal(gunzipSync(Deno.readFileSync(place.at("out.jsonl.gz"))).toString(), expected);
  assert.ok(!place.files().some((name) => name.includes("partial")));
});

Deno.test("scoreLog() gives a row the same score and p-value wherever it stands", async () => {
  using place = await workplace();
  place.write("log.jsonl", LOG);
  place.write("reversed.jsonl", LINES.toReversed().join("\n"));
  const withoutLine = (name: string) =>
    place.read(name).trimEnd().split("\n").map((row) => row.replace(/"line":\d+,/, ""));
  await place.score("log.jsonl", "a.jsonl");
  await place.score("reversed.jsonl", "b.jsonl", { pieceSize: 300 });
  assert.deepEqual(withoutLine("b.jsonl").reverse(), withoutLine("a.jsonl"));
});

Deno.test("scoreLog() adds surprising places on request, which change no score", async () => {
  using place = await workplace();
  place.write("log.jsonl", LOG);
  await place.score("log.jsonl", "plain.jsonl");
  await place.score("log.jsonl", "spans.jsonl", { spans: true });
  const rows = place.read("spans.jsonl").trimEnd().split("\n").map((line) => JSON.parse(line));
  const found = rows.flatMap(({ spans }, i) =>
    spans.map((span: Record<string, number | string>) => ({ ...span, row: i }))
  );
  assert.ok(found.length > 0);
  const { row, start, end, text, z } = found.find(({ row }) => row % 4 === 0) ?? found[0];
  assert.ok(z > 3);
  if (row % 4 === 0) {
    const { conversation } = JSON.parse(LINES[row]);
    assert.equal(conversation.slice(start, end), text);
  }
  const plain = rows.map(({ spans: _, ...rest }) => JSON.stringify(rest)).join("\n") + "\n";
  assert.equal(plain, place.read("plain.jsonl"));
});

Deno.test("scoreLog() counts the turns that a long conversation loses", async () => {
  using place = await workplace();
  const turn = (n: number) => `\n\nHuman: ${"x".repeat(n)}`; // a token a letter, and a few for the marker
  const texts = [turn(9), turn(9).repeat(9), turn(9).repeat(3) + turn(2 * TINY_CONTEXT)];
  place.write("log.jsonl", texts.map((text) => JSON.stringify({ text })).join("\n"));
  const { truncated } = await place.score("log.jsonl", "out.jsonl");
  const lost = place.read("out.jsonl").trimEnd().split("\n").map((line) =>
    JSON.parse(line).truncatedTurns
  );
  const { tokenizer } = place.monitor.parts;
  const whole = Math.floor((TINY_CONTEXT - 1) / tokenizer.encode(turn(9)).length);
  assert.deepEqual(lost, [0, 9 - whole, 4]);
  assert.equal(truncated, 2);
});

Deno.test("scoreLog() scores a row of 5 MB", async () => {
  using place = await workplace();
  const long = `\n\nHuman: ${"word ".repeat(10)}`.repeat(5e6 / 59);
  place.write("log.jsonl", JSON.stringify({ id: 7, text: long }) + "\n" + LINES[0]);
  const { rows, truncated } = await place.score("log.jsonl", "out.jsonl");
  assert.deepEqual([rows, truncated], [2, 1]);
  const [first] = place.read("out.jsonl").split("\n").map((line) => line && JSON.parse(line));
  assert.deepEqual([first.id, first.truncatedTurns > 80000], [7, true]);
});

/** Scores until a broken line stops it, as a kill would. */
async function stopAt(place: Awaited<ReturnType<typeof workplace>>, line: number): Promise<void> {
  place.write("log.jsonl", [...LINES.slice(0, line - 1), "{", ...LINES.slice(line)].join("\n"));
  await assert.rejects(
    place.score("log.jsonl", "out.jsonl", { pieceSize: 100 }),
    new RegExp(`line ${line}: broken JSON`),
  );
  assert.deepEqual(
    place.files().filter((name) => name.startsWith("out")),
    line === 1 ? [] : ["out.jsonl.partial", "out.jsonl.partial.json"],
  );
}

Deno.test("scoreLog(), stopped and started again, goes on and ends in the same bytes", async () => {
  using place = await workplace();
  place.write("whole.jsonl", LOG);
  const expected = await place.score("whole.jsonl", "expected.jsonl");
  await stopAt(place, 20);
  await stopAt(place, 45);
  const torn = place.read("out.jsonl.partial") + '{"line":'; // a piece whose mark was not written
  place.write("out.jsonl.partial", torn);
  const { resumedAt, ...counts } = await place.score("whole.jsonl", "out.jsonl");
  assert.ok(resumedAt > 20 && resumedAt < 45, `${resumedAt}`);
  assert.deepEqual({ ...counts, resumedAt: 0 }, expected);
  assert.equal(place.read("out.jsonl"), place.read("expected.jsonl"));
});

Deno.test("scoreLog() goes on with the same lines and settings only", async () => {
  using place = await workplace();
  await stopAt(place, 45);
  const other = [`{"text":"another"}`, ...LINES.slice(1)].join("\n");
  for (
    const [name, log] of [["other.jsonl", other], ["short.jsonl", LINES.slice(0, 5).join("\n")]]
  ) {
    place.write(name, log);
    await assert.rejects(
      place.score(name, "out.jsonl"),
      /Cannot continue .*out\.jsonl\.partial": its first \d+ lines were scored from another input/,
    );
  }
  place.write("log.jsonl", LOG);
  await assert.rejects(
    place.score("log.jsonl", "out.jsonl", { spans: true }),
    /partial" was begun with another monitor or other settings/,
  );
  const { resumedAt } = await place.score("log.jsonl", "out.jsonl", {
    spans: true,
    overwrite: true,
  });
  assert.equal(resumedAt, 0);
});

Deno.test("scoreLog() leaves alone what it was not told to replace", async () => {
  using place = await workplace();
  place.write("log.jsonl", LOG);
  place.write("out.jsonl", "precious");
  await assert.rejects(place.score("log.jsonl", "out.jsonl"), /out\.jsonl": it exists/);
  assert.equal(place.read("out.jsonl"), "precious");
  await place.score("log.jsonl", "out.jsonl", { overwrite: true });
  assert.equal(place.read("out.jsonl").split("\n").length, 61);
  Deno.linkSync(place.at("log.jsonl"), place.at("same.jsonl"));
  Deno.symlinkSync(place.at("log.jsonl"), place.at("link.jsonl"));
  for (const output of ["log.jsonl", "same.jsonl", "link.jsonl"]) {
    await assert.rejects(
      place.score("log.jsonl", output, { overwrite: true }),
      /the output must be another file, got/,
    );
  }
  place.write("new.jsonl.partial", LOG);
  await assert.rejects(place.score("new.jsonl.partial", "new.jsonl"), /must be another file/);
  assert.equal(place.read("log.jsonl"), LOG);
});

Deno.test("scoreLog() makes an edited partial output again, and says so", async () => {
  using place = await workplace();
  place.write("whole.jsonl", LOG);
  await place.score("whole.jsonl", "expected.jsonl");
  await stopAt(place, 45);
  const partial = place.read("out.jsonl.partial");
  place.write("out.jsonl.partial", partial.replace('"line":1,', '"line":7,'));
  const said: string[] = [];
  const say = (message: string) => void said.push(message);
  const { resumedAt } = await place.score("whole.jsonl", "out.jsonl", { say });
  assert.equal(resumedAt, 0);
  assert.match(said.join(), /left of ".*out\.jsonl" was changed since; it is made again\.$/);
  assert.equal(place.read("out.jsonl"), place.read("expected.jsonl"));
});

Deno.test("scoreLog() leaves a stranger's partial file alone, and makes nothing for no input", async () => {
  using place = await workplace();
  place.write("out.jsonl.partial", "precious");
  const before = place.files();
  for (const log of ["missing.jsonl", "log.jsonl"]) {
    if (log === "log.jsonl") place.write(log, LOG);
    await assert.rejects(place.score(log, "out.jsonl"), UserError);
    assert.equal(place.read("out.jsonl.partial"), "precious");
    await assert.rejects(place.score("missing.jsonl", "new/out.jsonl"), /there is no such file/);
    assert.deepEqual(place.files().filter((name) => name !== "log.jsonl"), before);
  }
});

Deno.test("scoreLog() says what it cannot read, and leaves nothing behind", async () => {
  using place = await workplace();
  const cases: [string | Uint8Array, RegExp][] = [
    ["", /it must hold conversations, got none/],
    ["\n \n", /it must hold conversations, got none/],
    [`\n{"chat": 1}`, /line 2: it has none of the accepted shapes, got chat/],
    [Uint8Array.of(0x7b, 0xff, 0x7d), /line 1: it is not valid UTF-8/],
    ["plain text", /line 1: broken JSON/],
    [gzipSync(LOG).subarray(0, 50), /it is no whole gzip file/],
  ];
  for (const [log, expected] of cases) {
    place.write("log.jsonl", log);
    await assert.rejects(place.score("log.jsonl", "out.jsonl"), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, expected);
      return true;
    });
    assert.ok(!place.files().some((name) => name.startsWith("out")), `${place.files()}`);
  }
  await assert.rejects(
    place.score("missing.jsonl", "out.jsonl"),
    /missing\.jsonl": there is no such/,
  );
  await assert.rejects(place.score("tiny", "out.jsonl"), /Cannot read ".*tiny"/);
});

Deno.test("scoreLog() writes ids of any size as they stood, and says what has no text", async () => {
  using place = await workplace();
  const image = { role: "user", content: [{ type: "image", source: { type: "url", url: "a" } }] };
  const lines = [
    `{"id": 1290473920184655873, "text": "one"}`,
    `{"id": 12345678901234567890123, "text": "two"}`,
    JSON.stringify({ id: "1290473920184655873", messages: [image] }),
    String.raw`{"id": 4, "text": "half \ud83d"}`,
  ];
  place.write("log.jsonl", lines.join("\n"));
  const { notes } = await place.score("log.jsonl", "out.jsonl", { spans: true });
  assert.deepEqual(notes, { image: 1, "U+FFFD": 1 });
  const ids = [...place.read("out.jsonl").matchAll(/"id":([^,]*),/g)].map(([, id]) => id);
  assert.deepEqual(ids, [
    "1290473920184655873",
    "12345678901234567890123",
    '"1290473920184655873"',
    "4",
  ]);
  assert.ok(!/\\ud83d/.test(place.read("out.jsonl")));
});

Deno.test("scoreLog() keeps columns as they stand, where it is told which", async () => {
  using place = await workplace();
  const kept = `"user":98765432109876543210,"label":{"a":[1e400,null]}`;
  const line = `{"id":7,${kept},"other":1,"text":"one"}`;
  place.write("log.jsonl", line.replaceAll(":", ": "));
  const keep = ["user", "label"];
  await place.score("log.jsonl", "out.jsonl", { keep });
  assert.ok(place.read("out.jsonl").startsWith(`{"line":1,"id":7,${kept},"score":`));
  place.write("more.jsonl", `${line}\n{"text": "two", "user": 1}`);
  await assert.rejects(place.score("more.jsonl", "more", { keep }), {
    name: "UserError",
    message: /more\.jsonl" line 2: the column "label" is missing/,
  });
  await assert.rejects(place.score("log.jsonl", "other", { keep: ["score"] }), {
    message: /Cannot keep the column "score": the output has one of that name/,
  });
});

Deno.test("scoreLog() names the line of the file whose signals are no finite numbers", async () => {
  using place = await workplace();
  place.write("log.jsonl", `\n\n${LINES[0]}`);
  const { parts } = place.monitor;
  const { languageModel } = parts;
  const name = "model.layers.1.mlp.up_proj.weight";
  const weight = languageModel.parameters.get(name)!;
  const data = weight.data.map((x, i) => i === 7 ? 3e38 : x); // finite itself
  const parameters = new Map(languageModel.parameters).set(name, { ...weight, data });
  const broken = { ...parts, languageModel: { ...languageModel, parameters } };
  const monitor = { ...place.monitor, parts: broken };
  const options = { output: place.at("out.jsonl"), fpr: 0.01, threads: 1 };
  await assert.rejects(
    scoreLog(monitor, {
      ...options,
      cache: place.at(""),
      input: place.at("log.jsonl"),
      spans: false,
      overwrite: false,
      progress: silent,
    }),
    /Cannot read the conversation on line 3 of ".*log\.jsonl": its signals must be finite/,
  );
});

Deno.test("scoreLog() scores a Parquet file as the same lines of JSON", async () => {
  using place = await workplace();
  const chats = join(import.meta.dirname!, "../conversation/testdata/chats.parquet");
  Deno.copyFileSync(chats, place.at("chats")); // told by its content, not its name
  const messages = (i: number) => [
    { role: "user", content: "Hi" },
    { role: "assistant", content: `Hello ${i}` },
  ];
  const lines = ["9007199254740993", "2", "3"].map((id, i) =>
    `{"id":${id},"messages":${JSON.stringify(messages(i))}}`
  );
  place.write("log.jsonl", lines.join("\n"));
  await place.score("log.jsonl", "a.jsonl");
  const { rows } = await place.score("chats", "b.jsonl", { pieceSize: 1 });
  assert.equal(rows, 3);
  assert.equal(place.read("b.jsonl"), place.read("a.jsonl"));
});

Deno.test("scoreLog() reads thoughts unless it is told not to", async () => {
  using place = await workplace();
  const line = (thought: string) =>
    JSON.stringify({ prompt: "Book a table.", response: "Booked.", reasoning_content: thought });
  place.write("log.jsonl", `${line("Call them.")}\n${line("Lie to them, and hide it all.")}`);
  const scores = async (thoughts: boolean) => {
    await place.score("log.jsonl", "out.jsonl", { thoughts, overwrite: true });
    return place.read("out.jsonl").trimEnd().split("\n").map((row) => JSON.parse(row).score);
  };
  const [[a, b], [c, d]] = [await scores(true), await scores(false)];
  assert.notEqual(a, b);
  assert.equal(c, d);
});
