// Starts Debian's Chromium for the tests and screenshots, or says why not (exit code 77: skipped).
import { existsSync } from "node:fs";

export async function openBrowser(options = {}) {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  if (!executablePath) skip("no Chromium here (Debian package chromium)");
  const { chromium } = await import("playwright-core").catch(() => skip("no playwright-core here (npm ci in web/)"));
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio", "--disable-dev-shm-usage"],
    ...options,
  });
}

export function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(77);
}

/** Waits until a function of the page is true. (The page's policy forbids Playwright's own way.) */
export async function until(page, condition, what, milliseconds = 60_000) {
  const end = Date.now() + milliseconds;
  while (!(await page.evaluate(condition))) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await page.waitForTimeout(30);
  }
}
