/**
 * Permission to reach the host of an endpoint, which only its user can name.
 *
 * @module
 */
import { UserError } from "../core/errors.ts";

/**
 * Makes sure that a host may be reached; on a terminal, Deno asks the user.
 *
 * @param host a name, perhaps with a port.
 * @param task which task wants to, for the remedy.
 * @returns when it may; rejects with a {@linkcode UserError} where it may not.
 */
export async function requireNetwork(host: string, task: string): Promise<void> {
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return;
  throw new UserError(
    `Cannot ask ${host}: this task was started without permission to reach it`,
    `Start it as: deno run --allow-read --allow-env --allow-ffi --allow-write=results,.cache --allow-net=${host} tasks.ts ${task} …`,
  );
}
