// Screenshots of every view for docs/page.md, in both themes and at phone width.
//   shots.mjs PROGRAM FOLDER [MIDI_FILE]
import { mkdirSync } from "node:fs";
import { openBrowser, until } from "./browser.mjs";
import { ROOT, startServer } from "./server.mjs";

const [program, folder, file = `${ROOT}docs/pieces/first.mid`] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await openBrowser();
const server = await startServer(program);

async function open(options, song = file) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => console.log("error:", error.message));
  await page.addInitScript(() => localStorage.setItem("sage.toured", "yes"));
  await page.goto(server.address);
  await page.waitForSelector("body[data-ready]");
  if (song) {
    await page.click("#menu");
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click("text=Import MIDI")]);
    await chooser.setFiles(song);
    await until(page, () => sage.store.piece.file !== undefined, "the file");
  }
  return page;
}

async function propose(page, tracks, from, to) {
  await page.evaluate(({ tracks, from, to }) => {
    const { store } = sage;
    const ids = tracks.map((i) => store.piece.tracks[i].id);
    const { bars } = store.timeline;
    store.showTrack(ids[0]);
    store.setRange({ tracks: ids, from: bars[from - 1].start, to: bars[to].start });
    store.setPlayhead(bars[from - 1].start);
    sage.roll.view.x = bars[Math.max(0, from - 2)].start * sage.roll.view.perTick;
    sage.panel.counts = { proposed: 6, accepted: 2 };
  }, { tracks, from, to });
  await page.keyboard.press("p");
  await until(page, () => sage.store.state.proposal?.running === false, "proposals");
  await page.evaluate(() => {
    const ghosts = sage.store.state.proposal.takes[0].ghosts.find((g) => g.track === sage.store.state.track);
    const { view } = sage.roll;
    const x = view.x;
    sage.roll.center();
    if (ghosts?.notes.length) view.y = (127 - ghosts.notes.reduce((s, n) => s + n.pitch, 0) / ghosts.notes.length) * view.row - view.gridHeight / 2;
    view.x = x;
    sage.roll.draw();
  });
}

/** Some bars of chords and a tune with a band, by letter keys. */
async function jam(page) {
  await page.evaluate(() => sage.jam.open());
  await page.click(".jam-start");
  await until(page, () => document.querySelector(".jam-status").textContent.startsWith("bar"), "the first bar");
  for (const keys of ["adg", "h", "j", "sfh", "g", "k", "dgj", "j", "h", "adg", "k", "l", "sfh", "h", "g", "adh"]) {
    for (const key of keys) await page.keyboard.down(key);
    await page.waitForTimeout(keys.length > 1 ? 420 : 200);
    if (keys !== "adh") for (const key of keys) await page.keyboard.up(key);
    await page.waitForTimeout(60);
  }
}

async function shot(page, name) {
  await page.waitForTimeout(300);
  await page.screenshot({ path: `${folder}/${name}.png` });
  console.log(name);
}

try {
  for (const colorScheme of ["dark", "light"]) {
    const page = await open({ colorScheme });
    await propose(page, [1, 2], 5, 6);
    await shot(page, `page-${colorScheme}`);
    await page.keyboard.press("Escape");
    await page.evaluate(() => sage.store.showTrack(sage.store.piece.tracks.find((t) => t.program === 128)?.id ?? sage.store.piece.tracks[0].id));
    await shot(page, `drums-${colorScheme}`);
    await page.keyboard.press("?");
    await shot(page, `help-${colorScheme}`);
    await page.keyboard.press("Escape");
    await jam(page);
    await shot(page, `jam-${colorScheme}`);
    await page.context().close();
  }
  const empty = await open({ colorScheme: "dark" }, "");
  await empty.click("#menu");
  await shot(empty, "start-dark");
  await empty.context().close();
  const phone = await open({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: "dark" });
  await propose(phone, [1], 5, 6);
  await shot(phone, "phone-notes");
  await phone.click(".tabs >> text=Write");
  await shot(phone, "phone-write");
  await phone.click(".tabs >> text=Tracks");
  await shot(phone, "phone-tracks");
  await jam(phone);
  await shot(phone, "phone-jam");
} finally {
  await browser.close();
  server.stop();
}
