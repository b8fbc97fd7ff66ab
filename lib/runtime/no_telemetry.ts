/**
 * Imported before ONNX Runtime: since 1.29 its builds for Linux write what models they are given, by name, size and hash, to
 * `~/.cache/Microsoft` and send it to their maker, unless a variable of the environment says no. That is native code, which Deno's
 * permissions to write and to reach hosts do not bind.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";

try {
  Deno.env.set("ORT_DISABLE_TELEMETRY", "1");
} catch (error) {
  throw new UserError(
    "Cannot load ONNX Runtime: it would tell its maker which models it runs, and may not be told not to",
    "Start Deno with --allow-env=ORT_DISABLE_TELEMETRY.",
    { cause: error },
  );
}
