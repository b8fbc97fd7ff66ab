import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { hashOf } from "../core/json.ts";
import { temporaryFolder } from "../core/testing.ts";
import type { Hub } from "./hub.ts";
import { downloadSnapshot, type SnapshotRequest } from "./snapshot.ts";
import { COMMIT, startHub } from "./testing.ts";

const LARGE = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) % 251);
const FILES = {
  "README.md": "# data\n",
  "data/train-00000-of-00001.parquet": LARGE,
  "data/empty.txt": "",
  "data/größe 1.txt": "ümlaut",
};
const PATH = "data/train-00000-of-00001.parquet";

const request = (cache: string, hub: Hub, change: Partial<SnapshotRequest> = {}) => ({
  repository: { kind: "dataset", name: "mood-bench/mood-bench" } as const,
  revision: COMMIT,
  files: /^data\//,
  cache,
  hub,
  ...change,
});

/** Checks that what is wanted is there whole, and nothing else. */
function assertWhole(folder: string): void {
  assert.deepEqual(Deno.readFileSync(join(folder, PATH)), LARGE);
  const left = [...Deno.readDirSync(join(folder, "data"))].map(({ name }) => name).sort();
  assert.deepEqual(left, ["empty.txt", "größe 1.txt", "train-00000-of-00001.parquet"]);
}

async function assertFails(download: Promise<unknown>, message: RegExp, remedy: RegExp) {
  await assert.rejects(download, (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    return true;
  });
}

Deno.test("downloadSnapshot() gets the wanted files, and asks nothing the second time", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES);
  const { folder, commit, paths } = await downloadSnapshot(request(temporary.path, standIn.hub));
  assert.equal(commit, COMMIT);
  assert.deepEqual(paths, ["data/empty.txt", "data/größe 1.txt", PATH]);
  assert.equal(Deno.readTextFileSync(join(folder, "data/größe 1.txt")), "ümlaut");
  assertWhole(folder);
  assert.ok(standIn.requests.every((line) => !line.includes("README")));

  standIn.requests.length = 0;
  await downloadSnapshot(request(temporary.path, standIn.hub));
  assert.deepEqual(standIn.requests, []);
});

Deno.test("downloadSnapshot() asks what a branch stands for, and for nothing else that it has", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES);
  await downloadSnapshot(request(temporary.path, standIn.hub));
  standIn.requests.length = 0;
  const onMain = request(temporary.path, standIn.hub, { revision: "main" });
  assert.equal((await downloadSnapshot(onMain)).commit, COMMIT);
  assert.deepEqual(standIn.requests, ["GET /api/datasets/mood-bench/mood-bench/revision/main"]);
});

Deno.test("downloadSnapshot() asks for a model where models are", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub({ "config.json": "{}" });
  const repository = { kind: "model", name: "a/b" } as const;
  const change = { repository, revision: "main", files: /json$/ };
  await downloadSnapshot(request(temporary.path, standIn.hub, change));
  assert.deepEqual(standIn.requests, [
    "GET /api/models/a/b/revision/main",
    `GET /api/models/a/b/tree/${COMMIT}`,
    `GET /a/b/resolve/${COMMIT}/config.json`,
  ]);
});

Deno.test("downloadSnapshot() goes on after server errors, cut connections and silence", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub({ [PATH]: LARGE });
  standIn.faults.push("status 500", "cut", "silence", "cut", "status 500");
  const { folder } = await downloadSnapshot(request(temporary.path, standIn.hub));
  assert.deepEqual(Deno.readFileSync(join(folder, PATH)), LARGE);
  const content = `GET /${PATH}`;
  assert.deepEqual(standIn.requests.filter((line) => line.startsWith(content)), [
    content,
    content,
    `${content} bytes=100000-`,
    `${content} bytes=100000-`,
    `${content} bytes=150000-`,
    `${content} bytes=150000-`,
  ]);
  assert.deepEqual(standIn.pauses, [1000, 1000, 2000, 1000, 2000]); // afresh after every advance
});

Deno.test("downloadSnapshot() goes on from what a killed run left", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES);
  const dead = request(temporary.path, { ...standIn.hub, url: "http://127.0.0.1:9" });
  standIn.faults.push("cut", ...Array<"status 500">(5).fill("status 500"));
  const onlyTrain = { files: /train/ };
  const first = downloadSnapshot(request(temporary.path, standIn.hub, onlyTrain));
  await assertFails(first, /answers with status 500/, /the next run goes on from it/);
  standIn.requests.length = 0;
  const { folder } = await downloadSnapshot(request(temporary.path, standIn.hub));
  assertWhole(folder);
  assert.ok(standIn.requests.includes(`GET /${PATH} bytes=100000-`));
  await downloadSnapshot(dead); // all is there: the network is not touched
});

