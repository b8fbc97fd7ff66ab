/**
 * A run on the real Slurm, on a cluster of one node that the test starts. Where Slurm is not installed, or the test is not root, it
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

/** Whose the files are that this process makes; to ask for its user takes a permission. */
function isRoot(): boolean {
  const path = Deno.makeTempFileSync();
  const { uid } = Deno.statSync(path);
  Deno.removeSync(path);
  return uid === 0;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

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
  const cluster = async (...args: string[]) => {
    const [action, ...rest] = args;
    const { code, out, err } = await deno(
      root,
      "run",
      "-A",
      "--quiet",
      "tests/slurm_cluster.ts",
      action,
      folder,
      ...rest,
    );
    assert.equal(code, 0, err);
    return out.trim();
  };
  const nextTask = async () => {
    for (;;) {
      const [job] = (await cluster("running")).split("\n");
      if (job !== "") return job;
      await new Promise((go) => setTimeout(go, 300));
    }
  };
  const env = { SLURM_CONF: join(folder, "slurm.conf") };
  const submit = () => spawnTaskWith(env, "slurm", ...own("slurm"), "--tasks", "2", "--poll", "1");

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
