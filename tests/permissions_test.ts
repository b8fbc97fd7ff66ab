/** What the tasks may do, and that it suffices: each is run as `deno.json` starts it. */
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { started } from "../start.ts";
import { deno, denoWith, root, task, withFolder, writeScored } from "./testing.ts";

const { tasks }: { tasks: Record<string, string> } = JSON.parse(
  Deno.readTextFileSync(join(root, "deno.json")),
);
const OURS = Object.entries(tasks).filter(([, line]) => line.includes(" tasks.ts "));

/** What the permission to write is for, of a started line. */
const writable = (line: readonly string[]) =>
  line.filter((word) => word.startsWith("--allow-write=")).map((word) => word.slice(14));

Deno.test("no task may write everywhere, read all of the environment, reach every host or start everything", () => {
  for (const [name, line] of OURS) {
    for (const kind of ["write", "env", "net", "run", "sys", "all"]) {
      assert.doesNotMatch(line, new RegExp(`--allow-${kind}(?!=)|\\s-A\\s`), `${name}: ${kind}`);
    }
  }
});

Deno.test("started() adds permission for what flags name, for the names that it is written under, and for nothing else", () => {
  const line = (...args: string[]) =>
    started(["output,cache", "run", "--allow-write=.cache", "tasks.ts", "score", ...args]);
  const at = (name: string) => resolve(name);
  const names = [
    "a.jsonl",
    "a.jsonl.tmp-00000000",
    "a.jsonl.partial",
    "a.jsonl.partial.json",
    "a.jsonl.partial.json.tmp-00000000",
  ];
  const own = (path: string) => names.map((name) => at(join(path, name)));
  assert.deepEqual(writable(line("--output", "a.jsonl", "--input", "b")), [".cache", ...own("")]);
  assert.deepEqual(writable(line("--output=lib/a.jsonl")), [".cache", ...own("lib")]);
  assert.deepEqual(writable(line("--output", "-")), [".cache"]);
  assert.deepEqual(writable(line("--output")), [".cache"]);
  assert.deepEqual(writable(line("--output", "new/folder/a.jsonl")), [".cache", at("new")]);
  assert.equal(writable(line("--cache", "c", "--output", "a")).includes(at("c")), true);
  assert.deepEqual(line("--output", "a").slice(-4), ["tasks.ts", "score", "--output", "a"]);
  const parts = writable(line("--output", "a.jsonl", "--join", "2"));
  for (const i of [1, 2]) {
    for (const end of ["", ".json"]) assert.ok(parts.includes(at(`a.jsonl.part-${i}-of-2${end}`)));
  }
  assert.equal(parts.length, 1 + 5 + 2 * 7);
  assert.throws(() => line("--output", "a,b"), { name: "UserError", message: /a comma/ });
});

Deno.test("fit, score and analyze write what their flags name, and nothing beside it", async () => {
  await withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const train = join(writeTinySuite(folder, 25), "train.jsonl");
    const text = JSON.stringify({ text: "Hello" });
    Deno.writeTextFileSync(at("log.jsonl"), `${text}\n`.repeat(4));
    const outside = Deno.makeTempDirSync(); // the folder is below .cache, where every task may write
    try {
      const to = (name: string) => join(outside, name);
      const done = async (...args: string[]) => {
        const { code, err } = await task(args[0], ...args.slice(1));
        assert.equal(code, 0, err);
      };
      const cache = ["--cache", to("cache")];
      await done("fit", "--train", train, "--quick", "--fpr", "0.1", "--output", to("m"), ...cache);
      const score = ["score", "--monitor", to("m"), "--input", at("log.jsonl"), "--fpr", "0.1"];
      await done(...score, "--output", to("s.jsonl"));
      await done(...score, "--output", to("new/s.jsonl.gz"));
      for (const i of [1, 2]) await done(...score, "--output", to("p.jsonl"), "--shard", `${i}/2`);
      await done(...score, "--output", to("p.jsonl"), "--join", "2");
      assert.equal(Deno.readTextFileSync(to("p.jsonl")), Deno.readTextFileSync(to("s.jsonl")));
      writeScored(at("scored.jsonl"));
      await done("analyze", at("scored.jsonl"), "--output", to("a"));
      const left = [...Deno.readDirSync(outside)].map(({ name }) => name).sort();
      assert.deepEqual(left, ["a", "cache", "m", "new", "p.jsonl", "s.jsonl"]);
    } finally {
      Deno.removeSync(outside, { recursive: true });
    }
  });
});

Deno.test("a task that is started by another process ends with it when that is told to", async () => {
  await withFolder(async (folder) => {
    const train = join(writeTinySuite(folder, 25), "train.jsonl");
    const words = tasks.fit.split(" ");
    const child = new Deno.Command("deno", {
      args: [
        ...["run", "--allow-read", `--allow-run=${Deno.execPath()}`],
        ...words.slice(words.indexOf("start.ts")),
        ...["--train", train, "--fpr", "0.1", "--output", join(folder, "monitor")],
        ...["--cache", join(folder, "cache")],
      ],
      cwd: root,
      stdin: "null",
      stderr: "piped",
    }).spawn();
    for await (const { paths } of Deno.watchFs(folder)) {
      if (paths.some((path) => path.includes("cache"))) break; // it is at work
    }
    child.kill("SIGTERM");
    const { code, stderr } = await child.output();
    assert.equal(code, 143);
    assert.match(new TextDecoder().decode(stderr), /Stopped by SIGTERM/);
  });
});

Deno.test("ONNX Runtime is told to keep to itself what it is used for", async () => {
  await withFolder(async (folder) => {
    const info = await deno(root, "info", "--json");
    const home = join(folder, "home");
    Deno.mkdirSync(home);
    // as on a user's machine: where CI is set, nothing is told anyway
    const env = {
      HOME: home,
      XDG_CACHE_HOME: home,
      DENO_DIR: JSON.parse(info.out).denoDir,
      CI: "",
    };
    const plan = ["plan", "--quick", "--suite", writeTinySuite(folder, 25), "--cache", folder];
    const { code, err } = await denoWith(env, root, "task", ...plan, "--only", "fusion");
    assert.equal(code, 0, err);
    assert.deepEqual([...Deno.readDirSync(home)], []);
  });
});

/** Asks for a place in each way, and says which is granted. */
const PROBE = `
const asked = [
  { name: "write", path: "lib" },
  { name: "write", path: "/tmp" },
  { name: "env", variable: "HOME" },
  { name: "env", variable: "AWS_SECRET_ACCESS_KEY" },
  { name: "net", host: "example.com" },
  { name: "run", command: "sh" },
  { name: "sys", kind: "hostname" },
];
console.log(asked.filter((one) => Deno.permissions.querySync(one).state === "granted").length);
`;

Deno.test("no task can write, read, reach or start anything else", async () => {
  await withFolder(async (folder) => {
    const probe = join(folder, "probe.ts");
    Deno.writeTextFileSync(probe, PROBE);
    for (const [name, task] of OURS) {
      const words = task.split(" ");
      const at = words.indexOf("start.ts");
      const line = at < 0 ? words.slice(1) : started([...words.slice(at + 1), "--output", "x"]);
      const flags = line.slice(1, line.indexOf("tasks.ts")).filter((word) => /^--allow/.test(word))
        .filter((word) => !word.includes("$("));
      const { code, out, err } = await denoWith({}, root, "run", "--quiet", ...flags, probe);
      assert.equal(code, 0, err);
      assert.equal(out.trim(), "0", name);
    }
  });
});
