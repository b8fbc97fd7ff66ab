/** `deno task new`: an experiment to start from. @module */
import { writeNewExperiment } from "../experiment/new_experiment.ts";
import { print } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "writes an experiment and its test, to be changed into your own",
  words: "NAME",
  about: `
NAME names the script, its artifact and its figure: small letters, digits and _, a letter first.
What is written runs at once; it is found by its file, so nothing needs to be registered.`,
  flags: {},
  closing: () => "Example: deno task new unknown_words",
  run({ words, experiments }) {
    const { name, paths } = writeNewExperiment(words, experiments.names);
    print(`${paths.join("\n")}

Run it:   deno task reproduce --only ${name} --quick
Test it:  deno task test experiments/${name}_test.ts
Then change the idea, and run it in full: deno task reproduce --only ${name}`);
  },
});

export default command;
