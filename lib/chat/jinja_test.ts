import assert from "node:assert/strict";
import { jinjaTemplate } from "./jinja.ts";

const messages = [{ role: "user", content: "Hi?" }, { role: "assistant", content: "Hello." }];

Deno.test("jinjaTemplate() renders what stands around variables, and the same date for ever", () => {
  const template = jinjaTemplate(
    "{% for m in messages %}{{ loop.index }} {{ m.role | upper }}: {{ m.content }}\n{% endfor %}{{ strftime_now('%d %b %Y') }}",
  );
  assert.equal(template({ messages }, 9), "1 USER: Hi?\n2 ASSISTANT: Hello.\n26 Jul 2024");
});

Deno.test("jinjaTemplate() renders long conversations, also where a template gathers them in one text", () => {
  const many = Array.from(
    { length: 200 },
    (_, i) => ({ role: "user", content: `${i}`.repeat(99) }),
  );
  const said = many.map(({ content }) => content).join("");
  const gathering = jinjaTemplate(
    "{% set ns = namespace(text='') %}{% for m in messages %}{% set ns.text = ns.text + m.content %}{% endfor %}{{ ns.text }}",
  );
  assert.equal(gathering({ messages: many }, said.length), said);
});

Deno.test("jinjaTemplate() stops a template that grows or goes on without end", () => {
  const nested = (depth: number, inner: string) =>
    "{% for a in [1,2,3,4,5,6,7,8] %}".repeat(depth) + inner + "{% endfor %}".repeat(depth);
  const doubling = (what: string) =>
    `{% set ns = namespace(x=${what}) %}${nested(2, "{% set ns.x = ns.x + ns.x %}")}`;
  const hostile: [string, RegExp][] = [
    [nested(9, ""), /too many steps/],
    [nested(9, "x"), /grows far beyond/],
    [doubling("'xxxxxxxx'"), /grows far beyond/],
    [doubling("[1]"), /grows far beyond/],
    [nested(8, "{% set y = messages[0].content | upper %}"), /too many steps/],
    ["{% for i in range(1000000000) %}{% endfor %}", /counts with range\(\)/],
    ["{% set r = range %}{{ r(1000000000) }}", /counts with range\(\)/],
    ["{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", /./],
    ["(".repeat(2 ** 20) + "x", /more than 1048576 characters/],
    [`{{ ${"(".repeat(100_000)} }}`, /./],
  ];
  for (const [source, message] of hostile) {
    const render = () => jinjaTemplate(source)({ messages }, 9);
    assert.throws(render, (error: Error) => message.test(error.message), source.slice(0, 80));
  }
});
