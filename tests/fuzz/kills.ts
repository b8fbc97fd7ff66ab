/**
 * `deno task kills`: SIGKILL at random times, 0.2 to 10 s after the start, until a task ends by itself: in the same bytes as one
 * that was left alone, with nothing left behind. Rounds of `fit`, `score` and `reproduce` follow one another until there were as
 * many kills as are wanted. What was done is kept in `.cache/kills`, from where the next call of the same seed goes on.
 *
 * @module
 */
import { join } from "node:path";
import { writeTinySuite } from "../../lib/conversation/testing.ts";
import * as flag from "../../lib/core/flag.ts";
import { readFlags } from "../../lib/core/flags.ts";
import {
  exists,
  makeFolder,
  readText,
  removeIfPresent,
  writeFileAtomic,
} from "../../lib/core/files.ts";
import { sha256 } from "../../lib/core/json.ts";
import { stream } from "../../lib/core/random.ts";
import { exitOnError, print } from "../../lib/report/terminal.ts";
import { root, spawnTask } from "../testing.ts";
import { filesIn } from "./reader.ts";

const FLAGS = {
  kills: flag.count({ default: 200, most: 100_000, help: "how many at least" }),
  seed: flag.count({ default: 1, least: 0, most: 2 ** 31, help: "other times" }),
};

/** A task, which reads `given` and writes into `folder`. */
type Started = (given: string, folder: string) => string[];

const TASKS: Record<string, Started> = {
  fit: (given, folder) => [
    ...["--train", join(given, "tiny/train.jsonl"), "--quick", "--fpr", "0.1"],
    ...["--output", join(folder, "monitor"), "--cache", join(folder, "cache")],
  ],
  score: (given, folder) => [
    ...["--monitor", join(given, "monitor"), "--input", join(given, "log.jsonl"), "--fpr", "0.1"],
    ...["--output", join(folder, "scored.jsonl")],
  ],
  reproduce: (given, folder) => [
    ...["--suite", join(given, "tiny"), "--quick", "--seeds", "1"],
    ...["--only", "guard_generalization"],
    ...["--results", join(folder, "results"), "--cache", join(folder, "cache")],
  ],
};

/** What a task wrote, but for the cache and what may vary. */
function resultsIn(folder: string): string {
  const files = Object.entries(filesIn(folder))
    .filter(([path]) => !path.startsWith("cache") && !path.endsWith(".run.json"));
  return JSON.stringify(files.map(([path, data]) => [path, sha256(data)]).sort());
}

function leftoversIn(folder: string): string[] {
  return Object.keys(filesIn(folder)).filter((path) =>
    /\.tmp-|\.partial|\.scratch|verify-/.test(path)
  );
}

/** Runs a task; kills it after some seconds, if it has not ended. */
async function run(name: string, args: string[], seconds: number): Promise<boolean> {
  const child = spawnTask(name, ...args);
  let killed = false;
  const timer = setTimeout(() => {
    killed = true;
    child.kill("SIGKILL");
  }, 1000 * seconds);
  const { success, stderr } = await child.output();
  clearTimeout(timer);
  if (!success && !killed) throw new Error(`${name} failed: ${new TextDecoder().decode(stderr)}`);
  return success;
}

/** As many kills as it takes until the task ends; every later one leaves it more time. */
async function round(name: string, given: string, folder: string, random: () => number) {
  makeFolder(folder);
  const args = TASKS[name](given, folder);
  for (let kills = 0;; kills++) {
    if (kills > 500) throw new Error(`${name} makes no progress: ${kills} kills`);
    if (!await run(name, args, 0.2 + 9.8 * random())) continue;
    const left = leftoversIn(folder);
    if (left.length > 0) throw new Error(`${name} left ${left.join(", ")} after ${kills} kills`);
    return kills;
  }
}

/** What was done so far. */
interface Done {
  /** What each task writes when it is left alone. */
  expected: Record<string, string>;
  /** How many kills each round took, by task; the tasks take turns. */
  kills: Record<string, number[]>;
}

/** Lays out what the tasks read, and runs each once without a kill. */
async function begin(folder: string): Promise<Done> {
  removeIfPresent(folder);
  makeFolder(folder);
  writeTinySuite(folder, 25);
  const lines = Array.from(
    { length: 400 },
    (_, i) => JSON.stringify({ text: `Text ${i}. `.repeat(40) }),
  );
  Deno.writeTextFileSync(join(folder, "log.jsonl"), lines.join("\n"));
  const done: Done = { expected: {}, kills: {} };
  for (const name of Object.keys(TASKS)) {
    const alone = join(folder, `${name}-alone`);
    makeFolder(alone);
    await run(name, TASKS[name](folder, alone), 1e6);
    done.expected[name] = resultsIn(alone);
    done.kills[name] = [];
    if (name === "fit") Deno.renameSync(join(alone, "monitor"), join(folder, "monitor"));
  }
  return done;
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

await exitOnError(async () => {
  const { values: { seed, kills } } = readFlags(Deno.args, FLAGS);
  const folder = join(root, ".cache/kills", `seed-${seed}`);
  const state = join(folder, "done.json");
  const done: Done = exists(state) ? JSON.parse(readText(state)) : await begin(folder);
  const save = () => writeFileAtomic(state, JSON.stringify(done));
  save();
  const killed = () => sum(Object.values(done.kills).flat());
  while (killed() < kills) {
    const n = Object.values(done.kills).flat().length;
    const name = Object.keys(TASKS)[n % 3];
    const own = join(folder, `${n}`);
    removeIfPresent(own);
    const draws = stream(`kills/${seed}/${n}`);
    done.kills[name].push(await round(name, folder, own, () => draws.uniform()));
    if (resultsIn(own) !== done.expected[name]) throw new Error(`${name} ended in other bytes`);
    print(`${killed()} kills: ${name} ended in the same bytes, and left nothing behind`);
    removeIfPresent(own);
    save();
  }
  for (const [name, counts] of Object.entries(done.kills)) {
    print(
      `${name}: ${sum(counts)} kills in ${counts.length} rounds, at most ${Math.max(...counts)}`,
    );
  }
});
