import assert from "node:assert/strict";
import { commandOf } from "./command_of.ts";
import type { Artifact } from "../experiment/experiment.ts";

const artifact = (suite: object, settings: object) =>
  ({ experiment: "fusion", suite, settings }) as unknown as Artifact;

Deno.test("commandOf() names what is not as it is by default", () => {
  assert.equal(
    commandOf(artifact({ name: "mini" }, { quick: false, seeds: 3 })),
    "deno task reproduce --only fusion",
  );
  const selection = { domains: ["scheming", "swahili"], maxLength: 512, rowsPerDomain: 100 };
  assert.equal(
    commandOf(artifact({ name: "mood", revision: "abc", selection }, { quick: true, seeds: 5 })),
    "deno task reproduce --only fusion --suite mood --revision abc --domains scheming,swahili " +
      "--max-length 512 --rows-per-domain 100 --seeds 5 --quick",
  );
});

Deno.test("commandOf() names the covariance where it is not the sample's", () => {
  const settings = { quick: false, seeds: 3, covariance: "ledoit-wolf" };
  assert.equal(
    commandOf(artifact({ name: "mini" }, settings)),
    "deno task reproduce --only fusion --covariance ledoit-wolf",
  );
});

Deno.test("commandOf() names models from outside", () => {
  const model = { name: "google/gemma-2-2b", revision: "abc" };
  const adapter = { name: "mine", sha256: "def" };
  const device = { provider: "cuda", precision: "float16" };
  const command = (others: object) => {
    const models = { languageModel: { model }, ...others, device };
    return commandOf(artifact({ name: "mini" }, { quick: false, seeds: 1, models }));
  };
  const rest = "--device cuda --dtype float16";
  assert.equal(
    command({ guard: { model, adapter } }),
    `deno task reproduce --only fusion --model google/gemma-2-2b@abc --guard-adapter FOLDER/mine ${rest}`,
  );
  assert.equal(
    command({ guard: { model: adapter, unsafeLabel: "bad one" } }),
    `deno task reproduce --only fusion --model google/gemma-2-2b@abc --guard FOLDER/mine --unsafe-label 'bad one' ${rest}`,
  );
  assert.equal(
    command({ tuned: { monitors: "lora", state: { layer: 3 }, candidates: [{ layer: 3 }] } }),
    `deno task reproduce --only fusion --model google/gemma-2-2b@abc --monitors lora --layer 3 ${rest} --seeds 1`,
  );
});
