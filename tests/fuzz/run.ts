/**
 * Runs of the fuzzer: processes one after another, until all inputs are read.
 *
 * @module
 */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { Outcome } from "./case.ts";
import type { Order, Said } from "./shard.ts";

/** What is known of a run so far; it can be gone on with. */
export interface Run {
  /** How many inputs are done, the corpus first. */
  done: number;
  /** How many were read, refused and failed, by reader. */
  counts: Record<string, Record<Outcome["kind"], number>>;
  /** What failed, by number or name. */
  failures: Record<string, { reader: string; why: string }>;
}

/** Settings of {@linkcode fuzz}. */
export interface FuzzOptions extends Pick<Order, "seed" | "runs" | "only"> {
  /** An empty folder, where processes write. */
  folder: string;
  /** Told after each input how many there are in all. */
  tell?: (total: number) => void;
}

/** A run of which nothing is done. */
export const nothing = (): Run => ({ done: 0, counts: {}, failures: {} });

/**
 * Has inputs read.
 *
 * @param run to go on with; what becomes of the inputs is added to it.
 * @param options which inputs, and where.
 */
export async function fuzz(
  run: Run,
  { folder, tell = () => {}, ...rest }: FuzzOptions,
): Promise<void> {
  let total = Infinity;
  while (run.done < total) {
    const own = Deno.makeTempDirSync({ dir: folder });
    const before = run.done;
    let open: { id: string; reader: string } | undefined;
    const close = (kind: Outcome["kind"], why: string) => {
      if (open !== undefined) add(run, { ...open, kind, why });
      open = undefined;
      tell(total);
    };
    using process = start({ ...rest, folder: own, from: run.done });
    for await (const said of process.lines) {
      if ("total" in said) total = said.total;
      else if ("begun" in said) open = { id: said.begun, reader: said.reader };
      else if ("over" in said) close("failed", said.over);
      else close(said.kind, said.why);
      if ("over" in said) break; // it is ended
    }
    if (run.done < total) process.kill();
    const { code } = await process.status;
    if (total === Infinity) throw new Error("the fuzzer's process did not begin");
    if (open !== undefined) close("failed", `the process ended with code ${code}`);
    if (run.done === before) throw new Error(`the fuzzer's process ended by itself, code ${code}`);
    Deno.removeSync(own, { recursive: true });
  }
}

function add(run: Run, { id, reader, kind, why }: Outcome & { id: string }): void {
  const { counts, failures } = run;
  run.done++;
  counts[reader] ??= { read: 0, refused: 0, failed: 0 };
  counts[reader][kind]++;
  if (kind === "failed") failures[id] = { reader, why };
}

function start(order: Order) {
  const writable = [order.folder, ...order.only ? [order.only.keep] : []].join();
  const permissions = [
    "--allow-read",
    `--allow-write=${writable}`,
    "--allow-env",
    "--allow-ffi",
  ];
  const heap = "--v8-flags=--max-old-space-size=512";
  const program = new URL("./shard.ts", import.meta.url).pathname;
  const child = new Deno.Command("deno", {
    args: ["run", "--quiet", heap, ...permissions, program, JSON.stringify(order)],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const text = createInterface(Readable.from(child.stdout.pipeThrough(new TextDecoderStream())));
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // it has ended
    }
  };
  return { lines: said(text), status: child.status, kill, [Symbol.dispose]: kill };
}

async function* said(lines: AsyncIterable<string>): AsyncGenerator<Said> {
  for await (const line of lines) yield JSON.parse(line);
}
