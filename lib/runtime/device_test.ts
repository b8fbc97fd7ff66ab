import assert from "node:assert/strict";
import { kernelFingerprint } from "./fingerprint.ts";
import { resolveDevice } from "./device.ts";
import { CPU } from "./session.ts";

/** Resolves on a machine that has only some devices, and gives also what was said. */
async function resolveWith(device: string, there: readonly string[]): Promise<[string, string]> {
  let said = "";
  const { provider } = await resolveDevice(
    { device, dtype: "float32" },
    (message) => said += message,
    ({ provider }) => Promise.resolve(there.includes(provider) ? undefined : new Error("no GPU")),
  );
  return [provider, said];
}

Deno.test("resolveDevice() falls back where it may, and says what is used", async () => {
  const gpus = ["cuda", "webgpu", "cpu"];
  for (const missing of [0, 1, 2]) {
    const [provider, said] = await resolveWith("auto", gpus.slice(missing));
    assert.equal(provider, gpus[missing]);
    assert.equal(said, `Models run on ${provider} in float32.`);
  }
  assert.equal((await resolveWith("cpu", gpus))[0], "cpu");
});

Deno.test("resolveDevice() refuses a GPU that is asked for and not there, with a remedy", async () => {
  await assert.rejects(resolveWith("cuda", ["cpu"]), {
    name: "UserError",
    message: "Cannot use --device cuda --dtype float32: no GPU",
    remedy: /ONNXRUNTIME_NODE_INSTALL=cuda12/,
  });
  await assert.rejects(resolveWith("webgpu", ["cuda"]), { remedy: /driver.*--device cpu/ });
});

Deno.test("resolveDevice() knows that a CPU calculates in float32 alone", async () => {
  const quiet = () => {};
  assert.deepEqual(await resolveDevice({ device: "cpu", dtype: "float32" }, quiet), CPU);
  await assert.rejects(resolveDevice({ device: "cpu", dtype: "float16" }, quiet), {
    message: /^Cannot use --device cpu --dtype float16: the CPU must/,
    remedy: /--dtype float32/,
  });
});

Deno.test("resolveDevice() suggests the nearest name", async () => {
  const resolve = (device: string, dtype: string) => resolveDevice({ device, dtype }, () => {});
  await assert.rejects(resolve("cudo", "float32"), { name: "UsageError", remedy: /"cuda"/ });
  await assert.rejects(resolve("cpu", "float61"), { name: "UsageError", remedy: /"float32"/ });
});

Deno.test("kernelFingerprint() is the same each time", async () => {
  assert.match(await kernelFingerprint(), /^[0-9a-f]{16}$/);
  assert.equal(await kernelFingerprint(), await kernelFingerprint());
});