Deno.test("downloadSnapshot() begins afresh where a server sends no ranges, or the part is too long", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES);
  standIn.faults.push("cut", "ignore range");
  const onlyTrain = request(temporary.path, standIn.hub, { files: /train/ });
  const { folder } = await downloadSnapshot(onlyTrain);
  assert.deepEqual(Deno.readFileSync(join(folder, PATH)), LARGE);

  Deno.removeSync(join(folder, PATH));
  Deno.writeFileSync(join(folder, `${PATH}.part`), new Uint8Array(LARGE.length + 1));
  await downloadSnapshot(onlyTrain);
  assert.deepEqual(Deno.readFileSync(join(folder, PATH)), LARGE);
});

Deno.test("downloadSnapshot() fetches again what has the wrong hash, once, and keeps nothing of it", async () => {
  for (const path of [PATH, "data/größe 1.txt"]) { // SHA-256 of Git LFS, SHA-1 of Git
    using temporary = temporaryFolder();
    await using standIn = startHub({ [path]: FILES[path as keyof typeof FILES] });
    const wanted = request(temporary.path, standIn.hub);
    standIn.faults.push("corrupt", "corrupt");
    await assertFails(
      downloadSnapshot(wanted),
      /sent as "data\/.*" has not the hash [0-9a-f]{40,64}, twice/,
      /not kept/,
    );
    standIn.faults.push("corrupt");
    const { folder } = await downloadSnapshot(wanted);
    assert.deepEqual([...Deno.readDirSync(join(folder, "data"))].length, 1);
  }
});

Deno.test("downloadSnapshot() uses no file that was changed since it came, at the same length or another", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES);
  const said: string[] = [];
  const say = (message: string) => void said.push(message);
  const { folder } = await downloadSnapshot(request(temporary.path, standIn.hub, { say }));
  const oneBit = LARGE.slice();
  oneBit[1000] ^= 1;
  const changes: [string, Uint8Array | string][] = [
    [PATH, oneBit],
    [PATH, "changed"],
    ["data/größe 1.txt", "Ümlaut"], // of which Git keeps the SHA-1
  ];
  for (const [path, data] of changes) {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    Deno.writeFileSync(join(folder, path), bytes);
    const offline = { ...standIn.hub, url: "http://127.0.0.1:9" };
    const without = downloadSnapshot(request(temporary.path, offline));
    await assertFails(without, /the connection to 127\.0\.0\.1:9 failed/, /Check the network/);
    await downloadSnapshot(request(temporary.path, standIn.hub, { say }));
    assert.deepEqual(said.splice(0), [
      `"${
        join(folder, path)
      }" was changed since it was downloaded; it is not used, and fetched again.`,
    ]);
    assertWhole(folder);
    assert.equal(Deno.readTextFileSync(join(folder, "data/größe 1.txt")), "ümlaut");
  }
});

Deno.test("downloadSnapshot() twice at once gets the same file once", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES);
  const wanted = request(temporary.path, standIn.hub);
  const [{ folder }] = await Promise.all([downloadSnapshot(wanted), downloadSnapshot(wanted)]);
  assertWhole(folder);
  assert.equal(standIn.requests.filter((line) => line === `GET /${PATH}`).length, 1);
});

Deno.test("downloadSnapshot() shows its token to the hub alone, and says how to get one", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES, { gate: "hf_secret" });
  const repository = { kind: "model", name: "google/gemma-2-2b" } as const;
  const wanted = (token?: string) =>
    request(temporary.path, { ...standIn.hub, ...token && { token } }, { repository });
  await assertFails(
    downloadSnapshot(wanted()),
    /Cannot download the model "google\/gemma-2-2b": it is gated, and HF_TOKEN is not set/,
    /Accept its terms on .*\/google\/gemma-2-2b, and set HF_TOKEN to a read token from .*tokens/,
  );
  await assertFails(
    downloadSnapshot(wanted("hf_other")),
    /the token in HF_TOKEN has no access to it/,
    /with the account that the token is of/,
  );
  assertWhole((await downloadSnapshot(wanted("hf_secret"))).folder);
  assert.ok(standIn.requests.includes(`GET /${PATH}`));
  assert.deepEqual(standIn.leaked, []);
});

