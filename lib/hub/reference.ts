/**
 * How a repository of the hub is named on the command line: `owner/name`, `owner/name@revision`, and for one file of it
 * `owner/name:file` and `owner/name:file@revision`.
 *
 * @module
 */

/** A repository, or a file of it. */
export interface HubReference {
  /** As `owner/name`. */
  repository: string;
  /** Path of the file in the repository. */
  file?: string;
  /** Commit, branch or tag. */
  revision?: string;
}

/**
 * Reads such a name.
 *
 * @param text as typed.
 * @returns its parts, or undefined where it has another form.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const parts = { repository: "a/b", file: "q4/m.gguf", revision: "main" };
 * assert.deepEqual(parseReference("a/b:q4/m.gguf@main"), parts);
 * assert.deepEqual(parseReference("a/b"), { repository: "a/b" });
 * assert.equal(parseReference("a b"), undefined);
 * ```
 */
export function parseReference(text: string): HubReference | undefined {
  const [, repository, file, revision] =
    /^([\w-][\w.-]*\/[\w-][\w.-]*)(?::([^@:]+))?(?:@([^@]+))?$/.exec(text) ?? [];
  if (repository === undefined) return undefined;
  return { repository, ...file && { file }, ...revision && { revision } };
}

/**
 * The reverse of {@linkcode parseReference}.
 *
 * @param reference the parts.
 * @returns the name.
 */
export function referenceText({ repository, file, revision }: HubReference): string {
  return `${repository}${file ? `:${file}` : ""}${revision ? `@${revision}` : ""}`;
}
