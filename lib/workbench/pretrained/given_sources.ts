/**
 * Where models from outside come from: folders, GGUF files, or repositories of the Hugging Face hub.
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import { exists, fileError, hashFiles } from "../../core/files.ts";
import { type HubReference, parseReference, referenceText } from "../../hub/reference.ts";
import { isGguf, partNames, partsOf } from "../../model/gguf/parts.ts";

/** What of a repository is wanted. */
const FILES = {
  checkpoint:
    /^(config|tokenizer|tokenizer_config)\.json$|^model(-\d+-of-\d+)?\.safetensors(\.index\.json)?$/,
  adapter: /^adapter_(config\.json|model\.safetensors)$/,
};

/** A checkpoint or an adapter, as an artifact names it. */
export interface Origin {
  /** Of its repository, or of its folder or GGUF file. */
  name: string;
  /** Path of the GGUF file in its repository, where it is one. */
  file?: string;
  /** Full commit hash, of a repository. */
  revision?: string;
  /** SHA-256 over names and bytes of its files, where they are on this machine. */
  sha256?: string;
}

/** A checkpoint or an adapter on this machine. */
export interface GivenSource {
  /** Where its files are: a folder, or a GGUF file. */
  readonly folder: string;
  /** What it is. */
  readonly origin: Origin;
}

/** A checkpoint or an adapter whose files are on this machine, not read yet. */
export interface FoundGiven {
  /** Where its files are: a folder, or a GGUF file. */
  readonly folder: string;
  /** Paths of those that it consists of, in an order of their names. */
  readonly files: readonly string[];
  /** By what name it is found again: an absolute path, or a repository at its commit. */
  readonly reference: string;
  /** What it is, but for the hash of its files. */
  readonly origin: Origin;
}

/** Where {@linkcode locateGiven} puts downloads, and whom it tells. */
export interface LocateOptions {
  /** Folder of the cache. */
  cache: string;
  /** Told which commit a branch stood for. */
  say: (message: string) => void;
}

/**
 * Makes sure that a model is on this machine, and names it by the hash of its files, or by its commit.
 *
 * @param kind decides which files are looked at.
 * @param name as {@linkcode findGiven} takes it.
 * @param options cache, and whom to tell.
 * @returns where it is; throws a {@linkcode UserError} where it cannot be had.
 */
export async function locateGiven(
  kind: "checkpoint" | "adapter",
  name: string,
  options: LocateOptions,
): Promise<GivenSource> {
  const { folder, files, origin } = await findGiven(kind, name, options);
  if (origin.revision !== undefined) return { folder, origin };
  return { folder, origin: { ...origin, sha256: await hashOfFiles(files) } };
}

/**
 * Makes sure that a model is on this machine.
 *
 * @param kind decides which files are looked at.
 * @param name path of a folder or a GGUF file, or a repository, `owner/name` or `owner/name@revision`, or a GGUF file in one,
 * `owner/name:file` or `owner/name:file@revision`.
 * @param options cache, and whom to tell.
 * @returns its files; throws a {@linkcode UserError} where they cannot be had.
 */
export async function findGiven(
  kind: "checkpoint" | "adapter",
  name: string,
  options: LocateOptions,
): Promise<FoundGiven> {
  if (exists(name)) return onThisMachine(kind, name);
  const reference = parseReference(name);
  const isOther = reference?.file !== undefined && (kind === "adapter" || !isGguf(reference.file));
  if (reference !== undefined && !isOther) return await fromHub(kind, reference, options);
  throw new UserError(
    `Cannot use the ${kind} "${name}": there is no such folder${
      kind === "adapter" ? "" : " or GGUF file"
    }, and it is no name of a repository`,
    kind === "adapter"
      ? "Give the path of a folder, or a name such as owner/name."
      : "Give the path of a folder or a .gguf file, or a name such as google/gemma-2-2b or owner/name:file.gguf.",
  );
}

function onThisMachine(kind: "checkpoint" | "adapter", name: string): FoundGiven {
  if (kind === "checkpoint" && exists(join(name, "monitor.json"))) {
    throw new UserError(
      `Cannot use the checkpoint "${name}": it must be a language model, got a monitor that \`deno task fit\` wrote`,
      "Give the model that the monitor was made of: its monitor.json names it.",
    );
  }
  return {
    folder: name,
    files: filesOf(kind, name),
    reference: resolve(name),
    origin: { name: basename(resolve(name)) },
  };
}

function filesOf(kind: "checkpoint" | "adapter", path: string): string[] {
  return isGguf(path) ? partsOf(path) : filesIn(path, FILES[kind]);
}

async function fromHub(
  kind: "checkpoint" | "adapter",
  reference: HubReference,
  { cache, say }: LocateOptions,
): Promise<FoundGiven> {
  const { repository, file, revision = "main" } = reference;
  const { downloadSnapshot } = await import("../../hub/snapshot.ts"); // its library is large, and seldom needed
  const { folder, commit } = await downloadSnapshot({
    repository: { kind: "model", name: repository },
    revision,
    files: file === undefined ? FILES[kind] : anyOf(partNames(file)),
    cache,
    say,
  });
  const pinned = referenceText({ ...reference, revision: commit });
  if (commit !== revision) {
    say(`${repository} is at ${commit}; ${pinned} gets the same again, without network.`);
  }
  const path = file === undefined ? folder : join(folder, file);
  return {
    folder: path,
    files: filesOf(kind, path),
    reference: pinned,
    origin: { name: repository, ...file !== undefined && { file }, revision: commit },
  };
}

/** Matches these paths alone. */
const anyOf = (paths: readonly string[]) =>
  new RegExp(`^(${paths.map((path) => RegExp.escape(path)).join("|")})$`);

function filesIn(folder: string, wanted: RegExp): string[] {
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    return names.filter((name) => wanted.test(name)).sort().map((name) => join(folder, name));
  } catch (error) {
    throw fileError("read", folder, error);
  }
}

/** Where one file ends and the next begins is part of it. */
function hashOfFiles(paths: readonly string[]): Promise<string> {
  return hashFiles(paths, (path, size) => `${basename(path)}\0${size}\0`);
}
