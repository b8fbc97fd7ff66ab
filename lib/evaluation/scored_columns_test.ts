import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../core/testing.ts";
import { readScoredColumns } from "./scored_columns.ts";
import { readScoredFile } from "./scored_file.ts";

const row = (id: unknown, more: object = {}) => ({
  ...{ id, conversation: "\n\nHuman: Hi", domain: "scheming", malign: 1, score: 0.5 },
  ...more,
});

/** Lines of every kind that is read: plain, with escapes, blank, of other types, with halves of characters. */
const LINES = [
  JSON.stringify(row("a")),
  JSON.stringify(row("b", { scene: "scheming/x" })),
  "",
  JSON.stringify(row("é\n", { scene: "scheming/x", score: "0.25", malign: true })),
  JSON.stringify(row(7, { domain: "verse", malign: undefined, safe: 1, score: -2e-3 })) + "\r",
  JSON.stringify(row("half", { conversation: "Human: \ud83d" })),
  JSON.stringify(row("last", { nested: { list: [1] } })),
];

/** Runs `use` with the path of a file of lines. */
async function withFile(lines: readonly string[], use: (path: string) => Promise<void>) {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "scored.jsonl");
  Deno.writeTextFileSync(path, lines.join("\n"));
  await use(path);
}

Deno.test("readScoredColumns() reads what readScoredFile() reads, line by line and again", async () => {
  await withFile(LINES, async (path) => {
    const rows = await readScoredFile(path);
    const columns = await readScoredColumns(path);
    assert.equal(columns.ids.size, rows.length);
    rows.forEach(({ id, score, domain, malign, scene }, i) => {
      assert.equal(columns.ids.text(i), id);
      assert.equal(columns.scores[i], score);
      assert.deepEqual(columns.labels[i], {
        ...{ domain, malign },
        ...scene !== undefined && { scene },
      });
    });
    assert.deepEqual(await Array.fromAsync(columns.readAgain()), rows);
    assert.deepEqual(columns.warnings.length, 1);
    assert.match(columns.warnings[0], /has 1 lone surrogate /);
  });
});

Deno.test("readScoredColumns() turns scores round, of plain rows and others, but not of rows that were turned", async () => {
  await withFile(LINES, async (path) => {
    const columns = await readScoredColumns(path, { predictSafe: true });
    const { scores } = await readScoredColumns(path);
    assert.deepEqual(columns.scores, scores.map((score) => -score));
  });
  await withFile([JSON.stringify(row("a", { flipped: true }))], async (path) => {
    await assert.rejects(
      readScoredColumns(path, { predictSafe: true }),
      /line 1: its scores were flipped/,
    );
  });
});

Deno.test("readScoredColumns() names the lines of a repeated id, however each is written", async () => {
  const lines = [JSON.stringify(row("17")), "", JSON.stringify(row(17))];
  for (const others of [lines, lines.map((line) => line.replace("Hi", "\\ud83d\\ude00"))]) {
    await withFile(others, async (path) => {
      await assert.rejects(readScoredColumns(path), /line 3: the id "17" stands on line 1 already/);
    });
  }
});

Deno.test("readScoredColumns() names the line of broken UTF-8 among good lines", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "scored.jsonl");
  const good = new TextEncoder().encode(JSON.stringify(row("a")) + "\n");
  Deno.writeFileSync(path, new Uint8Array([...good, 123, 0xff, 10]));
  await assert.rejects(readScoredColumns(path), /line 2: it is not valid UTF-8/);
});

Deno.test("readAgain() says that a file has changed", async () => {
  for (const changed of [["a", "c"], ["a"], ["a", "b", "c"]]) {
    await withFile(["a", "b"].map((id) => JSON.stringify(row(id))), async (path) => {
      const { readAgain } = await readScoredColumns(path);
      Deno.writeTextFileSync(path, changed.map((id) => JSON.stringify(row(id))).join("\n"));
      await assert.rejects(Array.fromAsync(readAgain()), /was changed since its scores were read/);
    });
  }
});

Deno.test("readScoredColumns() reads the same with a second thread, and says the same of what is wrong", async () => {
  const many = Array.from({ length: 200 }, (_, i) => [
    ...LINES.slice(2).map((line) => line.replace(/"id":("?)/, (all) => `${all}9${i}`)),
    JSON.stringify(row(`plain ${i}`, { scene: `scene ${i % 7}`, score: i })),
  ]).flat();
  const bad: [string, RegExp][] = [
    [JSON.stringify(row("plain 0")), /line 1202: the id "plain 0" stands on line 6 already/],
    [JSON.stringify(row("plain 199")), /line 1202: the id "plain 199" stands on line 1200 already/],
    ["{", /line 1202: /],
  ];
  await withFile(many, async (path) => {
    const { readAgain: _, ...alone } = await readScoredColumns(path);
    const { readAgain: __, ...beside } = await readScoredColumns(path, { large: 0 });
    const texts = ({ ids }: typeof alone) =>
      Array.from({ length: ids.size }, (_, i) => ids.text(i));
    assert.deepEqual(texts(beside), texts(alone));
    assert.deepEqual({ ...beside, ids: 0 }, { ...alone, ids: 0 });
    assert.equal(new Set(beside.labels).size, new Set(alone.labels).size);
  });
  for (const [line, message] of bad) {
    await withFile([...many, "", line], async (path) => {
      await assert.rejects(readScoredColumns(path), message);
      await assert.rejects(readScoredColumns(path, { large: 0 }), message);
    });
  }
});
