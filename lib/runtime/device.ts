/**
 * Choosing what calculates: the CPU, or a GPU through WebGPU or CUDA. A GPU that was asked for by
 * name and is not there is an error; only `auto` falls back, and says to what.
 *
 * @module
 */
import { suggestName, UsageError, UserError } from "../core/errors.ts";
import { matmul } from "../graph/matmul.ts";
import { input, weight } from "../graph/tensor.ts";
import { DEVICES, PRECISIONS } from "./device_names.ts";
import { type Device, openSession } from "./session.ts";

/** What was asked for. */
export interface DeviceRequest {
  /**
   * One of {@linkcode DEVICES}, as typed. `auto`: the first of CUDA, WebGPU and CPU that is there.
   */
  device: string;
  /** One of {@linkcode PRECISIONS}, as typed. */
  dtype: string;
}

type Provider = Device["provider"];

/** What to do where a device does not run. */
const remedies: Record<Provider, string> = {
  cpu: "Choose --dtype float32, or a GPU.",
  webgpu: "Install a graphics driver (on Linux Vulkan's: libvulkan1 and the GPU's own), " +
    "or choose --device cpu.",
  cuda: "CUDA is for Linux on x86-64 and needs an NVIDIA driver, CUDA 12 and cuDNN 9; ONNX " +
    "Runtime's part of it is fetched by ONNXRUNTIME_NODE_INSTALL=cuda12 deno run -A " +
    "npm:onnxruntime-node@1.30.0/script/install.js. Or choose --device cpu.",
};

/**
 * Finds a device.
 *
 * @param request device and element type, as typed.
 * @param say is told in one sentence what is used.
 * @param failureOf why a device does not run; tests give their own.
 * @returns the device; throws a `UsageError` on an unknown name, a `UserError` where the device is
 * not there or does not calculate in that type.
 */
export async function resolveDevice(
  { device: name, dtype }: DeviceRequest,
  say: (message: string) => void,
  failureOf: (device: Device) => Promise<Error | undefined> = failureOfDevice,
): Promise<Device> {
  const asked = oneOf(DEVICES, name, "device");
  const precision = oneOf(PRECISIONS, dtype, "dtype");
  const runs = async (provider: Provider) => !await failureOf({ provider, precision });
  const provider = asked !== "auto"
    ? asked
    : await runs("cuda")
    ? "cuda"
    : await runs("webgpu")
    ? "webgpu"
    : "cpu";
  const device: Device = { provider, precision };
  const failure = await failureOf(device);
  if (failure !== undefined) {
    throw new UserError(
      `Cannot use --device ${asked} --dtype ${precision}: ${reasonOf(failure)}`,
      remedies[provider],
      { cause: failure },
    );
  }
  say(`Models run on ${provider} in ${precision}.`);
  return device;
}

/** Runs a small product on a device, and returns what it throws. */
async function failureOfDevice(device: Device): Promise<Error | undefined> {
  if (device.provider === "cpu" && device.precision === "float16") {
    return new Error(
      "the CPU must calculate in float32; of float16 weights it would make float32 ones",
    );
  }
  const identity = { name: "identity", shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) };
  const y = matmul(input("x", [1, 2]), weight(identity));
  try {
    await using session = await openSession({ y }, { threads: 1, device });
    await session.run({ x: { data: Float32Array.of(1, 2), dims: [1, 2] } });
  } catch (error) {
    return error as Error;
  }
}

function oneOf<T extends string>(known: readonly T[], name: string, flag: string): T {
  const found = known.find((k) => k === name);
  if (found !== undefined) return found;
  throw new UsageError(`Cannot use --${flag} ${name}: it is not known`, suggestName(name, known));
}

/** The part of ONNX Runtime's messages that is not about places in its source. */
function reasonOf({ message }: Error): string {
  return message.trim().split("\n")[0].replace(/^\/.* was false\. /, "");
}