Deno.test("downloadSnapshot() says what there is not", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES);
  const failing = (change: Partial<SnapshotRequest>, message: RegExp, remedy: RegExp) =>
    assertFails(
      downloadSnapshot(request(temporary.path, standIn.hub, change)),
      message,
      remedy,
    );
  const missing = { kind: "dataset", name: "a/missing" } as const;
  await failing({ repository: missing }, /it does not exist, or is private/, /HF_TOKEN/);
  await failing({ revision: "maim" }, /it has no such revision/, /full commit hash/);
  await failing({ files: /jsonl$/ }, /none of its files/, /It holds README\.md, data\/empty/);
  const outside = { kind: "dataset", name: "../x" } as const;
  await failing({ repository: outside }, /the form owner\/name/, /name/);
});

Deno.test("downloadSnapshot() refuses a path that leads out of its folder", async () => {
  using temporary = temporaryFolder();
  for (const path of ["../x", "a//b", "/etc/x", "a\\b", "data/.."]) {
    await using standIn = startHub({ [path]: "x" });
    const wanted = request(temporary.path, standIn.hub, { files: /./ });
    await assertFails(downloadSnapshot(wanted), /a path that is not safe/, /Do not use/);
  }
});

Deno.test("downloadSnapshot() names an unreachable host, and a host that Deno may not reach", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES, { fileHost: "localhost" });
  const closed = { ...standIn.hub, url: "http://127.0.0.1:2" };
  await assertFails(
    downloadSnapshot(request(temporary.path, closed)),
    /the connection to 127\.0\.0\.1:2 failed \(.*tcp connect error/,
    /Check the network/,
  );
  assert.deepEqual(standIn.pauses, [1000, 2000, 4000, 8000]);
  await assertFails( // the redirect's host, not the hub's
    downloadSnapshot(request(temporary.path, standIn.hub)),
    /Deno was started without permission to reach localhost:\d+/,
    /sends you on to it; only if you trust both, allow it with --allow-net=localhost:\d+$/,
  );
});

Deno.test("downloadSnapshot() says what it needs and what is free, before it asks for a byte", async () => {
  using temporary = temporaryFolder();
  const folder = join(temporary.path, "hub/models--a--b");
  Deno.mkdirSync(folder, { recursive: true });
  const files = [{ path: "a.bin", size: 8e12, hash: "0".repeat(64) }];
  const kept = JSON.stringify({ files, hash: hashOf(files) });
  Deno.writeTextFileSync(join(folder, `${COMMIT}.json`), kept);
  const wanted = {
    repository: { kind: "model", name: "a/b" },
    revision: COMMIT,
    cache: temporary.path,
  };
  // a process of its own: the permission to ask how much is free is not one that tests have
  const program = `
    import { downloadSnapshot } from "${import.meta.resolve("./snapshot.ts")}";
    await downloadSnapshot({ ...${JSON.stringify(wanted)}, files: /bin/ })
      .catch((error) => console.log(error.message, error.remedy));`;
  const args = ["eval", "--quiet", program];
  const { stdout } = await new Deno.Command("deno", { args }).output();
  assert.match(
    new TextDecoder().decode(stdout),
    /Cannot download the model "a\/b": it needs 8\.00e\+3 GB, and [\d.]+ GB are free .*--cache/,
  );
});

