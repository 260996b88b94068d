// The walk through the page, in headless Chromium and through the real server: import, lock, rewrite
// bars, accept the second proposal, undo, redo, export; the exported file differs only there.
//   walk.mjs PROGRAM
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser, until } from "./browser.mjs";
import { changed, ROOT, startServer } from "./server.mjs";

const browser = await openBrowser();
const server = await startServer(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), "sage-page-"));
const faults = [];
let page;

async function fresh() {
  await page?.context().close();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
  page = await context.newPage();
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.addInitScript(() => localStorage.setItem("sage.toured", "yes"));
  await page.goto(server.address);
  await page.waitForSelector("body[data-ready]");
}

async function open(file) {
  await fresh();
  await page.click("#menu");
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click("text=Import MIDI")]);
  await chooser.setFiles(file);
  await until(page, () => sage.store.piece.file !== undefined, "the file");
}

async function save(name) {
  await page.click("#menu");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Export MIDI")]);
  const path = join(folder, name);
  await download.saveAs(path);
  return path;
}

const barTick = (bar) => page.evaluate((n) => sage.store.timeline.bars[n - 1].start, bar);
const notes = () => page.evaluate(() => JSON.stringify(sage.store.piece.tracks.map((t) => t.notes)));

/** Chooses tracks (numbers from 0) and bars (from 1) as a person would: by the fields of the panel. */
async function choose(tracks, first, last) {
  await page.click(".verbs >> text=Rewrite");
  await page.fill("[aria-label='First bar']", String(first));
  await page.press("[aria-label='First bar']", "Tab");
  await page.fill("[aria-label='Last bar']", String(last));
  await page.press("[aria-label='Last bar']", "Tab");
  const count = await page.locator(".chips .chip").count();
  for (let i = 0; i < count; ++i) {
    const chip = page.locator(".chips .chip").nth(i);
    const on = (await chip.getAttribute("aria-pressed")) === "true";
    if (on !== tracks.includes(i) && (await chip.isEnabled())) {
      if (on && tracks.every((t) => t > i)) continue; // the last one on stays until another is
      await chip.click();
    }
  }
  for (let i = 0; i < count; ++i) {
    const chip = page.locator(".chips .chip").nth(i);
    const on = (await chip.getAttribute("aria-pressed")) === "true";
    if (on && !tracks.includes(i)) await chip.click();
  }
}

async function walk(name, file, writable, first, last) {
  await open(file);
  assert.deepEqual(readFileSync(await save("same.mid")), readFileSync(file), `${name}: without an edit every byte stays`);

  await page.locator(".track .lock").first().click();
  assert.equal(await page.evaluate(() => sage.store.piece.tracks[0].locked), true);
  await choose(writable, first, last);
  const before = await notes();
  await page.click(".propose");
  await until(page, () => (sage.store.state.proposal?.takes ?? []).filter((t) => t.done).length >= 3, "three proposals");
  assert.equal(await notes(), before, "a proposal changes nothing");
  await page.click("[aria-label='Next proposal']");
  assert.equal(await page.evaluate(() => sage.store.state.proposal.shown), 1);
  await page.click("text=Accept");
  const after = await notes();
  assert.notEqual(after, before, "the second proposal is in the piece");
  await page.click("[aria-label='Undo']");
  assert.equal(await notes(), before);
  await page.click("[aria-label='Redo']");
  assert.equal(await notes(), after);

  const written = await save("new.mid");
  const from = await barTick(first);
  const to = await barTick(last + 1);
  for (const [start, end] of [[0, from], [to, 1e9]]) {
    const { code, text } = await changed(file, written, start, end);
    assert.equal(code, 0, `${name}: notes outside of bars ${first}-${last} changed: ${text}`);
  }
  const inside = await changed(file, written, from, to);
  const kept = await page.evaluate(({ from, to }) => sage.store.piece.tracks[0].notes.filter((n) => n.onset >= from && n.onset < to).length, { from, to });
  console.log(`${name}: bars ${first}-${last}: ${inside.text.split("\n")[0]}; ${kept} notes of the locked track stay`);
  const locked = JSON.parse(before)[0];
  assert.deepEqual(JSON.parse(after)[0], locked, "the locked track is as it was");
}

try {
  await walk("every kind of event", `${ROOT}tests/midi/cases/every-kind-of-event.mid`, [1, 2], 5, 6);
  await walk("two hands", `${ROOT}tests/midi/cases/two-hands-two-channels.mid`, [1], 3, 4);

  // A piece from nothing, drawn notes, a part added, a project that is still there after loading again.
  await fresh();
  await page.click(".propose");
  await until(page, () => sage.store.state.proposal?.running === false && sage.store.state.proposal.takes.length > 0, "a piece");
  await page.click("text=Accept");
  const parts = await page.evaluate(() => sage.store.piece.tracks.length);
  assert.ok(parts > 1, "several instruments");
  await page.click(".verbs >> text=Add part");
  await page.click(".propose");
  await until(page, () => sage.store.state.proposal?.running === false, "a part");
  await page.click("text=Accept");
  await page.click("[aria-label='Draw tool']");
  const box = await page.locator(".roll-canvas canvas").boundingBox();
  const count = () => page.evaluate(() => sage.store.track.notes.length);
  const had = await count();
  await page.mouse.click(box.x + 300, box.y + 150);
  assert.equal(await count(), had + 1, "a note is drawn");
  const title = await page.evaluate(() => sage.store.piece.tracks.length);
  await until(page, () => document.querySelector(".saved").textContent.startsWith("Saved"), "saved");
  await page.reload();
  await page.waitForSelector("body[data-ready]");
  assert.equal(await page.evaluate(() => sage.store.piece.tracks.length), title, "the piece is kept in the browser");
  assert.equal(await count(), had + 1);

  // Sound: the piece plays, the playhead moves, and stop means stop.
  await page.keyboard.press("Home");
  await page.click("[aria-label='Play']");
  await until(page, () => sage.store.state.playhead > sage.store.piece.ticksPerQuarter, "a beat of music");
  await page.click("[aria-label='Stop']");
  assert.equal(await page.evaluate(() => sage.store.state.playing), false);
  assert.deepEqual(faults, [], "no error in the console");
  console.log("the whole walk is done");
} finally {
  await browser.close();
  server.stop();
  rmSync(folder, { recursive: true });
}
