// Playing live in the page, in headless Chromium and through the real server: start, play letter
// keys, see what the band plans and what it heard, stop, keep it as a piece.
//   jam.mjs PROGRAM
import assert from "node:assert/strict";
import { openBrowser, until } from "./browser.mjs";
import { startServer } from "./server.mjs";

const browser = await openBrowser();
const server = await startServer(process.argv[2]);
const faults = [];

try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.addInitScript(() => localStorage.setItem("sage.toured", "yes"));
  await page.goto(server.address);
  await page.waitForSelector("body[data-ready]");

  await page.keyboard.press("j");
  await page.waitForSelector("dialog.jam:modal");
  await page.click(".jam-start");
  await until(page, () => document.querySelector(".jam-status").textContent.startsWith("bar"), "the first bar");
  const chords = ["adh", "sfj", "dgk", "adh"]; // letter keys
  const sounded = () => page.evaluate(() => sage.jam.shown);
  for (let i = 0; i < 24 || (i < 200 && (await sounded()).played < 3); ++i) { // on a busy machine the band rests now and then
    for (const key of chords[i % 4]) await page.keyboard.down(key);
    await page.waitForTimeout(180);
    for (const key of chords[i % 4]) await page.keyboard.up(key);
    await page.waitForTimeout(60);
  }
  await until(page, () => sage.jam.shown.planned > 0, "planned notes");
  const shown = await sounded();
  assert.ok(shown.heard > 0, `what was played came back as heard: ${JSON.stringify(shown)}`);
  assert.ok(shown.played > 0, `the band played: ${JSON.stringify(shown)}`);

  assert.equal(await page.isVisible("text=Keep as a piece"), false);

  // The page knows the server's clock: this machine's monotonic one, in milliseconds.
  const before = Number(process.hrtime.bigint()) / 1e6;
  const guess = await page.evaluate(() => sage.jam.jam.clock.toRemote(performance.now()));
  const after = Number(process.hrtime.bigint()) / 1e6;
  assert.ok(guess > before - 5 && guess < after + 5, `the server's clock is at ${before} to ${after}, not ${guess}`);

  // The keyboard in the picture is one too.
  const box = await page.locator(".jam-canvas canvas").boundingBox();
  const { heard } = await sounded();
  await page.mouse.move(box.x + box.width * 0.6, box.y + (box.height - 56) * 0.66 + 40);
  await page.mouse.down();
  await page.waitForTimeout(150);
  await page.mouse.up();
  await until(page, `sage.jam.shown.heard > ${heard}`, "a key that was clicked");

  // A part of the band falls silent, and the tempo changes.
  await page.click(".jam-controls .chip >> text=drums");
  await until(page, () => document.querySelectorAll(".jam-controls .chip[aria-pressed=false]").length === 1, "a silent part");
  await page.click(".jam-controls [aria-label=Faster]");
  await until(page, () => document.querySelector(".jam-status").textContent.includes("114 bpm"), "the new tempo");

  await page.click(".jam-start");
  await page.waitForSelector("text=Keep as a piece");
  const sum = await page.textContent(".jam-status");
  console.log(sum);
  assert.match(sum, /^The band played [1-9]/);
  await page.click("text=Keep as a piece");
  await until(page, () => sage.store.piece.title.startsWith("Live"), "the piece");
  const tracks = await page.evaluate(() => sage.store.piece.tracks.map((t) => [t.program, t.notes.length]));
  assert.ok(tracks.some(([program, notes]) => program === 0 && notes > 30), `the person's notes are there: ${JSON.stringify(tracks)}`);
  assert.ok(tracks.length > 1, "and the band's");

  // Whoever closes the window ends the session.
  await page.keyboard.press("j");
  await page.click(".jam-start");
  await until(page, () => document.querySelector(".jam-start").textContent === "Stop", "a second session");
  await page.keyboard.press("Escape");
  await until(page, () => !document.querySelector("dialog.jam").open, "closed");
  const running = async () => Number(/sage_jams_running (\d+)/.exec(await (await fetch(`${server.address}metrics`)).text())[1]);
  for (let i = 0; i < 100 && (await running()) > 0; ++i) await page.waitForTimeout(50);
  assert.equal(await running(), 0, "no session is left behind");
  assert.deepEqual(faults, [], "no error in the console");
  console.log("the live walk is done");
} finally {
  await browser.close();
  server.stop();
}
