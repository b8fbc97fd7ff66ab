import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "./cache.ts";
import { exists, readText, writeFileAtomic } from "./files.ts";
import { openTemporaryFolder, sweepLeftovers, sweepTemporaryFiles } from "./temporary_folder.ts";
import { temporaryFolder } from "./testing.ts";

/** Runs `use` with an empty folder for a cache. */
async function inFolder(use: (root: string) => Promise<void>): Promise<void> {
  using temporary = temporaryFolder();
  await use(temporary.path);
}

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Builds entries that hold one file, and counts how often. */
function builder(text = "made") {
  const counted = {
    builds: 0,
    build(folder: string): void {
      counted.builds++;
      writeFileAtomic(join(folder, "text"), text);
    },
  };
  return counted;
}

Deno.test("entry() builds once for equal parts, whatever the order of their keys", async () => {
  await inFolder(async (root) => {
    const made = builder();
    const first = await openCache(root).entry("guard", { seed: 1, width: 2 }, made.build);
    const second = await openCache(root).entry("guard", { width: 2, seed: 1 }, made.build);
    assert.equal(first, second);
    assert.equal(readText(join(first, "text")), "made");
    assert.equal(made.builds, 1);
  });
});

Deno.test("entry() keeps other parts and other kinds apart", async () => {
  await inFolder(async (root) => {
    const cache = openCache(root);
    const made = builder();
    const folders = [
      await cache.entry("guard", { seed: 1 }, made.build),
      await cache.entry("guard", { seed: 2 }, made.build),
      await cache.entry("signals", { seed: 1 }, made.build),
    ];
    assert.equal(new Set(folders).size, 3);
    assert.equal(made.builds, 3);
  });
});

Deno.test("entry() notices every kind of damage, says so, and rebuilds", async () => {
  const damages: [string, (folder: string) => void, RegExp][] = [
    ["changed", (f) => Deno.writeTextFileSync(join(f, "text"), "mad"), /"text" is missing or ch/],
    ["missing", (f) => Deno.removeSync(join(f, "text")), /"text" is missing or changed/],
    ["added", (f) => Deno.writeTextFileSync(join(f, "more"), ""), /"more" is missing or changed/],
    ["no manifest", (f) => Deno.removeSync(join(f, "manifest.json")), /no such file/],
    ["cut manifest", (f) => Deno.truncateSync(join(f, "manifest.json"), 5), /JSON/],
    ["no folder", (f) => {
      Deno.removeSync(f, { recursive: true });
      Deno.writeTextFileSync(f, "");
    }, /./],
  ];
  for (const [name, damage, reason] of damages) {
    await inFolder(async (root) => {
      const said: string[] = [];
      const cache = openCache(root, (message) => said.push(message));
      const made = builder();
      const folder = await cache.entry("guard", 1, made.build);
      damage(folder);
      assert.equal(await cache.entry("guard", 1, made.build), folder, name);
      assert.equal(made.builds, 2, name);
      assert.equal(said.length, 1, name);
      assert.match(said[0], /^Cache entry ".*" is damaged \(.*\); it is rebuilt\.$/);
      assert.match(said[0], reason, name);
      assert.deepEqual(namesIn(folder), ["manifest.json", "text"], name);
      await cache.entry("guard", 1, made.build);
      assert.equal(made.builds, 2, name);
    });
  }
});

Deno.test("entry() leaves no folder when the build fails, and builds the next time", async () => {
  await inFolder(async (root) => {
    const cache = openCache(root);
    const failing = cache.entry("guard", 1, (folder) => {
      writeFileAtomic(join(folder, "half"), "x");
      throw new Error("no more power");
    });
    await assert.rejects(failing, /^Error: no more power$/);
    assert.deepEqual(namesIn(join(root, "guard")), []);
    const folder = await cache.entry("guard", 1, builder().build);
    assert.deepEqual(namesIn(folder), ["manifest.json", "text"]);
  });
});

