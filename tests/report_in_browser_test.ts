/** The committed reports as readers see them, in a headless Chromium where one is installed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exists, readText } from "../lib/core/files.ts";
import { type Browser, chromium, openBrowser } from "./browser.ts";
import { root, withFolder } from "./testing.ts";

const REPORTS = ["mini", "mini-smollm2-135m-instruct"];
const LOOKS = [320, 800, 1280].flatMap((width) =>
  (["light", "dark"] as const).map((scheme) => ({ width, scheme }))
);

/** Runs in the page. */
const FAULTS = readText(join(import.meta.dirname!, "layout_faults.js"));

/** The text of every link to a file, and what it leads to; runs in the page. */
const DOWNLOADS = `[...document.querySelectorAll("section")].map((section) => [
  section.querySelector("h2").id,
  ...[...section.querySelectorAll("a[download]")].map((link) => link.getAttribute("href")),
])`;

function inBrowser(name: string, check: (browser: Browser, folder: string) => Promise<void>) {
  const leftOut = chromium === undefined ? " (left out: no Chromium is installed)" : "";
  Deno.test({
    name: name + leftOut,
    ignore: chromium === undefined,
    fn: () =>
      withFolder(async (folder) => {
        await using browser = await openBrowser(chromium!, join(folder, "profile"));
        await check(browser, folder);
      }),
  });
}

for (const report of REPORTS) {
  const folder = join(root, "results", report);

  inBrowser(
    `${report}/report.html fits narrow and wide windows, light and dark, asks for nothing, and gives its figures and numbers away`,
    async (browser) => {
      const { href } = pathToFileURL(join(folder, "report.html"));
      const page = await browser.load(href);
      for (const look of LOOKS) {
        await page.look(look);
        assert.deepEqual(await page.evaluate(FAULTS), [], JSON.stringify(look));
      }
      const links = await page.evaluate(DOWNLOADS) as string[][];
      assert.ok(links.length > 10);
      for (const [id, svg, csv] of links) {
        assert.equal(svg, `${id}.svg`);
        assert.ok(exists(join(folder, svg)), svg);
        assert.match(csv, /^data:text\/csv;charset=utf-8,\w+/);
      }
      assert.deepEqual(page.complaints, []);
      assert.deepEqual(page.requests, [href]);
    },
  );
}

inBrowser("what a report must not do is noticed", async (browser, folder) => {
  const bad = join(folder, "bad.html");
  Deno.writeTextFileSync(
    bad,
    `<div style="width: 500px">wide</div><section><h2 id="one">One</h2><svg width="200" height="100">
    <text x="10" y="20">first</text><text x="20" y="22">second</text>
    <text x="180" y="60">outside</text><text x="10" y="60">apart</text>
    <text y="76"><tspan x="90">two</tspan><tspan x="90" dy="12">lines</tspan></text><text x="90" y="90">under</text>
    <text transform="translate(40, 90) rotate(-40)">turned</text><text transform="translate(60, 90) rotate(-40)">beside</text>
    </svg></section><img src="missing.png"><script>console.error("no")</script>`,
  );
  const { href } = pathToFileURL(bad);
  const page = await browser.load(href);
  await page.look({ width: 320, scheme: "light" });
  const faults = await page.evaluate(FAULTS) as string[];
  assert.match(faults[0], /^the page is 5\d\d pixels wide in a window of 320$/);
  assert.deepEqual(faults.slice(1), [
    'one: "outside" stands outside the figure',
    'one: "first" and "second" collide',
    'one: "twolines" and "under" collide',
  ]);
  assert.equal(page.requests.length, 2);
  assert.ok(page.complaints.some((complaint) => complaint.includes("no")));
});
