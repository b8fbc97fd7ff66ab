/**
 * One file of a repository, fetched by its plain `resolve` address: what a killed run or a cut connection left is gone on from,
 * and nothing is used before its size and hash are those that the hub lists. (The library's own `downloadFile` cannot go on from
 * a part, and hands the token to the servers of files.)
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { UserError } from "../core/errors.ts";
import { fileError, fileSize, makeFolder, removeIfPresent } from "../core/files.ts";
import {
  ask,
  connectionError,
  describe,
  type Hub,
  pathOf,
  persist,
  type Repository,
} from "./hub.ts";
import type { HubFile } from "./listing.ts";

/** What is downloaded from where. */
export interface Source {
  /** Whom to ask. */
  readonly hub: Hub;
  /** Of which. */
  readonly repository: Repository;
  /** Full commit hash. */
  readonly commit: string;
}

/**
 * Downloads a file; runs that want the same one wait for each other.
 *
 * @param source hub, repository and commit.
 * @param file as the hub lists it.
 * @param path where to.
 * @param report told how many bytes of the file are there.
 * @returns when the file is there whole; throws a {@linkcode UserError} where it cannot be had.
 */
export async function downloadFile(
  source: Source,
  file: HubFile,
  path: string,
  report: (bytes: number) => void,
): Promise<void> {
  makeFolder(dirname(path));
  using part = openPart(`${path}.part`);
  await part.lock(true);
  // another run has done it meanwhile, perhaps before this one opened the part, and so made an empty one
  if (await isWhole(path, file)) return removeIfPresent(`${path}.part`);
  for (let attempt = 0; attempt < 2; attempt++) {
    await fetchRest(source, file, part, report);
    if (await hasHash(part, file)) return Deno.renameSync(`${path}.part`, path);
    part.truncateSync(0);
  }
  throw new UserError(
    `Cannot download ${
      describe(source.repository)
    }: what was sent as "${file.path}" has not the hash ${file.hash}, twice`,
    "Try again later, or another endpoint; what was sent is not kept.",
  );
}

function openPart(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true, write: true, create: true });
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/** Completes the part, in as many requests as it takes. */
async function fetchRest(
  source: Source,
  file: HubFile,
  part: Deno.FsFile,
  report: (bytes: number) => void,
): Promise<void> {
  let before = part.statSync().size;
  const advanced = () => {
    const earlier = before;
    before = part.statSync().size;
    return before > earlier;
  };
  await persist(source.hub, async () => {
    if (part.statSync().size > file.size) part.truncateSync(0);
    if (part.statSync().size < file.size) await fetchOnce(source, file, part, report);
  }, advanced);
}

/** One request for what is missing; the part keeps what came, also where it throws. */
async function fetchOnce(
  { hub, repository, commit }: Source,
  file: HubFile,
  part: Deno.FsFile,
  report: (bytes: number) => void,
): Promise<void> {
  const name = file.path.split("/").map(encodeURIComponent).join("/");
  const url = `${hub.url}/${pathOf(repository)}/resolve/${commit}/${name}`;
  let { size } = part.statSync();
  using watch = watchdog(hub);
  const headers = { "Accept-Encoding": "identity", ...size > 0 && { Range: `bytes=${size}-` } };
  const response = await ask(hub, repository, url, { headers, signal: watch.signal });
  if (response.status !== 206) part.truncateSync(size = 0); // it sends all from the start
  part.seekSync(size, Deno.SeekMode.Start);
  const { host } = new URL(response.url);
  const body = response.body?.getReader();
  while (size < file.size) {
    const chunk = await body?.read().catch((error) => {
      throw connectionError(repository, host, error);
    });
    if (chunk?.value === undefined) {
      throw connectionError(repository, host, `it ended after ${size} of ${file.size} bytes`);
    }
    watch.feed();
    append(part, chunk.value, file.path, file.size - size);
    report(size += chunk.value.length);
  }
  await body?.cancel();
}

function append(part: Deno.FsFile, chunk: Uint8Array, path: string, missing: number): void {
  try {
    for (let at = 0; at < chunk.length;) at += part.writeSync(chunk.subarray(at));
  } catch (error) {
    const { message, remedy, cause } = fileError("write", path, error) as UserError;
    throw new UserError(`${message}, and ${missing} bytes are missing`, remedy, { cause });
  }
}

/** A signal that aborts where nobody feeds it for as long as the hub's patience. */
function watchdog(
  { patience, alarm }: Hub,
): { signal: AbortSignal; feed: () => void } & Disposable {
  const controller = new AbortController();
  const bite = () => controller.abort(new Error(`nothing came for ${patience / 1000} s`));
  let calm = alarm(bite, patience);
  return {
    signal: controller.signal,
    feed() {
      calm();
      calm = alarm(bite, patience);
    },
    [Symbol.dispose]: () => calm(),
  };
}

/**
 * Whether a file holds what the hub lists, to the last byte.
 *
 * @param path of the file on this machine, which may be missing.
 * @param file as the hub lists it.
 * @returns false also where it has another size; throws a {@linkcode UserError} where it cannot be read.
 */
export async function isWhole(path: string, file: HubFile): Promise<boolean> {
  if (fileSize(path) !== file.size) return false;
  try {
    using content = Deno.openSync(path);
    return await hasHash(content, file);
  } catch (error) {
    throw fileError("read", path, error);
  }
}

/** Compares SHA-256, or the SHA-1 that Git gives a content, whichever the hub lists: 64 digits, or 40. */
async function hasHash(content: Deno.FsFile, { hash, size }: HubFile): Promise<boolean> {
  const hasher = hash.length === 64
    ? createHash("sha256")
    : createHash("sha1").update(`blob ${size}\0`);
  const buffer = new Uint8Array(2 ** 20);
  content.seekSync(0, Deno.SeekMode.Start);
  for (let n; (n = await content.read(buffer)) !== null;) hasher.update(buffer.subarray(0, n));
  return hasher.digest("hex") === hash;
}
