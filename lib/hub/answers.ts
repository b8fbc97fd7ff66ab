/**
 * What a hub may answer: one schema for each question, with limits, so that nothing it says becomes a path, a size or a loop
 * unchecked.
 *
 * @module
 */
import { z } from "zod";
import { BodyTooLong, boundedText, isHtml } from "../core/bounded_body.ts";
import { UserError } from "../core/errors.ts";
import { excerpt } from "../core/foreign_text.ts";
import { checked, type Schema } from "../core/schema.ts";
import { describe, type Repository } from "./hub.ts";

/** Longest answer that is read, in bytes; a page of a listing has some thousand files. */
const LARGEST_ANSWER = 32 * 2 ** 20;

/** Largest file that is believed in, in bytes. */
const LARGEST_FILE = 2 ** 43;

/** Matches a full commit hash: SHA-1 or SHA-256. */
export const COMMIT_HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

const Hash = z.string("must be a hash").regex(COMMIT_HASH, "must be a hash of 40 or 64 hex digits");
const Size = z.int("must be a whole number").min(0, "must not be negative")
  .max(LARGEST_FILE, `must be at most ${LARGEST_FILE} bytes`);
const Path = z.string("must be text").min(1, "must not be empty")
  .max(1000, "must have at most 1000 characters");

const File = z.looseObject({
  type: z.literal("file"),
  path: Path,
  size: Size,
  oid: Hash.optional(),
  lfs: z.looseObject({
    oid: z.string("must be a hash").regex(/^[0-9a-f]{64}$/, "must be a SHA-256"),
    size: Size,
  }, "must be an object").nullish(),
}).refine(({ oid, lfs }) => oid ?? lfs, "must have a hash");
const Other = z.looseObject({
  type: z.string("must be text").refine((type) => type !== "file", "must be another kind"),
  path: Path,
});

/** The commit of a revision. */
export const Revision: Schema<{ sha: string }> = z.looseObject(
  { sha: Hash },
  "must be an object",
);

/** One page of a listing. */
export const Listing: Schema<unknown[]> = z.array(
  z.unknown().transform((entry, context) => {
    const isFile = { ...(entry as { type?: unknown }) }.type === "file";
    const read = (isFile ? File : Other).safeParse(entry);
    if (read.success) return read.data;
    read.error.issues.forEach((issue) =>
      context.addIssue({ code: "custom", message: issue.message, path: issue.path })
    );
    return z.NEVER;
  }),
  "must be a list",
);

/** A listing as the cache keeps it, with the hash of its files. */
export const KeptListing: Schema<
  { files: { path: string; size: number; hash: string }[]; hash: string }
> = z.object({
  files: z.array(z.object({ path: Path, size: Size, hash: Hash })),
  hash: z.string(),
});

/**
 * Reads an answer of a hub's API.
 *
 * @param repository what was asked about, for errors.
 * @param response what came, its body not touched before.
 * @param schema what it must be.
 * @returns the data; throws a {@linkcode UserError} that says what came instead.
 */
export async function readAnswer<T>(
  repository: Repository,
  response: Response,
  schema: Schema<T>,
): Promise<T> {
  const { host } = new URL(response.url);
  const place = `Cannot download ${describe(repository)}: the answer of ${host} is no hub's`;
  const text = await boundedText(response, LARGEST_ANSWER).catch((error) => {
    if (error instanceof BodyTooLong) throw new UserError(`${place}, got ${error.message}`, REMEDY);
    throw error;
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const what = isHtml(text) ? "a web page, such as one to log in" : `"${excerpt(text, 60)}"`;
    throw new UserError(`${place}, got ${what}`, REMEDY, { cause });
  }
  return checked(schema, value, place, REMEDY);
}

const REMEDY = "Check HF_ENDPOINT, and that nothing between here and the hub answers in its place.";
