import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { temporaryFolder } from "../core/testing.ts";
import type { Row } from "./row.ts";
import { loadSuite, readScenes, toJsonl } from "./suite.ts";

const rows = (prefix: string, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${prefix}-${i}`,
    conversation: `\n\nHuman: ${prefix} ${i}`,
    domain: "function-calling",
    malign: 0,
  }));

/** Runs `use` in a folder with the given files. */
function withFolder(
  files: Record<string, string | Uint8Array>,
  use: (folder: string) => void,
): void {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  for (const [name, data] of Object.entries(files)) {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    Deno.writeFileSync(join(folder, name), bytes);
  }
  use(folder);
}

Deno.test("loadSuite() reads the splits of a folder, gzipped or not", () => {
  const [train, calibration, test] = [rows("a", 3), rows("b", 2), rows("c", 2)];
  const files = {
    "train.jsonl": toJsonl(train),
    "calibration.jsonl": toJsonl(calibration),
    "test.jsonl.gz": gzipSync(toJsonl(test)),
    "README.md": "",
  };
  withFolder(files, (folder) => {
    const suite = loadSuite(`${folder}/`);
    assert.equal(suite.name, folder.split("/").at(-1));
    assert.equal(suite.synthetic, false);
    assert.deepEqual([suite.train, suite.calibration, suite.test], [train, calibration, test]);
  });
});

Deno.test("loadSuite() sets aside a seventh of the training rows where there is no calibration", () => {
  const train = rows("a", 7000);
  withFolder({ "train.jsonl": toJsonl(train), "test.jsonl": toJsonl(rows("c", 1)) }, (folder) => {
    const suite = loadSuite(folder);
    assert.ok(Math.abs(suite.calibration.length - 1000) < 120); // 4 standard deviations
    const ids = [...suite.train, ...suite.calibration].map(({ id }) => id).sort();
    assert.deepEqual(ids, train.map(({ id }) => id).sort());
    assert.deepEqual(loadSuite(folder).calibration, suite.calibration);
  });
});

Deno.test("loadSuite() gives another hash where a row differs", () => {
  const hashWith = (last: Partial<Row>) => {
    const [first, second] = rows("a", 2);
    let hash = "";
    const train = toJsonl([first, { ...second, ...last }]);
    withFolder({ "train.jsonl": train, "test.jsonl": toJsonl(rows("c", 1)) }, (folder) => {
      hash = loadSuite(folder).hash;
    });
    return hash;
  };
  assert.match(hashWith({}), /^[0-9a-f]{64}$/);
  assert.equal(hashWith({}), hashWith({}));
  assert.notEqual(hashWith({}), hashWith({ malign: 1 }));
});

Deno.test("loadSuite() says what is missing or twice", () => {
  assert.throws(
    () => loadSuite("no/such"),
    /Cannot load the suite "no\/such": there is no such folder/,
  );
  withFolder({ "train.jsonl": toJsonl(rows("a", 1)) }, (folder) => {
    assert.throws(() => loadSuite(folder), /it has no test\.jsonl or test\.jsonl\.gz/);
  });
  const twice = { "train.jsonl": toJsonl(rows("a", 20)), "test.jsonl": toJsonl(rows("a", 20)) };
  withFolder(twice, (folder) => {
    assert.throws(
      () => loadSuite(folder),
      /the id "a-\d+" stands in (train|calibration) and in test/,
    );
  });
});

Deno.test("readScenes() refuses a scene that two files have", () => {
  const text = "domain: verse\nlabel: safe\n=== s (test)\n--- Assistant\nOh\n";
  withFolder({ "a.scenes": text, "b.scenes": text }, (folder) => {
    assert.throws(() => readScenes(folder), /two files have a scene "s" of verse/);
  });
});
