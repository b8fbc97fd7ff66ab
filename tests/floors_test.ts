/**
 * The order of the folders: docs/architecture.md lists those of `lib/`, ground floor first, and a folder imports only from itself and those
 * above it in that list. Subjects that stand side by side import nothing from one another. Only tests may do either.
 */
import assert from "node:assert/strict";
import { join, relative } from "node:path";

const root = join(import.meta.dirname!, "..");

/** The folders in the order of docs/architecture.md; `experiments/` stands on them, and on that what starts a process. */
function floors(): string[] {
  const text = Deno.readTextFileSync(join(root, "docs/architecture.md"));
  const [, list] = /^ {4}lib\/.*\n((?: {6}.*\n)+)/m.exec(text)!;
  const ofLib = [...list.matchAll(/^ {6}(\w+)\//gm)].map(([, name]) => `lib/${name}`);
  return [...ofLib, "mod.ts", "experiments", "."];
}

/** Subjects on one floor. */
const SIBLINGS = ["lib/experiment", "lib/monitor", "lib/rater", "lib/fine"];

/** Every TypeScript file of a folder and of those in it, but tests and what only they import. */
function sources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return name === "testdata" ? [] : sources(path);
    return name.endsWith(".ts") && !/(_test|^testing)\.ts$/.test(name) ? [path] : [];
  });
}

/** The files of ours that a file names, in imports of either kind. */
function importsOf(path: string): string[] {
  const text = Deno.readTextFileSync(path);
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*["'`](\.[^"'`]+)["'`]/g)]
    .map(([, name]) => join(path, "..", name));
}

const folderOf = (path: string) =>
  /^(lib\/\w+|experiments|mod\.ts)(?=\/|$)/.exec(relative(root, path))?.[0] ?? ".";

Deno.test("docs/architecture.md lists every folder of lib", () => {
  const folders = [...Deno.readDirSync(join(root, "lib"))].map(({ name }) => `lib/${name}`);
  assert.deepEqual(floors().slice(0, -3).sort(), folders.sort());
});

/** Every import of ours, as the folders and files that it leads from and to. */
function allImports(): [string, string][] {
  const imports = [...sources(join(root, "lib")), ...sources(join(root, "experiments"))]
    .flatMap((from) => importsOf(from).map((to): [string, string] => [from, to]));
  assert.ok(imports.length > 300, `only ${imports.length} imports were found`);
  return imports;
}

const inWords = (imports: [string, string][]) =>
  imports.map((pair) => pair.map((path) => relative(root, path)).join(" -> "));

Deno.test("no source file imports from a later floor", () => {
  const order = floors();
  const upward = allImports().filter(([from, to]) =>
    order.indexOf(folderOf(to)) > order.indexOf(folderOf(from))
  );
  assert.deepEqual(inWords(upward), []);
});

Deno.test("no subject imports from another on its floor", () => {
  const sideways = allImports().filter((pair) => {
    const [from, to] = pair.map(folderOf);
    return from !== to && SIBLINGS.includes(from) && SIBLINGS.includes(to);
  });
  assert.deepEqual(inWords(sideways), []);
});
