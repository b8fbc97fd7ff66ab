import assert from "node:assert/strict";
import { duration, startProgress, startWaiting, startWhole } from "./progress.ts";

Deno.test("duration() gives seconds, and minutes from one minute on", () => {
  const cases: [number, string][] = [
    [0, "0 s"],
    [8.4, "8 s"],
    [59.4, "59 s"],
    [59.6, "1 min 00 s"],
    [185, "3 min 05 s"],
    [5999, "99 min 59 s"],
    [7325, "2 h 02 min"],
    [1e9, "277,777 h 46 min"],
  ];
  for (const [seconds, text] of cases) assert.equal(duration(seconds), text);
});

Deno.test("startProgress() writes nothing where standard error is no terminal, and clears its line where it is one", () => {
  const { isTerminal, writeSync } = Deno.stderr;
  let written = "";
  Deno.stderr.writeSync = (bytes) => {
    written += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  /** Work that throws when it is half done. */
  const work = () => {
    using progress = startProgress("training");
    progress.update(0.5, "loss 1.2");
    throw new Error("stopped");
  };
  try {
    Deno.stderr.isTerminal = () => false;
    assert.throws(work, /stopped/);
    assert.equal(written, "");
    Deno.stderr.isTerminal = () => true;
    assert.throws(work, /stopped/);
    assert.equal(written, "\r\x1b[2Ktraining 50% · 0 s left · loss 1.2\r\x1b[2K");
    written = "";
    using _ = startWhole((share) => `${10 * (1 - share)} s in all`);
    assert.throws(work, /stopped/);
    assert.equal(written, "\r\x1b[2Ktraining 50% · 0 s left · 5 s in all · loss 1.2\r\x1b[2K");
  } finally {
    Object.assign(Deno.stderr, { isTerminal, writeSync });
  }
});

Deno.test("startWaiting() writes a line now and then without a terminal, until it is disposed of", async () => {
  const lines: string[] = [];
  {
    using progress = startWaiting("asking m", { write: (line) => lines.push(line), interval: 5 });
    progress.update(0.5, "3 tokens");
    while (lines.length < 2) await new Promise((go) => setTimeout(go, 5));
  }
  assert.match(lines[1], /^asking m: 50% after \d+ s(, some \d+ s left)?, 3 tokens$/);
});