/** A hub that answers every question with what a function gives. */
function oddHub(answer: (url: URL) => Response): AsyncDisposable & { hub: Hub } {
  const serve = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(serve, (request) => answer(new URL(request.url)));
  const url = `http://127.0.0.1:${server.addr.port}`;
  const pause = () => Promise.resolve();
  const alarm = () => () => {};
  return {
    hub: { url, patience: 60_000, pause, alarm },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("downloadSnapshot() takes only a full hash for a commit, and writes nothing elsewhere", async () => {
  using temporary = temporaryFolder();
  const cache = join(temporary.path, "cache");
  for (
    const sha of ["../../../x", "main", "0".repeat(39), "0".repeat(41), "g".repeat(40), 7, null]
  ) {
    await using odd = oddHub(() => Response.json({ sha }));
    await assertFails(
      downloadSnapshot(request(cache, odd.hub, { revision: "main" })),
      /the answer of 127\.0\.0\.1:\d+ is no hub's: "sha" must be a hash.*, got/,
      /Check HF_ENDPOINT/,
    );
  }
  assert.deepEqual([...Deno.readDirSync(temporary.path)], []);
});

Deno.test("downloadSnapshot() says what came where it is no answer of a hub", async () => {
  using temporary = temporaryFolder();
  const bodies: [BodyInit, RegExp][] = [
    ["<!DOCTYPE html><title>Log in</title>", /got a web page, such as one to log in/],
    ["null", /it must be an object, got null|it must be a list, got null/],
    ["7", /must be (?:an object|a list), got 7/],
    ["{}", /"sha" must be a hash, got nothing|it must be a list, got \{\}/],
    ["", /got ""/],
    [" ".repeat(33 * 2 ** 20), /a body of more than 32 MiB/],
  ];
  for (const [body, message] of bodies) {
    for (const revision of ["main", COMMIT]) {
      await using odd = oddHub(() => new Response(body));
      const wanted = request(temporary.path, odd.hub, { revision });
      await assertFails(downloadSnapshot(wanted), message, /Check HF_ENDPOINT/);
    }
  }
});

Deno.test("downloadSnapshot() checks what a listing says of each file", async () => {
  using temporary = temporaryFolder();
  const good = { type: "file", path: "data/x", size: 1, oid: "0".repeat(40) };
  const entries: [unknown, RegExp][] = [
    [{ ...good, size: -1 }, /"\[0\]\.size" must not be negative, got -1/],
    [{ ...good, size: 1e300 }, /"\[0\]\.size" must be/],
    [{ ...good, size: "1" }, /"\[0\]\.size" must be a whole number, got "1"/],
    [{ ...good, path: { length: 1e9 } }, /"\[0\]\.path" must be text/],
    [{ ...good, oid: "../x" }, /"\[0\]\.oid" must be a hash of 40 or 64/],
    [{ ...good, lfs: { oid: "1", size: 1 } }, /"\[0\]\.lfs\.oid" must be a SHA-256/],
    [{ ...good, oid: undefined }, /must have a hash/],
    [null, /"\[0\]" /],
  ];
  for (const [entry, message] of entries) {
    await using odd = oddHub(() => Response.json([entry]));
    await assertFails(downloadSnapshot(request(temporary.path, odd.hub)), message, /Check HF/);
  }
});

Deno.test("downloadSnapshot() gives up a listing without end, and pages at another host", async () => {
  using temporary = temporaryFolder();
  let asked = 0;
  const page = (next: (url: URL) => string) => (url: URL) => {
    asked++;
    const entry = { type: "file", path: `data/${asked}`, size: 1, oid: "0".repeat(40) };
    return Response.json([entry], { headers: { Link: `<${next(url)}>; rel="next"` } });
  };
  {
    await using odd = oddHub(page((url) => url.href));
    const wanted = request(temporary.path, odd.hub);
    await assertFails(downloadSnapshot(wanted), /a page whose next one is a page before/, /Check/);
    assert.equal(asked, 1);
  }
  {
    await using odd = oddHub(page((url) => `${url.origin}${url.pathname}?cursor=${asked}`));
    const wanted = request(temporary.path, odd.hub);
    await assertFails(downloadSnapshot(wanted), /must come to an end, got more than 2000/, /Check/);
  }
  await using odd = oddHub(page(() => "http://192.0.2.1/next"));
  await assertFails(
    downloadSnapshot(request(temporary.path, odd.hub)),
    /the next page of its listing must be at .*, got http:\/\/192\.0\.2\.1/,
    /Do not use/,
  );
});

Deno.test("downloadSnapshot() asks anew for a kept listing that was changed", async () => {
  using temporary = temporaryFolder();
  await using standIn = startHub(FILES);
  const said: string[] = [];
  const say = (message: string) => void said.push(message);
  const wanted = request(temporary.path, standIn.hub, { say });
  const { folder } = await downloadSnapshot(wanted);
  const kept = Deno.readTextFileSync(`${folder}.json`);
  const edited = kept.replace(/"hash":"./, (start) => `"hash":"${start.endsWith("0") ? 1 : 0}`);
  for (const damaged of ["[{", "null", "[]", "{}", edited, kept.replace("größe 1", "größe 2")]) {
    Deno.writeTextFileSync(`${folder}.json`, damaged);
    await downloadSnapshot(wanted);
    assert.equal(Deno.readTextFileSync(`${folder}.json`), kept);
    assert.match(said.splice(0).join(), /^The listing ".*" has not the hash .* asked for again\.$/);
  }
});
