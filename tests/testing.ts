/**
 * For tests that run the documented commands as a user does: as processes, with the permissions of their tasks.
 *
 * @module
 */
import { join } from "node:path";
import { started } from "../start.ts";

/** The checkout. */
export const root: string = join(import.meta.dirname!, "..");

/** How a process ended. */
export interface Outcome {
  /** Its exit code. */
  code: number;
  /** Standard output. */
  out: string;
  /** Standard error. */
  err: string;
}

/** Runs `deno task <name>`, with folders that the task may write to taken from inside the checkout. */
export const task = (name: string, ...args: string[]): Promise<Outcome> =>
  deno(root, "task", "--quiet", name, ...args);

/** Starts what `deno task <name>` starts, itself and not by another process, so that a signal reaches it. */
export const spawnTask = (name: string, ...args: string[]): Deno.ChildProcess =>
  spawnTaskWith({}, name, ...args);

/** Starts it with some variables of the environment. */
export function spawnTaskWith(
  env: Record<string, string>,
  name: string,
  ...args: string[]
): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: lineOf(name, args),
    cwd: root,
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** The words with which a task starts Deno. */
function lineOf(name: string, args: readonly string[]): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
  const [, ...line] = [...tasks[name].split(" "), ...args];
  const at = line.indexOf("start.ts");
  return at < 0 ? line : started(line.slice(at + 1));
}

/** Runs `deno` in a folder. */
export const deno = (cwd: string, ...args: string[]): Promise<Outcome> =>
  denoWith({}, cwd, ...args);

/** Runs it with some variables of the environment. */
export async function denoWith(
  env: Record<string, string>,
  cwd: string,
  ...args: string[]
): Promise<Outcome> {
  const command = new Deno.Command("deno", { args, cwd, env: { NO_COLOR: "1", ...env } });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** A folder where the tasks may write and git does not look, removed at the end. */
export async function withFolder(
  use: (folder: string) => Promise<void>,
  parent: ".cache" | "results/quick" = ".cache",
): Promise<void> {
  Deno.mkdirSync(join(root, parent), { recursive: true });
  const folder = Deno.makeTempDirSync({ dir: join(root, parent), prefix: "test-" });
  try {
    await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Writes the smallest file that `deno task analyze` takes: a safe row and an unsafe one, scored rightly. */
export function writeScored(path: string): void {
  const rows = [0, 1].map((malign) => ({
    id: `row-${malign}`,
    conversation: "\n\nHuman: Hello",
    domain: "hh-rlhf-harmless",
    malign,
    score: malign,
  }));
  Deno.writeTextFileSync(path, rows.map((row) => JSON.stringify(row) + "\n").join(""));
}
