/** `deno task mini`: the embedded suite's manifest, and how varied suites are. @module */
import * as flag from "../core/flag.ts";
import { printTable } from "../report/terminal.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "writes data/mini/manifest.json after a change to the embedded suite's scenes",
  flags: {
    variety: flag.list({
      value: "SUITE,…",
      help: "instead: print how varied the conversations of suites are, side by side",
    }),
  },
  closing: () => "Example: deno task mini --variety mini,my-suite",
  async run({ values: { variety } }) {
    if (variety !== undefined) return printTable(await varietyTable(variety));
    const { writeManifest } = await import("../conversation/mini_manifest.ts");
    const { tokenizerOf } = await import("../tokenizer/tokenizer.ts");
    const { trainBpe } = await import("../tokenizer/train.ts");
    writeManifest((texts, size) => tokenizerOf(trainBpe(texts, size)));
  },
});

export default command;

async function varietyTable(names: readonly string[]) {
  const { compareVariety } = await import("../conversation/variety.ts");
  return compareVariety(names);
}
