/**
 * A suite of a user's own labelled conversations, to fit a monitor on. It has no test split.
 *
 * @module
 */
import { basename } from "node:path";
import { UserError } from "../core/errors.ts";
import { sha256 } from "../core/json.ts";
import { type LabelledLogOptions, readLabelledLog } from "./logs.ts";
import type { Row } from "../conversation/row.ts";
import { hashOfSplits, type Suite } from "../conversation/suite.ts";

/** One in so many scenes is held out for calibration. */
const HELD_OUT = 5;

/**
 * Loads labelled logs. Without a file for calibration, a fifth of the scenes are held out for it, where a row without one is a scene of
 * its own, named by its text: those whose name has a SHA-256 that begins with a 32-bit number divisible by 5. So rows that
 * resemble each other are on one side, and a conversation that stands in the file twice is too.
 *
 * @param trainPath a file of labelled conversations.
 * @param calibrationPath another, if there is one.
 * @param options what is left out of the conversations, and whom to tell.
 * @returns the suite; throws a {@linkcode UserError} at the first bad line, or where a conversation stands in both files.
 */
export async function loadLabelledSuite(
  trainPath: string,
  calibrationPath?: string,
  options: LabelledLogOptions = {},
): Promise<Suite> {
  const all = await readLabelledLog(trainPath, options);
  const splits = calibrationPath === undefined
    ? { train: all.filter((row) => !isHeldOut(row)), calibration: all.filter(isHeldOut) }
    : {
      train: all,
      calibration: apartFrom(
        all,
        trainPath,
        await readLabelledLog(calibrationPath, options),
        calibrationPath,
      ),
    };
  const suite = { ...splits, test: [] };
  const hash = hashOfSplits(suite);
  const name = basename(trainPath).replace(/\.(jsonl(\.gz)?|parquet)$/, "");
  return { ...suite, name, synthetic: false, hash };
}

function isHeldOut({ scene, conversation }: Row): boolean {
  return parseInt(sha256(scene ?? conversation).slice(0, 8), 16) % HELD_OUT === 0;
}

/** What was trained on cannot calibrate: a monitor is surer there than anywhere else. */
function apartFrom(
  train: readonly Row[],
  trainPath: string,
  calibration: Row[],
  path: string,
): Row[] {
  const trained = new Map(train.map(({ conversation, id }) => [conversation, id]));
  for (const { id, conversation } of calibration) {
    const same = trained.get(conversation);
    if (same === undefined) continue;
    throw new UserError(
      `Cannot calibrate on "${path}": the conversation "${id}" stands in "${trainPath}" too, as "${same}"`,
      "Calibrate on conversations that are not trained on, or leave the calibration file out: some are held out then.",
    );
  }
  return calibration;
}
