/** The committed reports as readers see them, in a headless Chromium where one is installed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readText } from "../lib/core/files.ts";
import { chromium, type LoadedPage, openBrowser } from "./browser.ts";
import { root, withFolder } from "./testing.ts";

const REPORTS = ["mini", "mini-smollm2-135m-instruct"];
const WIDTHS = [320, 800, 1280];
const SCHEMES = ["light", "dark"] as const;

/** Runs in the page. */
const FAULTS = readText(join(import.meta.dirname!, "layout_faults.js"));

/** Checks a page that was loaded from a file. */
async function checkPage({ evaluate, complaints, requests }: LoadedPage, url: string) {
  assert.deepEqual(await evaluate(FAULTS), []);
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests, [url]);
}

for (const report of REPORTS) {
  Deno.test({
    name:
      `${report}/report.html fits narrow and wide windows, light and dark, and asks for nothing${
        chromium === undefined ? " (left out: no Chromium is installed)" : ""
      }`,
    ignore: chromium === undefined,
    async fn() {
      const path = join(root, "results", report, "report.html");
      const { href } = pathToFileURL(path);
      await withFolder(async (profile) => {
        await using browser = await openBrowser(chromium!, profile);
        for (const width of WIDTHS) {
          for (const scheme of SCHEMES) {
            const page = await browser.load(href, { width, scheme });
            await checkPage(page, href);
          }
        }
      });
    },
  });
}
