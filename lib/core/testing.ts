/**
 * For tests: a folder that is removed afterwards.
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
