/**
 * Starts a task of the command line with permission to write what its flags name, and nothing else. Deno gives permissions when a
 * process starts and takes none back in part, so that this is a process of its own; it does nothing but read flags.
 *
 *     deno run … start.ts FLAG,FLAG run … tasks.ts NAME …
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError, UserError } from "./lib/core/errors.ts";
import { exists } from "./lib/core/files.ts";
import { namesOf, namesOfPart, partOf } from "./lib/core/output_names.ts";
import { exitWith } from "./lib/report/terminal.ts";

/** More parts are not put together at once: their names would not fit on a command line. */
const MOST_PARTS = 1000;

/**
 * What Deno is started with.
 *
 * @param args flags of the task that name what it writes, separated by commas; then what Deno is started with, up to `tasks.ts` and
 * the task's name; then the words of the user.
 * @returns the same without the first, with permission to write to what these flags name; throws a {@linkcode UserError} where a
 * name cannot be part of a permission.
 */
export function started([flags, ...line]: readonly string[]): string[] {
  const at = line.indexOf("tasks.ts");
  const names = writtenBy(flags.split(","), line.slice(at + 2)).map((path) =>
    `--allow-write=${path}`
  );
  return [...line.slice(0, at), ...names, ...line.slice(at)];
}

/** All that a task may write to. */
function writtenBy(flags: readonly string[], args: readonly string[]): string[] {
  const named = [...flags, "shard", "join"];
  const options = Object.fromEntries(named.map((name) => [name, { type: "string" } as const]));
  // what is no flag, or stands twice, the task refuses by itself
  const { values } = parseArgs({ args: [...args], options, strict: false });
  const given = (name: string) => typeof values[name] === "string" ? values[name] : undefined;
  const places = flags.map(given).filter((place) => place !== undefined && place !== "-");
  const parts = partsOf(given("shard"), given("join"));
  return [...new Set(places.flatMap((place) => permitted(place!, parts)))];
}

/** The parts that `--shard` and `--join` speak of. */
function partsOf(shard = "", join = ""): { i: number; n: number }[] {
  const [, i, n] = /^(\d{1,9})\/(\d{1,9})$/.exec(shard) ?? [];
  if (n !== undefined) return [{ i: Number(i), n: Number(n) }];
  const count = /^\d{1,9}$/.test(join) ? Number(join) : 0;
  if (count <= MOST_PARTS) return Array.from({ length: count }, (_, k) => ({ i: k + 1, n: count }));
  throw new UsageError(
    `Cannot use --join ${join}: at most ${MOST_PARTS} parts are put together`,
    "Score it in fewer parts.",
  );
}

/** What may be written for a place: the names that it goes by; where it is in a folder that is still to be made, that. */
function permitted(place: string, parts: readonly { i: number; n: number }[]): string[] {
  const path = resolve(place);
  if (path.includes(",")) {
    throw new UserError(
      `Cannot write to "${place}": Deno takes a comma for the end of a name`,
      "Choose a name without a comma.",
    );
  }
  let missing = path;
  while (!exists(dirname(missing))) missing = dirname(missing);
  if (missing !== path) return [missing];
  return [...namesOf(path), ...parts.flatMap((part) => namesOfPart(partOf(path, part)))];
}

/** Starts the task, hands signals on to it, and ends as it does. */
async function start(args: string[]): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), { args }).spawn();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && signal !== "SIGINT") continue;
    Deno.addSignalListener(signal, () => pass(child, signal));
  }
  Deno.exit((await child.status).code);
}

function pass(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // it has ended, perhaps because a terminal gave it the signal too
  }
}

if (import.meta.main) {
  try {
    await start(started(Deno.args));
  } catch (error) {
    exitWith(error);
  }
}
