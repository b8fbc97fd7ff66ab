/** `deno task report`: one page that shows all results. @module */
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { print } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

const FOLDER = join("results", "mini");

/** The task. */
const command: Command = defineCommand({
  summary: "writes report.html, one page that shows all results of a folder",
  words: "[FOLDER]",
  about: `
FOLDER holds the artifacts of \`deno task reproduce\` [${FOLDER}].
The page needs no server and no network. Its figures are also written beside it.`,
  flags: {},
  closing: () => "Example: deno task report results/quick/mini",
  async run({ words, experiments }) {
    if (words.length > 1) {
      throw new UsageError(
        `Cannot report on ${words.length} folders: it must be one`,
        "See --help.",
      );
    }
    const { writeReport } = await import("../results/report.ts");
    print(await writeReport(words[0] ?? FOLDER, await experiments.load()));
  },
});

export default command;
