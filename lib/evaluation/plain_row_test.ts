import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { DOMAINS } from "../conversation/domains.ts";
import { parseLine } from "../conversation/jsonl.ts";
import { emptyPlainRow, readPlainRow } from "./plain_row.ts";
import { parseScoredRow } from "./scored_file.ts";

/** What the quick reader makes of a line; undefined where it leaves it to the other. */
function quickly(bytes: Uint8Array) {
  if (!isUtf8(bytes)) return undefined;
  const framed = new Uint8Array([...new TextEncoder().encode('{"id":1}\n'), ...bytes, 10, 34, 125]);
  const [from, row] = [9, emptyPlainRow()];
  if (!readPlainRow(framed, from, from + bytes.length, row)) return undefined;
  const text = (from: number, to: number) => new TextDecoder().decode(framed.subarray(from, to));
  return {
    id: text(row.idFrom, row.idTo),
    domain: DOMAINS[row.domain],
    malign: row.malign,
    score: row.score,
    scene: row.sceneFrom < 0 ? undefined : text(row.sceneFrom, row.sceneTo),
    flipped: row.flipped,
    replaced: 0,
  };
}

/** What is said of the line by the reader that reads all; undefined for a blank line, throws where the line is bad. */
function slowly(bytes: Uint8Array) {
  const line = parseLine("f", { line: 1, bytes });
  if (line === undefined) return undefined;
  const { id, domain, malign, score, scene, columns } = parseScoredRow("f", {
    ...line,
    place: "line 1",
  });
  const flipped = columns.flipped === true;
  return { id, domain, malign, score, scene, flipped, replaced: line.replaced };
}

/** Checks that both read the same where the quick one reads anything; says whether it did. */
function agree(bytes: Uint8Array): boolean {
  const row = quickly(bytes);
  if (row !== undefined) assert.deepEqual(row, slowly(bytes), new TextDecoder().decode(bytes));
  return row !== undefined;
}

/** Values as a file may have them, as JSON, good and bad. */
const value: Record<string, fc.Arbitrary<string>> = {
  id: fc.oneof(
    fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
    fc.integer().map(String),
    fc.constantFrom(
      ...['""', '" "', '"\\u0061"', '"é"', "1.0", "1e3", "-0", "007", "null", "true"],
      ...["123456789012345", "1290473920184655873"],
    ),
  ),
  conversation: fc.oneof(
    fc.array(
      fc.constantFrom(
        "\n\nHuman: ",
        "\n\nAssistant:",
        "\n",
        " ",
        "Hi",
        "人",
        "\u200b",
        "é",
        "\\",
        '"',
        "\ud83d\ude00",
      ),
    )
      .map((parts) => JSON.stringify(parts.join(""))),
    fc.constantFrom(
      '"Human: \\ud83d."',
      '"Human: \\uD83D\\uDE00"',
      '"Human: \\x"',
      "1",
      "null",
      '"a: \\u12g4"',
      '"a: b\\/"',
    ),
  ),
  domain: fc.oneof(
    fc.constantFrom(...DOMAINS).map((domain) => `"${domain}"`),
    fc.constantFrom('"sheming"', '"s\\u0063heming"', '""', "null", '["scheming"]'),
  ),
  malign: fc.constantFrom("0", "1", "true", "false", "2", "-0", "1.0", "null", '"1"'),
  safe: fc.constantFrom("0", "1", "true", "false", "null"),
  score: fc.oneof(
    fc.double().map((x) => Number.isFinite(x) ? JSON.stringify(x) : String(x)),
    fc.integer().map(String),
    fc.constantFrom(
      "1e999",
      "-1E-400",
      "9007199254740993",
      '"0.1"',
      "+1",
      "01",
      "1.",
      ".5",
      "null",
      "[1]",
      "1e",
      "-",
      `0.${"3".repeat(40)}`,
    ),
  ),
  scene: fc.constantFrom('"a/b"', '""', '"é"', '"\\t"', "null", "7"),
  flipped: fc.constantFrom("true", "false", "1", "tru"),
  note: fc.oneof(fc.json({ maxDepth: 1 }), fc.constantFrom('"\t"', "nul", "1 2", '"\\u00e9"')),
  "i\\u0064": fc.constant('"x"'),
  ["__proto__"]: fc.constant('"x"'),
};

