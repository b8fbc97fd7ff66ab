/** `deno task bench`: how fast this machine trains and scores. @module */
import * as flag from "../core/flag.ts";
import { goingWith } from "../core/flags.ts";
import { RUN_FLAGS } from "../experiment/flags.ts";
import { printJson, printTable, warn } from "../report/terminal.ts";
import { DEVICES, PRECISIONS } from "../runtime/device_names.ts";
import { type Command, defineCommand } from "./command.ts";

/** The task. */
const command: Command = defineCommand({
  summary: "how fast this machine trains and scores",
  about: `
Prints rates of training and scoring, and their ratio to ONNX Runtime's own matrix product in the
same run. With --device, on a machine with a GPU, some minutes: most of them the CPU's part.`,
  flags: {
    threads: { ...RUN_FLAGS.threads, help: "threads to compute with" },
    device: flag.choice(DEVICES, {
      help:
        "measure this beside the CPU instead: how far its signals and low-rank steps are from the CPU's, and its rates",
    }),
    ...goingWith("device", "Without it the CPU alone is measured, with models from nothing.", {
      dtype: flag.choice(PRECISIONS, { usual: "float32", help: "in which element type" }),
      model: flag.text({
        value: "DIR",
        shown: "random weights in the shape of SmolLM2-135M",
        help: "checkpoint of a language model, a folder or a .gguf file",
      }),
    }),
    json: flag.toggle({ help: "the same as JSON, for machines" }),
  },
  closing: () => "Example: deno task bench --threads 1",
  async run({ values: { threads, json, device, dtype = "float32", model } }) {
    if (device !== undefined) {
      const { resolveDevice } = await import("../runtime/device.ts");
      const { benchmarkDevice, deviceTable } = await import("../workbench/device_benchmark.ts");
      const speed = await benchmarkDevice(
        await resolveDevice({ device, dtype }, warn),
        threads,
        model,
      );
      return json ? printJson(speed) : printTable(deviceTable(speed));
    }
    const { benchmark, speedTable } = await import("../workbench/benchmark.ts");
    const speed = await benchmark(threads);
    json ? printJson(speed) : printTable(speedTable(speed));
  },
});

export default command;
