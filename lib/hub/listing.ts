/**
 * What a repository holds at a revision, as the hub's API tells it.
 *
 * @module
 */
import { datasetInfo, listFiles, modelInfo } from "@huggingface/hub";
import { UserError } from "../core/errors.ts";
import { ask, describe, type Hub, persist, type Repository } from "./hub.ts";

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
 * @returns the full commit hash, 40 hexadecimal digits; throws a {@linkcode UserError} where there is none.
 */
export async function resolveRevision(
  hub: Hub,
  repository: Repository,
  revision: string,
): Promise<string> {
  const { kind, name } = repository;
  const request = { ...asking(hub, repository), name, revision };
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
    ...asking(hub, repository),
    repo: { type: repository.kind, name: repository.name },
    revision: commit,
    recursive: true,
  };
  for await (const { type, path, size, oid, lfs } of listFiles(request)) {
    if (type !== "file") continue;
    requireInside(repository, path);
    files.push({ path, size: lfs?.size ?? size, hash: lfs?.oid ?? oid! });
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** What the library is asked with; the token is added by `ask`, so that it is sent to the hub alone. */
function asking(hub: Hub, repository: Repository) {
  const viaAsk: typeof fetch = (url, init) =>
    persist(hub, () =>
      ask(hub, repository, String(url), {
        headers: new Headers(init?.headers),
        signal: AbortSignal.timeout(hub.patience),
      }));
  return { hubUrl: hub.url, fetch: viaAsk };
}

function requireInside(repository: Repository, path: string): void {
  const parts = path.split("/");
  if (!/[\\:\0]/.test(path) && !parts.some((part) => ["", ".", ".."].includes(part))) return;
  throw new UserError(
    `Cannot download ${
      describe(repository)
    }: its file "${path}" has a path that is not safe to write`,
    "Do not use this repository.",
  );
}