/** A row that is plain, as most are. */
const usual = {
  id: '"row-1"',
  conversation: '"\\n\\nHuman: Hi \\u00e9\\n\\nAssistant: Ho"',
  domain: '"scheming"',
  malign: "1",
  score: "0.25",
};

/** One time in eight something unusual. */
function seldom<T, U>(unusual: fc.Arbitrary<T>, ...usual: U[]): fc.Arbitrary<T | U> {
  return fc.oneof({ arbitrary: unusual, weight: 1 }, {
    arbitrary: fc.constantFrom(...usual),
    weight: 7,
  });
}

/** A line in which some values are replaced, added, doubled, left out or put elsewhere. */
const line = fc.record({
  changed: fc.array(
    fc.constantFrom(...Object.keys(value)).chain((name) => value[name].map((text) => [name, text])),
    { maxLength: 3 },
  ),
  doubled: seldom(fc.constant(true), false),
  without: seldom(fc.constantFrom(...Object.keys(usual)), undefined),
  blank: seldom(fc.constantFrom("\u00a0", "\f"), " ", "", "\t", "\r"),
  order: fc.boolean(),
}).map(({ changed, doubled, without, blank, order }) => {
  const fields = doubled
    ? [...Object.entries(usual), ...changed]
    : [...new Map([...Object.entries(usual), ...changed] as [string, string][])];
  const kept = fields.filter(([name]) => name !== without);
  const pairs = kept.map(([name, text]) => `"${name}"${blank}:${blank}${text}`);
  return `{${blank}${(order ? pairs : pairs.toReversed()).join(`${blank},`)}${blank}}${blank}`;
});

Deno.test("readPlainRow() reads what the whole reader reads, or leaves the line to it", () => {
  let plain = 0;
  fc.assert(
    fc.property(line, (text) => {
      if (agree(new TextEncoder().encode(text))) plain++;
    }),
    { numRuns: 4000, seed: 7 },
  );
  assert.ok(plain > 1000, `${plain} of 4000 lines were plain`);
});

Deno.test("readPlainRow() accepts no line that was cut, or in which any byte was changed, for a good one", () => {
  const edit = fc.record({
    at: fc.nat(),
    cut: fc.nat(2),
    put: fc.constantFrom(...[
      '"',
      "\\",
      ",",
      ":",
      "{",
      "}",
      "\0",
      "e",
      "0",
      "-",
      "u",
      "\n",
      " ",
      "é",
    ], ""),
  });
  fc.assert(
    fc.property(line, fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
      let bytes = [...new TextEncoder().encode(text)];
      for (const { at, cut, put } of edits) {
        const i = at % (bytes.length + 1);
        bytes = [...bytes.slice(0, i), ...new TextEncoder().encode(put), ...bytes.slice(i + cut)];
      }
      agree(Uint8Array.from(bytes));
    }),
    { numRuns: 4000, seed: 7 },
  );
});

Deno.test("readPlainRow() reads a row of any plain form, and the last of a file without a newline", () => {
  const row = emptyPlainRow();
  const text =
    '{"malign" : false,"score":-1.5E-3 , "note":null,"id": 17,"conversation":"Human: 你好",' +
    '"domain":"verse","scene":"verse/a","flipped":true}\r';
  const bytes = new TextEncoder().encode(text);
  assert.ok(readPlainRow(bytes, 0, bytes.length, row));
  assert.deepEqual([row.score, row.malign, row.flipped], [-0.0015, 0, true]);
  assert.deepEqual(text.slice(row.idFrom, row.idTo), "17");
  assert.ok(!readPlainRow(bytes, 0, bytes.length - 2, row), "the brace is missing");
});