Deno.test("entry() keeps scratch files of a failed build for the next, then removes them", async () => {
  await inFolder(async (root) => {
    const cache = openCache(root);
    await assert.rejects(cache.entry("guard", 1, (_, scratch) => {
      writeFileAtomic(join(scratch, "state"), "half way");
      throw new Error("killed");
    }));
    const folder = await cache.entry("guard", 1, (folder, scratch) => {
      writeFileAtomic(join(folder, "from"), readText(join(scratch, "state")));
    });
    assert.equal(readText(join(folder, "from")), "half way");
    assert.deepEqual(namesIn(join(root, "guard")), [folder.split("/").at(-1)]);
  });
});

Deno.test("entry() keeps what a concurrent run has put there first", async () => {
  await inFolder(async (root) => {
    const folder = await openCache(root).entry("guard", 1, async (own) => {
      await openCache(root).entry("guard", 1, builder("the winner's").build);
      writeFileAtomic(join(own, "text"), "the loser's");
    });
    assert.equal(readText(join(folder, "text")), "the winner's");
    assert.deepEqual(namesIn(join(root, "guard")), [folder.split("/").at(-1)]);
  });
});

Deno.test("entry() sweeps what killed runs left, and nothing of a run that goes on", async () => {
  await inFolder(async (root) => {
    const past = new Date(Date.now() - 10_000);
    const leave = (kind: string, name: string, made: Date, owner = true) => {
      const folder = join(root, kind, `k.tmp-${name}`);
      writeFileAtomic(join(folder, "half"), "x");
      if (owner) writeFileAtomic(join(folder, ".owner"), "");
      Deno.utimeSync(folder, made, made);
    };
    leave("guard", "00000001", past);
    leave("other", "00000002", past);
    leave("other", "00000003", past, false); // about to be put into place
    leave("other", "00000004", new Date(0), false); // of an earlier version
    leave("other", "mine", new Date(0));
    using going = openTemporaryFolder(join(root, "guard", "going"));
    Deno.utimeSync(going.path, past, past);
    const folder = await openCache(root).entry("guard", 1, builder().build);
    const names = [folder, going.path].map((path) => path.split("/").at(-1)).sort();
    assert.deepEqual(namesIn(join(root, "guard")), names);
    assert.deepEqual(namesIn(join(root, "other")), ["k.tmp-00000003", "k.tmp-mine"]);
  });
});

Deno.test("entry() makes no folder before it is asked, and says where it cannot", async () => {
  await inFolder(async (root) => {
    openCache(join(root, "later"));
    assert.ok(!exists(join(root, "later")));
    writeFileAtomic(join(root, "file"), "");
    await assert.rejects(openCache(join(root, "file")).entry("guard", 1, () => {}), {
      name: "UserError",
      message: /^Cannot make the folder ".*file\/guard\/.*": /,
    });
  });
});

Deno.test("sweepLeftovers() removes what killed runs left of one path, sweepTemporaryFiles() files that are no longer written", () =>
  inFolder((root) => {
    const past = new Date(Date.now() - 120_000);
    const leave = (name: string, data: string, made?: Date) => {
      writeFileAtomic(join(root, name), data);
      if (made) Deno.utimeSync(join(root, name), made, made);
    };
    for (const name of ["mine", "other"]) {
      leave(`${name}.tmp-00000000/.owner`, "");
      Deno.utimeSync(join(root, `${name}.tmp-00000000`), past, past);
    }
    Deno.mkdirSync(join(root, "unmarked.tmp-00000000"));
    Deno.utimeSync(join(root, "unmarked.tmp-00000000"), past, past);
    using going = openTemporaryFolder("", join(root, "going.tmp-00000000"));
    Deno.utimeSync(going.path, past, past);
    leave("a.json", "{}", past);
    leave("a.json.tmp-00000002", "{", past);
    leave("b.json.tmp-00000003", "{"); // being written
    const swept = ["mine", "unmarked", "going", "none"].map((name) =>
      sweepLeftovers(join(root, name))
    );
    assert.deepEqual(swept, [true, true, false, true]);
    sweepTemporaryFiles(root);
    const held = going.path.split("/").at(-1)!;
    const left = ["a.json", "b.json.tmp-00000003", held, "other.tmp-00000000"];
    assert.deepEqual(namesIn(root), left.sort());
    return Promise.resolve();
  }));
