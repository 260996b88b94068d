import { openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";
const browser = await openBrowser(); const server = await startServer(process.argv[2]);
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: "dark" });
await page.addInitScript(() => localStorage.setItem("sage.toured", "yes"));
await page.goto(server.address);
await page.waitForSelector("body[data-ready]");
const seen = [];
for (let i = 0; i < 45; ++i) { await page.keyboard.press("Tab"); seen.push(await page.evaluate(() => { const e = document.activeElement; return e.tagName + ":" + (e.getAttribute("aria-label") ?? e.textContent ?? "").slice(0, 20); })); }
console.log(seen.join(" | "));
await browser.close(); server.stop();
