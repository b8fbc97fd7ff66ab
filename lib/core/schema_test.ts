import assert from "node:assert/strict";
import { z } from "zod";
import { checked } from "./schema.ts";

const schema = z.object({ files: z.array(z.object({ size: z.int("must be a whole number") })) });

Deno.test("checked() gives what passes, and names the field of what does not", () => {
  const good = { files: [{ size: 1 }] };
  assert.deepEqual(checked(schema, good, "Cannot read x", "Correct it."), good);
  assert.throws(
    () => checked(schema, { files: [{ size: 1 }, { size: "1" }] }, "Cannot read x", "Correct it."),
    {
      name: "UserError",
      message: 'Cannot read x: "files[1].size" must be a whole number, got "1"',
      remedy: "Correct it.",
    },
  );
  assert.throws(() => checked(z.string("must be text"), undefined, "Cannot read x", "?"), {
    message: "Cannot read x: it must be text, got nothing",
  });
});
