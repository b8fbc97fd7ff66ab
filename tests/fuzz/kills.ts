/**
 * `deno task kills`: SIGKILL at random times, 0.2 to 10 s after the start, until a task ends by itself: in the same bytes as one
 * that was left alone, with nothing left behind. Rounds of `fit`, `score` and `reproduce` follow one another until there were as
 * many kills as are wanted.
 *
 * @module
 */
import { join } from "node:path";
import { writeTinySuite } from "../../lib/conversation/testing.ts";
import * as flag from "../../lib/core/flag.ts";
import { readFlags } from "../../lib/core/flags.ts";
import { makeFolder } from "../../lib/core/files.ts";
import { sha256 } from "../../lib/core/json.ts";
import { stream } from "../../lib/core/random.ts";
import { exitOnError, print } from "../../lib/report/terminal.ts";
import { spawnTask, withFolder } from "../testing.ts";
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

await exitOnError(async () => {
  const { values } = readFlags(Deno.args, FLAGS);
  const draws = stream(`kills/${values.seed}`);
  await withFolder(async (folder) => {
    writeTinySuite(folder, 25);
    const lines = Array.from(
      { length: 2000 },
      (_, i) => JSON.stringify({ text: `Text ${i}. `.repeat(40) }),
    );
    Deno.writeTextFileSync(join(folder, "log.jsonl"), lines.join("\n"));
    const expected: Record<string, string> = {};
    for (const name of Object.keys(TASKS)) {
      const alone = join(folder, `${name}-alone`);
      makeFolder(alone);
      await run(name, TASKS[name](folder, alone), 1e6);
      expected[name] = resultsIn(alone);
      if (name === "fit") Deno.renameSync(join(alone, "monitor"), join(folder, "monitor"));
    }
    for (let [kills, n] = [0, 0]; kills < values.kills; n++) {
      const name = Object.keys(TASKS)[n % 3];
      const own = join(folder, `${n}`);
      kills += await round(name, folder, own, () => draws.uniform());
      if (resultsIn(own) !== expected[name]) throw new Error(`${name} ended in other bytes`);
      print(`${kills} kills: ${name} ended in the same bytes, and left nothing behind`);
      Deno.removeSync(own, { recursive: true });
    }
  });
});
