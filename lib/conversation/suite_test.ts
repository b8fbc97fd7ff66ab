import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { makeFolder } from "../core/files.ts";
import { temporaryFolder } from "../core/testing.ts";
import { COMMIT, startHub } from "../hub/testing.ts";
import type { Row } from "./row.ts";
import {
  describeSuite,
  hashOfSplits,
  loadSuite,
  miniSuite,
  readScenes,
  thinSuite,
  toJsonl,
} from "./suite.ts";

const rows = (prefix: string, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${prefix}-${i}`,
    conversation: `\n\nHuman: ${prefix} ${i}`,
    domain: "function-calling",
    malign: 0,
  }));

/** Runs `use` in a folder with the given files. */
async function withFolder(
  files: Record<string, string | Uint8Array>,
  use: (folder: string) => Promise<void> | void,
): Promise<void> {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  for (const [name, data] of Object.entries(files)) {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    makeFolder(dirname(join(folder, name)));
    Deno.writeFileSync(join(folder, name), bytes);
  }
  await use(folder);
}

Deno.test("loadSuite() reads the splits of a folder, gzipped or not", async () => {
  const [train, calibration, test] = [rows("a", 3), rows("b", 2), rows("c", 2)];
  const files = {
    "train.jsonl": toJsonl(train),
    "calibration.jsonl": toJsonl(calibration),
    "test.jsonl.gz": gzipSync(toJsonl(test)),
    "README.md": "",
  };
  await withFolder(files, async (folder) => {
    const suite = await loadSuite(`${folder}/`);
    assert.equal(suite.name, folder.split("/").at(-1));
    assert.equal(suite.synthetic, false);
    assert.deepEqual([suite.train, suite.calibration, suite.test], [train, calibration, test]);
  });
});

Deno.test("loadSuite() sets aside a seventh of the training rows where there is no calibration", async () => {
  const train = rows("a", 7000);
  await withFolder(
    { "train.jsonl": toJsonl(train), "test.jsonl": toJsonl(rows("c", 1)) },
    async (folder) => {
      const said: string[] = [];
      const suite = await loadSuite(folder, { say: (message) => void said.push(message) });
      assert.ok(Math.abs(suite.calibration.length - 1000) < 120); // 4 standard deviations
      const aside = `${suite.calibration.length} of its 7000 training rows, one in seven by the`;
      assert.equal(said.length, 1);
      assert.ok(said[0].startsWith(`The suite has no calibration file: ${aside}`), said[0]);
      const ids = [...suite.train, ...suite.calibration].map(({ id }) => id).sort();
      assert.deepEqual(ids, train.map(({ id }) => id).sort());
      assert.deepEqual((await loadSuite(folder)).calibration, suite.calibration);
    },
  );
});

Deno.test("loadSuite() gives another hash where a row differs", async () => {
  const hashWith = async (last: Partial<Row>) => {
    const [first, second] = rows("a", 2);
    let hash = "";
    const train = toJsonl([first, { ...second, ...last }]);
    await withFolder(
      { "train.jsonl": train, "test.jsonl": toJsonl(rows("c", 1)) },
      async (folder) => {
        hash = (await loadSuite(folder)).hash;
      },
    );
    return hash;
  };
  assert.match(await hashWith({}), /^[0-9a-f]{64}$/);
  assert.equal(await hashWith({}), await hashWith({}));
  assert.notEqual(await hashWith({}), await hashWith({ malign: 1 }));
});

Deno.test("thinSuite() keeps one row of so many of every domain and label, and is another suite", () => {
  const suite = miniSuite();
  const thin = thinSuite(suite, 3);
  const counts = (rows: readonly Row[]) =>
    [...Map.groupBy(rows, ({ domain, malign }) => `${domain} ${malign}`)]
      .map(([kind, { length }]): [string, number] => [kind, length]);
  for (const split of ["train", "calibration", "test"] as const) {
    const third = counts(suite[split]).map(([kind, n]) => [kind, Math.ceil(n / 3)]);
    assert.deepEqual(counts(thin[split]), third);
  }
  assert.notEqual(thin.hash, suite.hash);
  assert.equal(hashOfSplits(thin), thin.hash);
});

Deno.test("loadSuite() says what is missing or twice", async () => {
  await assert.rejects(
    () => loadSuite("no/such"),
    /Cannot load the suite "no\/such": there is no such folder/,
  );
  await withFolder({ "train.jsonl": toJsonl(rows("a", 1)) }, async (folder) => {
    await assert.rejects(
      () => loadSuite(folder),
      /it has no test\.jsonl, test\.jsonl\.gz or test\.parquet/,
    );
  });
  const twice = { "train.jsonl": toJsonl(rows("a", 20)), "test.jsonl": toJsonl(rows("a", 20)) };
  await withFolder(twice, async (folder) => {
    await assert.rejects(
      () => loadSuite(folder),
      /the id "a-\d+" stands in (train|calibration) and in test/,
    );
  });
});

Deno.test("readScenes() refuses a scene that two files have", async () => {
  const text = "domain: verse\nlabel: safe\n=== s (test)\n--- Assistant\nOh\n";
  await withFolder({ "a.scenes": text, "b.scenes": text }, (folder) => {
    assert.throws(() => readScenes(folder), /two files have a scene "s" of verse/);
  });
});

const MADE_BY_PYARROW = join(import.meta.dirname!, "testdata");

/** The rows of testdata/parquet_golden.py. */
const goldenRows = (prefix: string, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${prefix}-${i}`,
    conversation: `\n\nHuman: Größe ${i % 3}?\n\nAssistant: ${"ja ".repeat(i % 5 + 1)}✓`,
    domain: i % 2 === 0 ? "function-calling" : "hh-rlhf-harmless",
    malign: i % 2 as 0 | 1,
  }));

