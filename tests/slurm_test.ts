/**
 * Runs on the real Slurm, on a cluster of one node that the test starts. Where Slurm is not installed, or the test is not root, it
 * is left out, and says so.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { exists } from "../lib/core/files.ts";
import { PROGRAMS } from "./slurm_cluster.ts";
import { deno, root, spawnTaskWith, task, withFolder } from "./testing.ts";

const missing = PROGRAMS.filter((path) => !exists(path));
const asked = Deno.env.get("SLURM_TEST") !== undefined; // it takes minutes, and starts daemons
const ignore = !asked || missing.length > 0 || !isRoot();
if (ignore) {
  // deno-lint-ignore no-console
  console.error(
    `The test on a real Slurm is left out: it needs SLURM_TEST=1, to be root, and slurm-wlm and munge (missing: ${
      missing.join(", ") || "nothing"
    }).`,
  );
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Whose the files are that this process makes; to ask for its user takes a permission. */
function isRoot(): boolean {
  const path = Deno.makeTempFileSync();
  const { uid } = Deno.statSync(path);
  Deno.removeSync(path);
  return uid === 0;
}

/** A cluster in a folder. */
function clusterIn(folder: string) {
  const cluster = async (action: string, name = "") => {
    const script = ["run", "-A", "--quiet", "tests/slurm_cluster.ts", action, folder, name];
    const { code, out, err } = await deno(root, ...script);
    assert.equal(code, 0, err);
    return out.trim();
  };
  const env = { SLURM_CONF: join(folder, "slurm.conf") };
  const submit = (name: string, ...args: string[]) =>
    spawnTaskWith(env, name, ...args, "--poll", "1");
  const submitted = async (name: string, ...args: string[]) => {
    const { code, stdout, stderr } = await submit(name, ...args).output();
    return { code, out: text(stdout), err: text(stderr) };
  };
  return { cluster, submit, submitted };
}

/** All files below a folder, as text. */
function filesOf(folder: string): Record<string, string> {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  return Object.fromEntries(entries.flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (!isDirectory) return [[name, Deno.readTextFileSync(path)]];
    return Object.entries(filesOf(path)).map(([below, text]) => [`${name}/${below}`, text]);
  }));
}

Deno.test({
  name:
    "reproduce on Slurm ends in the local bytes, though the submitter, a task and the node's daemon are killed and two submit at once",
  ignore,
  fn: () => withFolder(killing),
});

async function killing(folder: string): Promise<void> {
  const suite = writeTinySuite(folder, 60);
  const flags = ["--suite", suite, "--quick", "--seeds", "1", "--only", "guard_generalization"];
  const own = (
    name: string,
  ) => [...flags, "--cache", join(folder, name), "--results", join(folder, `${name}-results`)];
  const { cluster, ...slurm } = clusterIn(folder);
  const nextTask = async () => {
    for (;;) {
      const [job] = (await cluster("running")).split("\n");
      if (job !== "") return job;
      await new Promise((go) => setTimeout(go, 300));
    }
  };
  const submit = () => slurm.submit("slurm", ...own("slurm"), "--tasks", "2");

  await cluster("start");
  try {
    const given = submit();
    const said = given.output();
    await nextTask();
    given.kill("SIGINT");
    await new Promise((go) => setTimeout(go, 2000)); // two at once would be one
    given.kill("SIGINT");
    const { code, stderr } = await said;
    assert.equal(code, 130);
    assert.match(text(stderr), /The jobs go on, .* Ctrl-C again cancels them\./);
    assert.equal(await cluster("queue"), "");

    const first = submit();
    const ended = first.output();
    const job = await nextTask();
    first.kill("SIGKILL");
    await ended;
    const both = [submit(), submit()].map((child) => child.output());
    await cluster("kill", job);
    await cluster("kill", await nextTask());
    await nextTask();
    await cluster("node");
    for (const { code, stderr } of await Promise.all(both)) assert.equal(code, 0, text(stderr));
  } finally {
    await cluster("stop");
  }
  assert.equal((await task("reproduce", ...own("local"))).code, 0);
  for (const name of ["guard_generalization.json", "guard_generalization.svg", "report.html"]) {
    const [here, there] = ["local", "slurm"].map((kind) =>
      Deno.readTextFileSync(join(folder, `${kind}-results`, name))
    );
    assert.equal(there, here, name);
  }
}

