/**
 * A fitted monitor as one directory:
 *
 *     monitor.json   the fusion with its calibration, what it was fitted on, a hash of every other file, and the name and hashes of
 *                    the pretrained model that it was made of, if there is one
 *     …              the parts; see `stored_parts.ts`
 *
 * It is whole in itself, but for the pretrained model, which stays where it is.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { UsageError, UserError } from "../core/errors.ts";
import { exists, fileError, makeFolder } from "../core/files.ts";
import { soleTemporary } from "../core/output_names.ts";
import { openTemporaryFolder, sweepLeftovers } from "../core/temporary_folder.ts";
import { type BaseOptions, locateBase } from "./base.ts";
import { type MonitorSettings, readManifest, requireFiles, writeManifest } from "./manifest.ts";
import type { MonitorParts } from "./parts.ts";
import { readTrainedParts, readTunedParts, type StoredFiles, storedNames } from "./stored_parts.ts";

/** A fitted monitor, ready to be opened. */
export interface FittedMonitor extends MonitorSettings {
  /** SHA-256 over all that it consists of. */
  readonly hash: string;
  /** What scores. */
  readonly parts: MonitorParts;
}

/**
 * Writes a monitor, whole or not at all.
 *
 * @param folder where to; must not exist.
 * @param settings fusion, and what it was fitted on.
 * @param files its parts.
 */
export async function writeMonitor(
  folder: string,
  settings: MonitorSettings,
  files: StoredFiles,
): Promise<void> {
  refuseExistingMonitor(folder);
  makeFolder(dirname(folder));
  if (!sweepLeftovers(folder)) {
    throw new UserError(
      `Cannot write the monitor "${folder}": another process is writing it`,
      "Wait for it, or choose another folder with --output.",
    );
  }
  using held = openTemporaryFolder(folder, soleTemporary(folder));
  const { path: temporary } = held;
  try {
    for (const [name, write] of Object.entries(files)) {
      const path = join(temporary, name);
      makeFolder(dirname(path));
      write(path);
    }
    await writeManifest(temporary, settings, Object.keys(files));
    held.disown();
    Deno.renameSync(temporary, folder);
  } catch (error) {
    throw fileError("write", folder, error);
  }
}

/**
 * Throws a {@linkcode UserError} where a monitor could not be written for what is there.
 *
 * @param folder where it is to be written.
 */
export function refuseExistingMonitor(folder: string): void {
  if (!exists(folder)) return;
  throw new UserError(
    `Cannot write the monitor "${folder}": it exists`,
    "Choose another folder with --output, or remove this one first.",
  );
}

/**
 * Reads a monitor and checks that it is whole, and that the pretrained model that it was made of, if there is one, is the same.
 *
 * @param folder that {@linkcode writeMonitor} wrote.
 * @param options where that model is looked for.
 * @returns the monitor; throws a {@linkcode UserError} where the folder is none, is damaged, or is of another version, and where
 * the model is missing or another.
 */
export async function readMonitor(folder: string, options: BaseOptions): Promise<FittedMonitor> {
  const manifest = readManifest(folder);
  const { tuning, files: _, ...settings } = manifest;
  await requireFiles(folder, manifest, storedNames(tuning?.monitors));
  if (tuning !== undefined) {
    const basePath = await locateBase(folder, tuning.base, options);
    return { ...settings, tuning, parts: readTunedParts(folder, tuning, basePath) };
  }
  if (options.model !== undefined) {
    throw new UsageError(
      `Cannot use --model with the monitor "${folder}": it was trained from nothing, and holds all that it needs`,
      "Leave --model out.",
    );
  }
  return { ...settings, parts: readTrainedParts(folder) };
}
