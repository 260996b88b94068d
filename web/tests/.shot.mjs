import { openBrowser, until } from "./browser.mjs";
import { readFileSync } from "node:fs";
const [,, theme="dark", w="1440", hgt="900", name="a", midi="", mode=""] = process.argv;
const browser = await openBrowser();
const page = await browser.newPage({ viewport: { width: +w, height: +hgt }, colorScheme: theme });
page.on("console", m => console.log("console:", m.text()));
page.on("pageerror", e => console.log("error:", e.message));
await page.addInitScript(() => localStorage.setItem("sage.toured", "yes"));
await page.goto("http://127.0.0.1:8790/");
await page.waitForSelector("body[data-ready]");
if (midi) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Control+i")]);
  await chooser.setFiles(midi);
  await until(page, () => !!sage.store.piece.file, "file");
}
await page.evaluate((mode) => {
  const s = sage.store, t = s.timeline;
  if (mode) { const ids = s.piece.tracks.slice(1, 3).map(t => t.id); s.showTrack(ids[0]); s.setRange({ tracks: ids, from: t.bars[4].start, to: t.bars[8].start }); }
}, mode);
if (mode === "propose") { await page.keyboard.press("p"); await until(page, () => sage.store.state.proposal && !sage.store.state.proposal.running, "proposal");
 console.log(await page.evaluate(() => performance.getEntriesByName("first ghost").map(e => e.duration)));
}
await page.evaluate(() => { sage.roll.center(); });
await page.waitForTimeout(400);
await page.screenshot({ path: `/tmp/page/${name}.png` });
await browser.close();
