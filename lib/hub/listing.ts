/**
 * What a repository holds at a revision, as the hub's API tells it.
 *
 * @module
 */
import { datasetInfo, listFiles, modelInfo } from "@huggingface/hub";
import { UserError } from "../core/errors.ts";
import type { Schema } from "../core/schema.ts";
import { Listing, readAnswer, Revision } from "./answers.ts";
import { ask, connectionError, describe, type Hub, persist, type Repository } from "./hub.ts";

/** Most pages of a listing that are read, and most files that a repository may have. */
const [MOST_PAGES, MOST_FILES] = [2000, 200_000];

/** A file of a repository. */
export interface HubFile {
  /** Its path in the repository. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of its content where Git LFS keeps it, else the SHA-1 that Git gives it. */
  readonly hash: string;
}

/**
 * The commit that a branch or tag stands for now.
 *
 * @param hub whom to ask.
 * @param repository of which.
 * @param revision a branch, a tag, or a commit.
 * @returns the full commit hash, 40 or 64 hexadecimal digits; throws a {@linkcode UserError} where there is none.
 */
export async function resolveRevision(
  hub: Hub,
  repository: Repository,
  revision: string,
): Promise<string> {
  const { kind, name } = repository;
  const request = { ...asking(hub, repository, Revision), name, revision };
  const { sha } = kind === "model"
    ? await modelInfo({ ...request, additionalFields: ["sha"] })
    : await datasetInfo({ ...request, additionalFields: ["sha"] });
  return sha;
}

/**
 * Every file of a repository.
 *
 * @param hub whom to ask.
 * @param repository of which.
 * @param commit full commit hash.
 * @returns files in the order of their paths; throws a {@linkcode UserError} where it cannot be told, or a path leads out
 * of the repository.
 */
export async function listRepository(
  hub: Hub,
  repository: Repository,
  commit: string,
): Promise<HubFile[]> {
  const files: HubFile[] = [];
  const request = {
    ...asking(hub, repository, Listing),
    repo: { type: repository.kind, name: repository.name },
    revision: commit,
    recursive: true,
  };
  for await (const { type, path, size, oid, lfs } of listFiles(request)) {
    if (type !== "file") continue;
    requireInside(repository, path);
    if (files.length === MOST_FILES) throw endless(repository, `more than ${MOST_FILES} files`);
    files.push({ path, size: lfs?.size ?? size, hash: lfs?.oid ?? oid! });
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

/**
 * What the library is asked with: the token is added by `ask`, so that it is sent to the hub alone, and the library sees nothing
 * that the schema has not passed. Pages are counted, and none is read twice.
 */
function asking(hub: Hub, repository: Repository, schema: Schema<unknown>) {
  const seen = new Set<string>();
  const viaAsk: typeof fetch = (input, init) => {
    const url = String(input);
    if (seen.has(url)) throw endless(repository, "a page whose next one is a page before");
    if (seen.add(url).size > MOST_PAGES) throw endless(repository, `more than ${MOST_PAGES} pages`);
    return persist(hub, async () => {
      const signal = AbortSignal.timeout(hub.patience);
      const headers = new Headers(init?.headers);
      const response = await ask(hub, repository, url, { headers, signal });
      const data = await readAnswer(repository, response, schema).catch((error) => {
        if (error instanceof UserError) throw error;
        throw connectionError(repository, new URL(url).host, error);
      });
      return Response.json(data, { headers: linkOf(hub, repository, response) });
    });
  };
  return { hubUrl: hub.url, fetch: viaAsk };
}

/** Where the next page is; it must be at the hub as well. */
function linkOf(hub: Hub, repository: Repository, response: Response): Record<string, string> {
  const link = response.headers.get("Link");
  if (link === null) return {};
  const [, next = ""] = /<([^>]*)>\s*;[^,]*rel="?next/.exec(link) ?? [];
  const { origin } = URL.parse(next, response.url) ?? {};
  if (next === "" || origin === new URL(hub.url).origin) return { Link: link };
  throw new UserError(
    `Cannot download ${
      describe(repository)
    }: the next page of its listing must be at ${hub.url}, got ${origin ?? "no address"}`,
    "Do not use this hub.",
  );
}

function endless(repository: Repository, got: string): UserError {
  return new UserError(
    `Cannot download ${describe(repository)}: its listing must come to an end, got ${got}`,
    "Check HF_ENDPOINT, or name another repository.",
  );
}

/**
 * Makes sure that a file of a repository stays below the folder that it is written to.
 *
 * @param repository which, for the error.
 * @param path of the file, with slashes; throws a {@linkcode UserError} where it leads out.
 */
export function requireInside(repository: Repository, path: string): void {
  const parts = path.split("/");
  if (!/[\\:\0]/.test(path) && !parts.some((part) => ["", ".", ".."].includes(part))) return;
  throw new UserError(
    `Cannot download ${
      describe(repository)
    }: its file "${path}" has a path that is not safe to write`,
    "Do not use this repository.",
  );
}
