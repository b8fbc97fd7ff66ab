/**
 * What can be asked for to calculate on; apart from `device.ts`, so that reading a command line loads no native code.
 *
 * @module
 */

/** Values of `--device`. */
export const DEVICES = ["auto", "cpu", "webgpu", "cuda"] as const;

/** Values of `--dtype`. */
export const PRECISIONS = ["float32", "float16"] as const;
