/**
 * Where models from outside come from: folders, GGUF files, or repositories of the Hugging Face hub.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import { exists, fileError } from "../../core/files.ts";
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

/** Where {@linkcode locateGiven} puts downloads, and whom it tells. */
export interface LocateOptions {
  /** Folder of the cache. */
  cache: string;
  /** Told which commit a branch stood for. */
  say: (message: string) => void;
}

/**
 * Makes sure that a model is on this machine.
 *
 * @param kind decides which files are looked at.
 * @param name path of a folder or a GGUF file, or a repository, `owner/name` or `owner/name@revision`, or a GGUF file in one,
 * `owner/name:file` or `owner/name:file@revision`.
 * @param options cache, and whom to tell.
 * @returns where it is; throws a {@linkcode UserError} where it cannot be had.
 */
export async function locateGiven(
  kind: "checkpoint" | "adapter",
  name: string,
  options: LocateOptions,
): Promise<GivenSource> {
  if (exists(name)) return await onThisMachine(kind, name);
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

async function onThisMachine(kind: "checkpoint" | "adapter", name: string): Promise<GivenSource> {
  const files = isGguf(name) ? partsOf(name) : filesIn(name, FILES[kind]);
  return {
    folder: name,
    origin: { name: basename(resolve(name)), sha256: await hashOfFiles(files) },
  };
}

async function fromHub(
  kind: "checkpoint" | "adapter",
  reference: HubReference,
  { cache, say }: LocateOptions,
): Promise<GivenSource> {
  const { repository, file, revision = "main" } = reference;
  const { downloadSnapshot } = await import("../../hub/snapshot.ts"); // its library is large, and seldom needed
  const { folder, commit } = await downloadSnapshot({
    repository: { kind: "model", name: repository },
    revision,
    files: file === undefined ? FILES[kind] : anyOf(partNames(file)),
    cache,
  });
  if (commit !== revision) {
    const pinned = referenceText({ ...reference, revision: commit });
    say(`${repository} is at ${commit}; ${pinned} gets the same again, without network.`);
  }
  return {
    folder: file === undefined ? folder : join(folder, file),
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

/** Read piece by piece, since weights may be larger than memory. */
async function hashOfFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    try {
      hash.update(`${basename(path)}\0${Deno.statSync(path).size}\0`);
      using file = Deno.openSync(path);
      for await (const chunk of file.readable) hash.update(chunk);
    } catch (error) {
      throw fileError("read", path, error);
    }
  }
  return hash.digest("hex");
}
