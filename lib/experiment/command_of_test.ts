import assert from "node:assert/strict";
import { commandOf } from "./command_of.ts";
import type { Artifact } from "./experiment.ts";

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
