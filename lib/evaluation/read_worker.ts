/** The thread behind `read_beside.ts`. @module */
import { Columns } from "./columns.ts";
import type { ReadRequest } from "./read_beside.ts";

const thread = self as unknown as Pick<Worker, "postMessage" | "addEventListener">;

thread.addEventListener("message", (event) => {
  const { path, predictSafe, range } = (event as MessageEvent<ReadRequest>).data;
  const columns = new Columns(path, predictSafe);
  try {
    columns.addRange(range, 1);
  } catch {
    return thread.postMessage(null); // whoever waits reads the lines, and says what is wrong with them
  }
  const rows = columns.read();
  const { ids, labelOf, scores, lines } = rows;
  const arrays = [ids.bytes, ids.starts, labelOf, scores, lines] as { buffer: ArrayBuffer }[];
  thread.postMessage(rows, arrays.map(({ buffer }) => buffer));
});