Deno.test("loadSuite() reads Parquet as pyarrow writes it: Snappy, Zstandard, shards, row groups", async () => {
  const suite = await loadSuite(join(MADE_BY_PYARROW, "suite"));
  const byId = (a: Row, b: Row) => a.id < b.id ? -1 : 1;
  assert.deepEqual([...suite.train, ...suite.calibration].sort(byId), goldenRows("a", 7));
  assert.deepEqual(suite.test, goldenRows("b", 5));
});

Deno.test("loadSuite() gives Parquet, JSON Lines and files in data/ the same hash", async () => {
  const parquet = await loadSuite(join(MADE_BY_PYARROW, "suite"));
  const files = {
    "data/train-00000-of-00001-0123abcd.jsonl": toJsonl(goldenRows("a", 7)),
    "data/test.jsonl.gz": gzipSync(toJsonl(goldenRows("b", 5))),
  };
  await withFolder(files, async (folder) => {
    assert.equal((await loadSuite(folder)).hash, parquet.hash);
  });
});

Deno.test("loadSuite() names a missing shard, and refuses two files of a split", async () => {
  const test = toJsonl(rows("c", 1));
  const shard = { "train-00001-of-00002.jsonl": toJsonl(rows("a", 3)), "test.jsonl": test };
  await withFolder(shard, async (folder) => {
    await assert.rejects(
      loadSuite(folder),
      /train must be one file or all shards .*got train-00001-of-00002/,
    );
  });
  const two = { "train.jsonl": test, "train.parquet": "", "test.jsonl": test };
  await withFolder(two, async (folder) => {
    await assert.rejects(loadSuite(folder), /got train\.jsonl, train\.parquet/);
  });
});

Deno.test("loadSuite() gets mood from the hub, and tells which commit it is", async () => {
  using temporary = temporaryFolder();
  const read = (name: string) => Deno.readFileSync(join(MADE_BY_PYARROW, "suite", name));
  await using standIn = startHub({
    "README.md": "",
    "data/train-00000-of-00002.parquet": read("train-00000-of-00002.parquet"),
    "data/train-00001-of-00002.parquet": read("train-00001-of-00002.parquet"),
    "data/test.parquet": read("test.parquet"),
  });
  const said: string[] = [];
  const options = {
    cache: temporary.path,
    hub: standIn.hub,
    say: (message: string) => void said.push(message),
  };
  const suite = await loadSuite("mood", options);
  const { hash } = await loadSuite(join(MADE_BY_PYARROW, "suite"));
  assert.deepEqual([suite.name, suite.revision, suite.hash], ["mood", COMMIT, hash]);
  assert.match(said.join(), new RegExp(`mood is ${COMMIT}.*--revision ${COMMIT}`));

  standIn.requests.length = 0;
  assert.deepEqual(await loadSuite("mood", { ...options, revision: COMMIT }), suite);
  assert.deepEqual(standIn.requests, []);
  assert.deepEqual(describeSuite(suite), {
    name: "mood",
    synthetic: false,
    hash,
    revision: COMMIT,
  });
});

Deno.test("loadSuite() takes a revision for mood only", async () => {
  await assert.rejects(
    loadSuite("mini", { revision: "main" }),
    /Cannot use the revision "main": only the suite "mood" has revisions/,
  );
});
