// The walk by keyboard alone; then axe-core on every view, light and dark, desktop and phone.
//   keyboard.mjs PROGRAM
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { openBrowser, until } from "./browser.mjs";
import { ROOT, startServer } from "./server.mjs";

const axe = readFileSync(`${ROOT}web/node_modules/axe-core/axe.min.js`, "utf8");
const browser = await openBrowser();
const server = await startServer(process.argv[2]);

async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.addInitScript(() => localStorage.setItem("sage.toured", "yes"));
  await page.goto(server.address);
  await page.waitForSelector("body[data-ready]");
  return page;
}

/** Tab until an element of that label has the focus. */
async function tabTo(page, label) {
  for (let i = 0; i < 120; ++i) {
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      return e.getAttribute("aria-label") ?? e.textContent ?? "";
    });
    if (at.startsWith(label)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no way to '${label}' with Tab`);
}

async function faultsOf(page, where) {
  // The page's policy lets no text become a script, so axe comes in by the debugger.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations.map((v) => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 120), v.nodes[0].failureSummary])))`,
    awaitPromise: true,
  });
  const violations = JSON.parse(result.value);
  const serious = violations.filter(([impact]) => impact === "serious" || impact === "critical");
  console.log(`${where}: ${violations.length} faults, ${serious.length} of them serious`);
  assert.deepEqual(serious, [], where);
}

try {
  const page = await open({ viewport: { width: 1440, height: 900 } });
  await tabTo(page, "Propose");
  await page.keyboard.press("Enter");
  await until(page, () => sage.store.state.proposal?.running === false && sage.store.state.proposal.takes.length > 1, "proposals");
  await page.keyboard.press("n");
  await tabTo(page, "Accept");
  await page.keyboard.press("Enter");
  const notes = () => page.evaluate(() => sage.store.piece.tracks.reduce((n, t) => n + t.notes.length, 0));
  const composed = await notes();
  assert.ok(composed > 0);

  await tabTo(page, "Arrangement");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  const range = await page.evaluate(() => sage.store.state.range);
  assert.equal(range.tracks.length, 1);
  assert.equal(range.to - range.from, 2 * 4 * 480);
  await page.keyboard.press("p");
  await until(page, () => sage.store.state.proposal?.running === false, "a rewrite");
  await page.keyboard.press("Enter"); // the arrangement leaves it to the page
  await until(page, () => sage.store.state.proposal === undefined, "accepted");
  await page.keyboard.press("Control+z");
  assert.equal(await notes(), composed);

  await tabTo(page, "Piano roll");
  for (let i = 0; i < 24 && (await notes()) !== composed + 1; ++i) { // up to where the piece has no note
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    if ((await notes()) < composed) await page.keyboard.press("Control+z");
  }
  assert.equal(await notes(), composed + 1, "a note drawn with Enter");
  await page.keyboard.press(".");
  await page.keyboard.press("Shift+ArrowUp");
  await page.keyboard.press("Delete");
  assert.equal(await notes(), composed);
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Space");
  await until(page, () => sage.store.state.playing, "playing");
  await page.keyboard.press("Space");
  assert.equal(await page.evaluate(() => sage.store.state.playing), false);
  console.log("the walk by keyboard alone is done");

  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await faultsOf(page, `desktop, ${colorScheme}`);
  }
  await page.keyboard.press("p");
  await until(page, () => sage.store.state.proposal?.running === false, "a rewrite");
  await faultsOf(page, "proposal, dark");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.waitForSelector("dialog:modal");
  await faultsOf(page, "help, dark");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.waitForSelector("dialog.jam:modal");
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await faultsOf(page, `live, ${colorScheme}`);
  }
  await page.keyboard.press("Enter"); // Start has the focus
  await until(page, () => document.querySelector(".jam-status").textContent.startsWith("bar"), "a live session");
  await page.keyboard.press("a");
  await until(page, () => sage.jam.shown.heard > 0, "a key heard");
  await faultsOf(page, "live, playing");
  await tabTo(page, "Stop");
  await page.keyboard.press("Enter");
  await until(page, () => document.querySelector(".jam-start").textContent === "Start", "stopped by keyboard");
  await page.keyboard.press("Escape");
  const phone = await open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  for (const view of ["Tracks", "Notes", "Write"]) {
    await phone.click(`.tabs >> text=${view}`);
    await faultsOf(phone, `phone, ${view}`);
  }
} finally {
  await browser.close();
  server.stop();
}
