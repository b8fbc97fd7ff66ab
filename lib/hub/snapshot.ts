/**
 * The files of a repository at a commit, in a folder of the cache. What is complete there needs no network, if the revision is a
 * full commit hash. Every file is checked against the hash that the hub lists each time, and the listing that is kept against its own,
 * so that nothing is used that was changed since it came.
 *
 * @module
 */
import { statfsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { exists, fileSize, readText, writeFileAtomic } from "../core/files.ts";
import { hashOf } from "../core/json.ts";
import { startProgress } from "../core/progress.ts";
import { COMMIT_HASH, KeptListing } from "./answers.ts";
import { downloadFile, isWhole, type Source } from "./download.ts";
import { describe, type Hub, hubOfEnvironment, type Repository } from "./hub.ts";
import { type HubFile, listRepository, requireInside, resolveRevision } from "./listing.ts";

/** What {@linkcode downloadSnapshot} is to get. */
export interface SnapshotRequest {
  /** Of which repository. */
  repository: Repository;
  /** Full commit hash, or a branch or tag, which the hub is asked about. */
  revision: string;
  /** Matches the paths of the files that are wanted. */
  files: RegExp;
  /** Folder of the cache; the files go below `hub/` in it. */
  cache: string;
  /** Whom to ask. Default: the hub that the environment names. */
  hub?: Hub;
  /** Told what was changed since it was downloaded, and is fetched again. */
  say?: (message: string) => void;
}

/** Files of a repository on this machine. */
export interface Snapshot {
  /** Where they are, below it as in the repository. */
  readonly folder: string;
  /** Full commit hash of what they are. */
  readonly commit: string;
  /** Paths of the files that were wanted, sorted. */
  readonly paths: readonly string[];
}

/**
 * Makes sure that files of a repository are on this machine.
 *
 * @param request which.
 * @returns where they are; throws a {@linkcode UserError} where they cannot be had.
 */
export async function downloadSnapshot(
  { repository, revision, files, cache, hub = hubOfEnvironment(), say = () => {} }: SnapshotRequest,
): Promise<Snapshot> {
  requireName(repository);
  const commit = COMMIT_HASH.test(revision)
    ? revision
    : await resolveRevision(hub, repository, revision);
  const { kind, name } = repository;
  const folder = join(cache, "hub", `${kind}s--${name.replaceAll("/", "--")}`, commit);
  const source = { hub, repository, commit };
  const listed = await listing(source, `${folder}.json`, say);
  const wanted = listed.filter(({ path }) => files.test(path));
  if (wanted.length === 0) {
    const held = listed.map(({ path }) => path).slice(0, 20).join(", ") || "nothing";
    throw new UserError(
      `Cannot use ${
        describe(repository)
      } at ${commit}: none of its files is of the kind wanted here`,
      `It holds ${held}.`,
    );
  }
  await complete(source, wanted, folder, say);
  return { folder, commit, paths: wanted.map(({ path }) => path) };
}

function requireName({ kind, name }: Repository): void {
  if (/^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(name)) return;
  throw new UserError(
    `Cannot download the ${kind} "${name}": a name has the form owner/name`,
    "Check the name.",
  );
}

/** What the commit holds; kept, since a commit never changes. A kept listing that was changed is asked for anew. */
async function listing(
  { hub, repository, commit }: Source,
  path: string,
  say: (message: string) => void,
): Promise<HubFile[]> {
  if (exists(path)) {
    const kept = keptListing(repository, path);
    if (kept !== undefined) return kept;
    say(`The listing "${path}" has not the hash that it was kept with; it is asked for again.`);
  }
  const files = await listRepository(hub, repository, commit);
  writeFileAtomic(path, JSON.stringify({ files, hash: hashOf(files) }));
  return files;
}

function keptListing(repository: Repository, path: string): HubFile[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const read = KeptListing.safeParse(value);
  if (!read.success || hashOf(read.data.files) !== read.data.hash) return undefined;
  read.data.files.forEach((file) => requireInside(repository, file.path));
  return read.data.files;
}

/** Downloads what is not there. */
async function complete(
  source: Source,
  wanted: readonly HubFile[],
  folder: string,
  say: (message: string) => void,
): Promise<void> {
  const missing: HubFile[] = [];
  for (const file of wanted) {
    const path = join(folder, file.path);
    if (await isWhole(path, file)) continue;
    if (exists(path)) {
      say(`"${path}" was changed since it was downloaded; it is not used, and fetched again.`);
    }
    missing.push(file);
  }
  if (missing.length === 0) return;
  const total = sum(missing.map(({ size }) => size));
  requireSpace(source.repository, total - sum(missing.map((file) => partOf(folder, file))), folder);
  using progress = startProgress(`downloading ${source.repository.name} (${inGigabytes(total)})`);
  let done = 0;
  for (const file of missing) {
    const path = join(folder, file.path);
    await downloadFile(source, file, path, (bytes) => progress.update((done + bytes) / total));
    done += file.size;
  }
}

/** How much of a file is there already, in bytes. */
const partOf = (folder: string, { path }: HubFile) => fileSize(join(folder, `${path}.part`)) ?? 0;

/** Without the permission to ask (`--allow-sys=statfs`), a full disk is noticed when it is full. */
function requireSpace(repository: Repository, needed: number, folder: string): void {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "statfs" });
  if (state !== "granted") return;
  let existing = folder;
  while (!exists(existing)) existing = join(existing, "..");
  const { bavail, bsize } = statfsSync(existing);
  if (needed <= bavail * bsize) return;
  throw new UserError(
    `Cannot download ${describe(repository)}: it needs ${inGigabytes(needed)}, and ${
      inGigabytes(bavail * bsize)
    } are free`,
    "Free some space, or choose another folder with --cache.",
  );
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
const inGigabytes = (bytes: number) => `${(bytes / 1e9).toPrecision(3)} GB`;
