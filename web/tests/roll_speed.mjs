// Frames a second of the piano roll while it scrolls and zooms over 20,000 notes.
//   roll_speed.mjs PROGRAM
import { openBrowser } from "./browser.mjs";
import { startServer } from "./server.mjs";

const browser = await openBrowser();
const server = await startServer(process.argv[2]);
try {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.addInitScript(() => localStorage.setItem("sage.toured", "yes"));
  await page.goto(server.address);
  await page.waitForSelector("body[data-ready]");
  const result = await page.evaluate(async () => {
    const { store, roll } = sage;
    const tracks = Array.from({ length: 8 }, (_, t) => ({
      id: 1000 + t, name: `Track ${t + 1}`, program: t, colour: t, muted: false, solo: false, locked: false,
      notes: Array.from({ length: 2500 }, (_, i) => ({ onset: i * 120, duration: 110, pitch: 30 + ((i * 7 + t * 11) % 60), velocity: 60 + (i % 60) })),
    }));
    store.open({ ...store.piece, tracks });
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const run = async (frames, step) => {
      await frame();
      const times = [];
      let before = performance.now();
      for (let i = 0; i < frames; ++i) {
        step(i, frames);
        roll.draw();
        await frame();
        const now = performance.now();
        times.push(now - before);
        before = now;
      }
      times.sort((a, b) => a - b);
      return { fps: (1000 * frames) / times.reduce((a, b) => a + b, 0), p95: times[Math.floor(frames * 0.95)] };
    };
    const end = store.timeline.end;
    const scroll = await run(180, (i, n) => (roll.view.x = (i / n) * end * roll.view.perTick * 0.9));
    const zoom = await run(180, (i, n) => {
      roll.view.perQuarter = 96 * 0.02 ** (i / n);
      roll.view.x = 0;
      roll.view.row = 6;
    });
    const all = await run(60, () => undefined); // zoomed out: everything is drawn
    return { scroll, zoom, all, notes: store.piece.tracks.reduce((s, t) => s + t.notes.length, 0) };
  });
  for (const [what, { fps, p95 }] of Object.entries(result).filter(([, v]) => v.fps))
    console.log(`${what}: ${fps.toFixed(1)} frames/s, p95 ${p95.toFixed(1)} ms a frame (${result.notes} notes)`);
} finally {
  await browser.close();
  server.stop();
}
