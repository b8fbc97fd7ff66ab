/**
 * The pretrained model that a monitor was made of, its base. The monitor's folder holds no copy of it, but where it was found
 * and the hash of each of its files, so that a monitor never scores with another model in silence.
 *
 * @module
 */
import { basename, isAbsolute } from "node:path";
import { UserError } from "../core/errors.ts";
import { exists, hashFile } from "../core/files.ts";
import {
  findGiven,
  type FoundGiven,
  type LocateOptions,
} from "../workbench/pretrained/given_sources.ts";

/** A base as a monitor's folder names it. */
export interface Base {
  /** Of its repository, or of its folder or GGUF file. */
  name: string;
  /** Where it was found: an absolute path, or a repository at a commit. */
  reference: string;
  /** Its weights, its settings and its tokenizer, in the order of their names. */
  files: { name: string; sha256: string }[];
}

/** Where a base is looked for. */
export interface BaseOptions extends LocateOptions {
  /** Instead of where it was found: a folder, a GGUF file, or a repository. */
  model?: string;
}

/**
 * Describes a base, so that it can be found and checked later.
 *
 * @param model as `findGiven` takes it.
 * @param options cache, and whom to tell.
 * @returns its name, its place, and a hash of each of its files.
 */
export async function describeBase(model: string, options: LocateOptions): Promise<Base> {
  const found = await findGiven("checkpoint", model, options);
  const { name, file } = found.origin;
  return { name: file ?? name, reference: found.reference, files: await hashesOf(found) };
}

/**
 * Finds a monitor's base.
 *
 * @param folder the monitor's, for messages.
 * @param base which.
 * @param options where to look.
 * @returns the path of its folder or GGUF file; throws a {@linkcode UserError} where it is not there, or is another model.
 */
export async function locateBase(
  folder: string,
  base: Base,
  { model, ...options }: BaseOptions,
): Promise<string> {
  const { name, reference } = base;
  if (model === undefined && isAbsolute(reference) && !exists(reference)) {
    throw new UserError(
      `Cannot load the monitor "${folder}": its base, "${name}", is no longer at "${reference}"`,
      "Say where it is with --model: a folder, a .gguf file, or its name on the hub.",
    );
  }
  const found = await findGiven("checkpoint", model ?? reference, options);
  const hashes = await hashesOf(found);
  // a GGUF file may have been given another name, and so may its parts
  const differing = base.files.find(({ sha256 }, i) => hashes[i]?.sha256 !== sha256);
  if (differing === undefined && hashes.length === base.files.length) return found.folder;
  throw new UserError(
    `Cannot load the monitor "${folder}": its base must be the "${name}" that it was fitted on, but "${found.folder}" ` +
      `has ${differing ? `another "${differing.name}"` : "more files"}`,
    "Give that model with --model, or fit a monitor on this one.",
  );
}

async function hashesOf({ files }: FoundGiven): Promise<Base["files"]> {
  const hashes: Base["files"] = [];
  for (const path of files) hashes.push({ name: basename(path), sha256: await hashFile(path) });
  return hashes;
}
