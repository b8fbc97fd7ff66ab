/** `deno task mini`: the embedded suite's manifest. @module */
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "writes data/mini/manifest.json after a change to the embedded suite's scenes",
  flags: {},
  closing: () => "It takes no flags.",
  async run() {
    const { writeManifest } = await import("../conversation/mini_manifest.ts");
    const { tokenizerOf } = await import("../tokenizer/tokenizer.ts");
    const { trainBpe } = await import("../tokenizer/train.ts");
    writeManifest((texts, size) => tokenizerOf(trainBpe(texts, size)));
  },
});

export default command;