Deno.test({
  name:
    "fit and score on Slurm end in the local bytes, and a run whose disk of results or cache is full says so and goes on when there is room",
  ignore,
  fn: () => withFolder(fittingAndScoring),
});

async function fittingAndScoring(folder: string): Promise<void> {
  const suite = writeTinySuite(folder, 25);
  const at = (name: string) => join(folder, name);
  const data = ["--suite", suite, "--quick"];
  const cacheAt = (name: string) => ["--cache", at(name)];
  const here = [...data, ...cacheAt("here")];
  const fit = ["--fpr", "0.1", "--output"];
  const local = await task("fit", ...here, ...fit, at("monitor"));
  assert.equal(local.code, 0, local.err);
  const lines = Array.from(
    { length: 40 },
    (_, i) => JSON.stringify({ text: `${"so ".repeat(i)}.` }),
  );
  Deno.writeTextFileSync(at("log.jsonl"), lines.join("\n"));
  const score = [
    "--monitor",
    at("monitor"),
    "--input",
    at("log.jsonl"),
    "--fpr",
    "0.1",
    "--output",
  ];
  const scored = await task("score", ...score, at("scored.jsonl"));
  assert.equal(scored.code, 0, scored.err);
  const run = (cache: string, results: string) => [
    ...[...data, ...cacheAt(cache), "--results", at(results)],
    ...["--seeds", "1", "--only", "guard_generalization"],
  ];
  assert.equal((await task("reproduce", ...run("here", "results"))).code, 0);

  const { cluster, submitted } = clusterIn(folder);
  await cluster("start");
  try {
    const there = [...data, ...cacheAt("there"), "--tasks", "2"];
    const fitted = await submitted("slurm-fit", ...there, ...fit, at("monitor-there"));
    assert.equal(fitted.code, 0, fitted.err);
    assert.match(fitted.err, /5 of 5 steps done: monitor/);
    assert.match(fitted.out, /^Monitor ".*monitor-there", fitted on tiny$/m);
    assert.deepEqual(filesOf(at("monitor-there")), filesOf(at("monitor")));

    const parts = ["--overwrite", ...cacheAt("there"), "--tasks", "3"];
    for (const _ of ["new", "replaced"]) {
      const { code, err } = await submitted("slurm-score", ...score, at("joined.jsonl"), ...parts);
      assert.equal(code, 0, err);
      assert.match(err, new RegExp(`2 of 2 steps done: .*\n${scored.err.split("\n")[0]}\n`));
    }
    const [whole, joined] = ["scored", "joined"].map((name) =>
      Deno.readTextFileSync(at(`${name}.jsonl`))
    );
    assert.equal(joined, whole);

    // nothing of interest fits on the first, the tokenizer and no model on the second
    const disks = [["small:16k", "here", "small"], ["cache:400k", "cache", "made"]];
    for (const [disk, cache, results] of disks) {
      await cluster("fill", disk);
      const own = run(cache, results);
      const full = await submitted("slurm", ...own);
      assert.equal(full.code, 1, full.err);
      assert.match(full.err, /guard_generalization failed: Cannot do .*: the disk is full/);
      await cluster("free", disk.split(":")[0]);
      const free = await submitted("slurm", ...own);
      assert.equal(free.code, 0, free.err);
      assert.deepEqual(artifactsOf(at(results)), artifactsOf(at("results")));
    }
  } finally {
    await cluster("stop");
  }
}

/** All files of a run but what may vary. */
function artifactsOf(folder: string): Record<string, string> {
  const files = Object.entries(filesOf(folder)).filter(([name]) => !name.endsWith(".run.json"));
  return Object.fromEntries(files);
}
