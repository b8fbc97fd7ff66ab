/**
 * Artifacts of experiments as files hold them. They pass a schema when they are read, so that one that is broken, another
 * experiment's, or of another version is told from a fault in our own code.
 *
 * @module
 */
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { checked, firstProblem } from "../core/schema.ts";
import type { Artifact, Experiment } from "../experiment/experiment.ts";
import { count, flag, list, text } from "../experiment/findings_schema.ts";
import { commandOf } from "./command_of.ts";

const FIELDS = "must hold fields";
const origin = z.looseObject({ name: text(), revision: text().optional() }, FIELDS);
const checkpoint = z.looseObject({ model: origin, adapter: origin.optional() }, FIELDS);

/** All but the findings; fields that nothing here reads may be there or not. */
const envelope = z.looseObject({
  experiment: text(),
  question: text(),
  suite: z.looseObject({
    name: text(),
    synthetic: flag(),
    hash: text(),
    revision: text().optional(),
    selection: z.looseObject({
      domains: list(text()).optional(),
      maxLength: count().optional(),
      rowsPerDomain: count().optional(),
    }, FIELDS).optional(),
  }, FIELDS),
  kernels: text(),
  settings: z.looseObject({
    quick: flag(),
    seeds: count(),
    models: z.looseObject({
      languageModel: checkpoint,
      guard: checkpoint.optional(),
      tuned: z.looseObject({
        monitors: text(),
        kinds: z.array(z.looseObject({ monitors: text() }, FIELDS), "must be a list").optional(),
        state: z.looseObject({ layer: count() }, FIELDS),
        candidates: z.array(z.looseObject({ layer: count() }, FIELDS), "must be a list"),
      }, FIELDS).optional(),
      others: z.array(origin, "must be a list").optional(),
      device: z.looseObject({ provider: text(), precision: text() }, FIELDS),
    }, FIELDS).optional(),
    covariance: text().optional(),
    config: z.looseObject({}, FIELDS),
  }, FIELDS),
}, FIELDS);

const REMEDY = "Restore it, or remove it and make it again with `deno task reproduce`.";

/**
 * Reads an artifact.
 *
 * @param path where it stood, for the error.
 * @param experiment that should have written it; its findings are checked where their schema is given.
 * @param text what the file holds.
 * @returns the artifact; throws a {@linkcode UserError} that names the file, and the field that is missing or wrong.
 */
export function parseArtifact(
  path: string,
  { name, findings }: Pick<Experiment, "name"> & Partial<Pick<Experiment, "findings">>,
  text: string,
): Artifact {
  const value = parseJson(path, name, text);
  if ((value as Partial<Artifact> | null)?.experiment !== name) throw notAnArtifact(path, name);
  checked(envelope, value, `Cannot read "${path}"`, REMEDY);
  const artifact = value as Artifact;
  const problem = findings?.safeParse(artifact.findings).error;
  if (problem !== undefined) {
    throw new UserError(
      `Cannot show "${path}": it lacks what "${name}" writes now: in its findings ${
        firstProblem(problem, artifact.findings)
      }`,
      `Make it again: ${commandOf(artifact)}`,
    );
  }
  return artifact;
}

function parseJson(path: string, experiment: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notAnArtifact(path, experiment, cause);
  }
}

function notAnArtifact(path: string, experiment: string, cause?: unknown): UserError {
  return new UserError(`Cannot read "${path}": it is no artifact of "${experiment}"`, REMEDY, {
    cause,
  });
}
