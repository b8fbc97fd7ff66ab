/**
 * For tests: folders that are removed afterwards.
 *
 * @module
 */

/**
 * Makes an empty folder, to be held with `using`.
 *
 * @returns its path; disposing of it removes the folder with all that is in it.
 */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = Deno.makeTempDirSync();
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/**
 * Makes an empty folder for a test file that needs many.
 *
 * @returns its path; it is removed when all tests of the file are done.
 */
export function scratchFolder(): string {
  const { path, [Symbol.dispose]: remove } = temporaryFolder();
  addEventListener("unload", remove);
  return path;
}
