/**
 * Where models from outside come from: folders, or repositories of the Hugging Face hub.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { UserError } from "../core/errors.ts";
import { exists, fileError } from "../core/files.ts";

/** What of a repository is wanted. */
const FILES = {
  checkpoint:
    /^(config|tokenizer|tokenizer_config)\.json$|^model(-\d+-of-\d+)?\.safetensors(\.index\.json)?$/,
  adapter: /^adapter_(config\.json|model\.safetensors)$/,
};

/** A checkpoint or an adapter, as an artifact names it. */
export interface Origin {
  /** Of its repository, or of its folder. */
  name: string;
  /** Full commit hash, of a repository. */
  revision?: string;
  /** SHA-256 over names and bytes of its files, of a folder. */
  sha256?: string;
}

/** A checkpoint or an adapter on this machine. */
export interface GivenSource {
  /** Where its files are. */
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
 * @param name path of a folder, or a repository, `owner/name` or `owner/name@revision`.
 * @param options cache, and whom to tell.
 * @returns where it is; throws a {@linkcode UserError} where it cannot be had.
 */
export async function locateGiven(
  kind: "checkpoint" | "adapter",
  name: string,
  { cache, say }: LocateOptions,
): Promise<GivenSource> {
  if (exists(name)) {
    const origin = { name: basename(resolve(name)), sha256: await hashOfFiles(name, FILES[kind]) };
    return { folder: name, origin };
  }
  const [repository, revision = "main"] = name.split("@");
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(repository)) {
    throw new UserError(
      `Cannot use the ${kind} "${name}": there is no such folder, and it is no name of a repository`,
      "Give the path of a folder, or a name such as google/gemma-2-2b.",
    );
  }
  const { downloadSnapshot } = await import("../hub/snapshot.ts"); // its library is large, and seldom needed
  const { folder, commit } = await downloadSnapshot({
    repository: { kind: "model", name: repository },
    revision,
    files: FILES[kind],
    cache,
  });
  if (commit !== revision) {
    say(
      `${repository} is at ${commit}; ${repository}@${commit} gets the same again, without network.`,
    );
  }
  return { folder, origin: { name: repository, revision: commit } };
}

/** Read piece by piece, since weights may be larger than memory. */
async function hashOfFiles(folder: string, wanted: RegExp): Promise<string> {
  const hash = createHash("sha256");
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((n) =>
      wanted.test(n)
    );
    for (const name of names.sort()) {
      hash.update(`${name}\0${Deno.statSync(join(folder, name)).size}\0`);
      using file = Deno.openSync(join(folder, name));
      for await (const chunk of file.readable) hash.update(chunk);
    }
  } catch (error) {
    throw fileError("read", folder, error);
  }
  return hash.digest("hex");
}
