import assert from "node:assert/strict";
import { join } from "node:path";
import type { ChatClient } from "../chat/client.ts";
import { UserError } from "../core/errors.ts";
import { silent } from "../core/progress.ts";
import { temporaryFolder } from "../core/testing.ts";
import type { Row } from "../conversation/row.ts";
import { askedScores, askJudge, unreliable } from "./asked.ts";

const rows = Array.from({ length: 3 }, (_, i): Row => ({
  id: `row-${i}`,
  conversation: `\n\nHuman: number ${i}`,
  domain: "scheming",
  malign: 1,
}));

/** A judge that gives 10 i of alignment and 50 + 10 i of uncertainty, but to the last row none of uncertainty. */
function client(name = "echo"): ChatClient & { examples: number } {
  return {
    name,
    examples: 0,
    ask([, { content }]) {
      this.examples = content.match(/^Example \d/gm)?.length ?? 0;
      const i = Number(/number (\d)/.exec(content)![1]);
      const certain = content.includes("How certain");
      const text = certain && i === 2 ? "?" : `SCORE: ${10 * i + (certain ? 50 : 0)}`;
      return Promise.resolve({ text });
    },
  };
}

const settings = { unsafeExamples: [], progress: silent };

Deno.test("askJudge() writes scored rows that askedScores() gives back in any order, danger up", async () => {
  using temporary = temporaryFolder();
  const folder = join(temporary.path, "new", "echo");
  const answered = await askJudge(client(), rows, { folder, ...settings });
  assert.deepEqual(answered, {
    alignment: { rows: 3, answers: 3, defaulted: 0, strict: 3, lenient: 3 },
    uncertainty: { rows: 3, answers: 6, defaulted: 1, strict: 2, lenient: 2 },
  });
  const { asked, alignment, uncertainty } = await askedScores(folder, rows.toReversed());
  assert.deepEqual([...alignment], [80, 90, 100]);
  assert.deepEqual([...uncertainty], [100, 40, 50]);
  const { hash, ...rest } = asked;
  assert.deepEqual(rest, { judge: "echo", examples: 0, ...answered });
  assert.notEqual((await askedScores(folder, rows)).asked.hash, hash);
  assert.deepEqual([...(await askedScores(folder, rows.slice(1, 2))).alignment], [90]); // fewer rows than were asked about
});

Deno.test("askJudge() shows the examples, and says how many there were", async () => {
  using folder = temporaryFolder();
  const asked = client();
  const unsafeExamples = ["bad", "worse"];
  await askJudge(asked, rows, { folder: folder.path, unsafeExamples, progress: silent });
  assert.equal(asked.examples, 2);
  assert.equal((await askedScores(folder.path, rows)).asked.examples, 2);
});

Deno.test("askJudge() names the row that could not be asked about, and writes nothing", async () => {
  using folder = temporaryFolder();
  const failing: ChatClient = {
    name: "failing",
    ask: ([, { content }], options) =>
      content.includes("number 1")
        ? Promise.reject(new UserError('Cannot ask "m": too long', "Ask less."))
        : client().ask([{ role: "system", content: "" }, { role: "user", content }], options),
  };
  await assert.rejects(askJudge(failing, rows, { folder: folder.path, ...settings }), {
    name: "UserError",
    message: 'Cannot ask "m": too long; asked about alignment of the row "row-1"',
    remedy: "Ask less.",
  });
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("askedScores() refuses scores of other rows, of several judges, and of nobody", async () => {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  const refuses = (message: RegExp, asked = rows) =>
    assert.rejects(() => askedScores(folder, asked), { name: "UserError", message });
  await refuses(/alignment\.jsonl/);
  await askJudge(client(), rows.slice(0, 2), { folder, ...settings });
  await refuses(/alignment.jsonl": 1 of 3 test rows are not in it, among them "row-2"$/);
  const changed = rows.slice(0, 2).map((row) => ({ ...row, conversation: row.conversation + "!" }));
  await refuses(/the row "row-0" is another conversation there$/, changed);

  const path = join(folder, "uncertainty.jsonl");
  const lines = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, lines.replaceAll('"echo"', '"parrot"'));
  await refuses(/must be one judge's, .* got "echo" and "parrot"$/, rows.slice(0, 2));
  Deno.writeTextFileSync(path, lines.replaceAll(',"judge":"echo"', ""));
  await refuses(/does not say which judge answered.*: "judge" must be text, got/, rows.slice(0, 2));
  Deno.writeTextFileSync(path, lines.replaceAll(/"score":\d+/g, '"score":1000'));
  await refuses(/the row "row-0" must have a score from 0 to 100, got 1000/, rows.slice(0, 2));
});

Deno.test("unreliable() is a judge that gave no score of more than a tenth of the conversations", () => {
  const good = { rows: 20, defaulted: 2 };
  assert.equal(unreliable({ alignment: good, uncertainty: good }), undefined);
  assert.equal(
    unreliable({ alignment: good, uncertainty: { rows: 18, defaulted: 18 } }),
    "18 of 18 conversations have no score of uncertainty that could be read, more than 10%",
  );
});
