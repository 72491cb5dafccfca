// node screenshots.mjs BYZLAB NODE_MODULES OUT_FOLDER: three pages, as a reader would open them.
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { browser } from "../../tests/web/browser.mjs";
import { results } from "../../tests/web/results.mjs";

const [byzlab, modules, out] = process.argv.slice(2);
const chromium = await browser(modules);
const work = mkdtempSync(join(tmpdir(), "byzlab-pictures-"));
mkdirSync(out, { recursive: true });

async function picture(name, words, hash, height, theme = "light") {
  const { page: file } = results(byzlab, join(work, name), ...words);
  const context = await chromium.newContext({ viewport: { width: 1280, height }, colorScheme: theme });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href + hash);
  await page.waitForSelector("h1");
  await page.waitForTimeout(500);
  const target = join(out, `${name}.png`);
  await page.screenshot({ path: target });
  console.log(`${target}: ${Math.round(statSync(target).size / 1000)} kB`);
  await context.close();
}

try {
  await picture("run", ["run", "scenarios/faults/pbft-partition.yaml"], "#at=30.872&view=overview", 860);
  await picture("fork", ["run", "scenarios/papers/hotstuff-two-liars.yaml"],
    "#t=5..8&at=6.848&view=blocks&focus=agreement-1", 640, "dark");
  await picture("comparison", ["compare", "scenarios/compare/engines.yaml", "--seeds", "1..3"], "", 1000);
} finally {
  await chromium.close();
  rmSync(work, { recursive: true, force: true });
}
