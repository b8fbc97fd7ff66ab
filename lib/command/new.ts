/** `deno task new`: an experiment to start from. @module */
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { exists, readText, writeFileAtomic } from "../core/files.ts";
import { print } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

const ROOT = join(import.meta.dirname!, "../..");

/** The task. */
const command: Command = defineCommand({
  summary: "writes an experiment and its test, to be changed into your own",
  words: "NAME",
  help: () => `
NAME names the script, its artifact and its figure: small letters, digits and _, a letter first.
What is written runs at once; it is found by its file, so nothing needs to be registered.
Example: deno task new unknown_words`,
  flags: {},
  run({ words, experiments: { names } }) {
    const [name] = words;
    if (words.length !== 1 || !/^[a-z][a-z0-9_]*$/.test(name) || name.endsWith("_test")) {
      throw new UsageError(
        `Cannot name an experiment "${
          words.join(" ")
        }": it must be one name of small letters, digits and _, a letter first`,
        "Give, for instance, unknown_words.",
      );
    }
    if (names.includes(name)) {
      throw new UsageError(
        `Cannot write the experiment "${name}": there is one of that name`,
        `Choose a name that is none of ${names.join(", ")}.`,
      );
    }
    for (const kind of ["experiment", "experiment_test"]) {
      const path = join("experiments", `${kind.replace("experiment", name)}.ts`);
      refuseExisting(join(ROOT, path));
      const template = readText(join(ROOT, "data/templates", `${kind}.txt`));
      writeFileAtomic(join(ROOT, path), template.replaceAll("NAME", name));
      print(path);
    }
    print(`
Run it:   deno task reproduce --only ${name} --quick
Test it:  deno task test experiments/${name}_test.ts
Then change the idea, and run it in full: deno task reproduce --only ${name}`);
  },
});

export default command;

/** A test of that name may stand alone. */
function refuseExisting(path: string): void {
  if (!exists(path)) return;
  throw new UsageError(`Cannot write "${path}": it exists`, "Choose another name.");
}
