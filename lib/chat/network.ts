/**
 * Permission to reach the host of an endpoint, which only its user can name.
 *
 * @module
 */
import { join } from "node:path";
import { UserError } from "../core/errors.ts";
import { readText } from "../core/files.ts";

const CONFIG = join(import.meta.dirname!, "../../deno.json");

/**
 * Makes sure that a host may be reached; on a terminal, Deno asks the user.
 *
 * @param host a name, perhaps with a port.
 * @param task which task wants to, for the remedy.
 * @returns when it may; rejects with a {@linkcode UserError} where it may not.
 */
export async function requireNetwork(host: string, task: "fine" | "judge"): Promise<void> {
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return;
  const { tasks } = JSON.parse(readText(CONFIG)) as { tasks: Record<string, string> };
  const withHost = tasks[task].replace(/--allow-net=\S+/, (hosts) => `${hosts},${host}`);
  throw new UserError(
    `Cannot ask ${host}: this task was started without permission to reach it`,
    `Start it as: ${withHost} …`,
  );
}
