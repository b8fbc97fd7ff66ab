/** `deno task reproduce` on data, a model and adapters that come from a hub: a stand-in for it on this machine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeTinySuite } from "../lib/conversation/testing.ts";
import { COMMIT, startHub } from "../lib/hub/testing.ts";
import { randomModel, writeAdapter, writeRandomCheckpoint } from "../lib/model/testing.ts";
import { denoWith, root, withFolder } from "./testing.ts";

/** The files of a folder, under names that say in which repository they are. */
function filesOf(repository: string, folder: string): Record<string, Uint8Array> {
  return Object.fromEntries(
    [...Deno.readDirSync(folder)].map((
      { name },
    ) => [`${repository}:${name}`, Deno.readFileSync(join(folder, name))]),
  );
}

Deno.test("reproduce runs MOOD's suite on a model with two adapters, and again without the hub", async () => {
  await withFolder(async (folder) => {
    const model = randomModel("language-model", { contextLength: 512 });
    const at = (name: string) => join(folder, name);
    const files = {
      ...filesOf("mood-bench/mood-bench", writeTinySuite(folder, 40)),
      ...filesOf("tiny/model", writeRandomCheckpoint(at("model"), model)),
      ...filesOf("tiny/guard", writeAdapter(at("guard"), model, { head: true })),
      ...filesOf("tiny/lm", writeAdapter(at("lm"), model, { head: false })),
    };
    await using standIn = startHub(files);
    /** The task, with a permission more: that for this machine. */
    const reproduce = async (results: string) => {
      const { tasks } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
      const line = tasks.reproduce.replace("--allow-net=", "--allow-net=127.0.0.1,").split(" ");
      const pinned = (name: string) => `tiny/${name}@${COMMIT}`;
      const { code, out, err } = await denoWith(
        { HF_ENDPOINT: standIn.hub.url },
        root,
        ...line.slice(1),
        ...["--suite", "mood", "--revision", COMMIT, "--only", "fusion", "--threads", "1"],
        ...["--model", pinned("model"), "--guard-adapter", pinned("guard")],
        ...["--lm-adapter", pinned("lm"), "--cache", at("cache"), "--results", at(results)],
      );
      assert.equal(code, 0, err);
      assert.match(out, /overall/);
      return Deno.readTextFileSync(join(at(results), "fusion.json"));
    };
    const artifact = await reproduce("first");
    const { suite, settings: { models } } = JSON.parse(artifact);
    assert.equal(suite.revision, COMMIT);
    assert.deepEqual(models.guard.adapter, { name: "tiny/guard", revision: COMMIT });
    assert.deepEqual(models.languageModel.model, { name: "tiny/model", revision: COMMIT });
    assert.ok(standIn.requests.some((line) => line.endsWith("/tiny/model:model.safetensors")));
    standIn.requests.length = 0;
    assert.equal(await reproduce("again"), artifact);
    assert.deepEqual(standIn.requests, []);
  });
});
