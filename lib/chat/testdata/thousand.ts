/**
 * Asks an endpoint 1,000 questions and records the answers; made to be killed while it does.
 *
 *     deno run … thousand.ts BASE_URL RECORDING
 *
 * @module
 */
import { endpointClient } from "../endpoint.ts";
import { recordingClient } from "../recording.ts";
import { askThousand } from "../testing.ts";

const [baseURL, path] = Deno.args;
const endpoint = endpointClient({ baseURL, model: "m", key: "", wait: () => Promise.resolve() });
using client = recordingClient(endpoint, path, () => {});
await askThousand(client);
