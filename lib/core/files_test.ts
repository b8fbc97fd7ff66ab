import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "./errors.ts";
import {
  exists,
  fileError,
  fileName,
  readBytes,
  readText,
  removeIfPresent,
  writeFileAtomic,
  writeLinesAtomic,
} from "./files.ts";
import { temporaryFolder } from "./testing.ts";

/** Runs `use` in an empty folder. */
function inFolder(use: (folder: string) => void): void {
  using temporary = temporaryFolder();
  use(temporary.path);
}

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/**
 * Runs `use` on a disk that takes half of a file and then says what a full Linux disk makes Deno
 * say.
 */
function withFullDisk(use: () => void): void {
  const write = Deno.writeFileSync;
  Deno.writeFileSync = (path, data) => {
    write(path, (data as Uint8Array).subarray(0, data.length / 2));
    const message = `No space left on device (os error 28): writefile '${path}'`;
    throw Object.assign(new Error(message), { code: "ENOSPC" });
  };
  try {
    use();
  } finally {
    Deno.writeFileSync = write;
  }
}

Deno.test("writeFileAtomic() writes text and bytes, makes folders, replaces what was there", () => {
  inFolder((folder) => {
    const path = join(folder, "a", "b", "c.txt");
    writeFileAtomic(path, "één\n");
    assert.equal(readText(path), "één\n");
    writeFileAtomic(path, Uint8Array.of(0, 255));
    assert.deepEqual(readBytes(path), Uint8Array.of(0, 255));
    assert.deepEqual(namesIn(join(folder, "a", "b")), ["c.txt"]);
  });
});

Deno.test("writeFileAtomic() leaves the old file whole and nothing beside it when the disk is full", () => {
  inFolder((folder) => {
    const path = join(folder, "results.json");
    writeFileAtomic(path, "old");
    withFullDisk(() =>
      assert.throws(() => writeFileAtomic(path, "new and longer"), (error: UserError) => {
        assert.equal(error.message, `Cannot write "${path}": the disk is full`);
        return error instanceof UserError && /Free some space/.test(error.remedy);
      })
    );
    assert.deepEqual(namesIn(folder), ["results.json"]);
    assert.equal(readText(path), "old");
  });
});

Deno.test("writeFileAtomic() leaves nothing behind where a folder has the name", () => {
  inFolder((folder) => {
    Deno.mkdirSync(join(folder, "taken"));
    assert.throws(() => writeFileAtomic(join(folder, "taken"), "x"), UserError);
    assert.deepEqual(namesIn(folder), ["taken"]);
  });
});

Deno.test("writeFileAtomic() says so where a file stands in for a parent folder", () => {
  inFolder((folder) => {
    writeFileAtomic(join(folder, "file"), "x");
    assert.throws(() => writeFileAtomic(join(folder, "file", "y"), "x"), {
      name: "UserError",
      message: /^Cannot make the folder ".*file": a file was expected/,
    });
    assert.deepEqual(namesIn(folder), ["file"]);
  });
});

Deno.test("readText() names a missing file and what to do", () => {
  assert.throws(() => readText("no/such.txt"), {
    message: 'Cannot read "no/such.txt": there is no such file or folder',
    remedy: "Check the path.",
  });
});

Deno.test("readBytes() says so where a folder is", () => {
  inFolder((folder) => assert.throws(() => readBytes(folder), UserError));
});

Deno.test("exists() tells files and folders from nothing", () => {
  inFolder((folder) => {
    writeFileAtomic(join(folder, "file"), "");
    assert.ok(exists(folder) && exists(join(folder, "file")));
    assert.ok(!exists(join(folder, "none")) && !exists(join(folder, "file", "below")));
  });
});

Deno.test("removeIfPresent() takes whole trees and does not mind that there is none", () => {
  inFolder((folder) => {
    writeFileAtomic(join(folder, "a", "b"), "");
    removeIfPresent(join(folder, "a"));
    removeIfPresent(join(folder, "a"));
    assert.deepEqual(namesIn(folder), []);
  });
});

Deno.test("fileError() gives a remedy for each way a system refuses", () => {
  const { errors } = Deno;
  const cases: [Error, RegExp, RegExp][] = [
    [new errors.NotFound(), /no such file/, /path/],
    [new errors.PermissionDenied(), /does not permit/, /owner and mode/],
    [Object.assign(new Error(), { code: "EROFS" }), /does not permit/, /another folder/],
    [new errors.NotCapable(), /without permission/, /--allow-write/],
    [new errors.IsADirectory(), /a folder is/, /path/],
    [new errors.AlreadyExists(), /a folder is/, /path/],
    [new Error("odd"), /odd/, /disk/],
  ];
  for (const [cause, message, remedy] of cases) {
    const error = fileError("write", "x", cause);
    assert.ok(error instanceof UserError && error.cause === cause);
    assert.match(error.message, /^Cannot write "x": /);
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
  }
  const known = new UserError("a", "b");
  assert.equal(fileError("write", "x", known), known);
});

Deno.test("fileName() leaves nothing that a path could take amiss", () => {
  const names = {
    "Qwen/Qwen2.5-7B": "Qwen-Qwen2.5-7B",
    "../../etc/passwd": "etc-passwd",
    "always safe": "always-safe",
    "a\0b\\c:d": "a-b-c-d",
    ".hidden": "hidden",
    "///": "model",
    "Über": "Über",
  };
  for (const [name, file] of Object.entries(names)) assert.equal(fileName(name), file);
  assert.equal(fileName("x".repeat(500)).length, 100);
});

Deno.test("writeLinesAtomic() writes all lines, or leaves what was there and nothing beside it", async () => {
  using temporary = temporaryFolder();
  const path = join(temporary.path, "new", "lines");
  const long = "é".repeat(700_000);
  async function* lines(fails: boolean) {
    yield* [long, "", long];
    if (fails) throw new RangeError("no more");
    yield "end";
  }
  await writeLinesAtomic(path, lines(false));
  const written = Deno.readTextFileSync(path);
  assert.equal(written, `${long}\n\n${long}\nend\n`);
  await assert.rejects(writeLinesAtomic(path, lines(true)), RangeError);
  assert.equal(Deno.readTextFileSync(path), written);
  assert.deepEqual(Array.from(Deno.readDirSync(join(path, "..")), ({ name }) => name), ["lines"]);
});
