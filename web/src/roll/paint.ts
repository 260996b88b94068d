// Draws the piano roll. Looks at the state and changes nothing.
import { keyName, rowName } from "../model/edit";
import { DRUMS, type Note, type Track } from "../model/music";
import { isReplaced, shownTake } from "../model/proposal";
import type { Store } from "../model/store";
import type { Timeline } from "../model/time";
import { currentTheme, type Theme } from "../ui/theme";
import { LANE, RULER, TOP, type View } from "./view";

const BLACK = new Set([1, 3, 6, 8, 10]);
const FONT = "11px system-ui, sans-serif";

export interface Marks {
  box?: { x0: number; y0: number; x1: number; y1: number }; // being dragged
  cursor?: { tick: number; pitch: number }; // of the keyboard
  hover?: Note;
}

interface Paint {
  c: CanvasRenderingContext2D;
  view: View;
  store: Store;
  theme: Theme;
  timeline: Timeline;
  track?: Track;
  drums: boolean;
}

export function paintRoll(c: CanvasRenderingContext2D, view: View, store: Store, marks: Marks): void {
  const theme = currentTheme();
  const track = store.track;
  const p: Paint = { c, view, store, theme, timeline: store.timeline, track, drums: track?.program === DRUMS };
  c.fillStyle = theme.back;
  c.fillRect(0, 0, view.width, view.height);
  c.font = FONT;
  c.textBaseline = "middle";
  c.save();
  c.beginPath();
  c.rect(view.left, TOP, view.gridWidth, view.gridHeight);
  c.clip();
  rows(p);
  grid(p, TOP, view.gridBottom);
  range(p, TOP, view.gridBottom);
  others(p);
  notes(p, marks);
  ghosts(p);
  cursor(p, marks);
  c.restore();
  if (view.velocity > 0) velocities(p);
  keys(p);
  ruler(p);
  playhead(p);
  if (marks.box) box(p, marks.box);
}

function rows({ c, view, theme, drums }: Paint): void {
  const top = view.pitchAt(TOP);
  const bottom = view.pitchAt(view.gridBottom);
  for (let pitch = Math.max(0, bottom); pitch <= Math.min(127, top); ++pitch) {
    const y = view.yOf(pitch);
    if (drums ? pitch % 2 : BLACK.has(pitch % 12)) {
      c.fillStyle = theme.row;
      c.fillRect(view.left, y, view.gridWidth, view.row);
    }
    if (!drums && (pitch % 12 === 0 || pitch % 12 === 5)) {
      c.fillStyle = theme.line;
      c.fillRect(view.left, y + view.row - 0.5, view.gridWidth, 1);
    }
  }
}

function grid({ c, view, theme, timeline, store }: Paint, top: number, bottom: number): void {
  const from = view.tickAt(view.left);
  const to = view.tickAt(view.width);
  const line = (tick: number, colour: string) => {
    c.fillStyle = colour;
    c.fillRect(Math.round(view.xOf(tick)), top, 1, bottom - top);
  };
  for (let bar = timeline.barAt(Math.max(0, from)); bar && bar.start <= to; bar = timeline.bars[bar.index + 1]) {
    const beat = timeline.beatLength(bar);
    const step = store.state.grid ? store.step : beat;
    if (step * view.perTick >= 7 && step < beat)
      for (let t = bar.start + step; t < bar.start + bar.length - 0.5; t += step) line(t, theme.line);
    if (beat * view.perTick >= 7)
      for (let t = bar.start + beat; t < bar.start + bar.length - 0.5; t += beat) line(t, theme.beat);
    if (bar.length * view.perTick >= 4 || bar.index % 4 === 0) line(bar.start, theme.bar);
  }
  // What lies behind the piece.
  const end = view.xOf(timeline.end);
  if (end < view.width) {
    line(timeline.end, theme.bar);
    c.globalAlpha = 0.5;
    c.fillStyle = theme.panel;
    c.fillRect(Math.max(end, view.left), top, view.width - end, bottom - top);
    c.globalAlpha = 1;
  }
}

function range({ c, view, theme, store, track }: Paint, top: number, bottom: number): void {
  const chosen = store.state.range;
  if (!chosen || !track || !chosen.tracks.includes(track.id)) return;
  const x0 = view.xOf(chosen.from);
  const x1 = view.xOf(chosen.to);
  c.globalAlpha = 0.09;
  c.fillStyle = theme.ghost;
  c.fillRect(x0, top, x1 - x0, bottom - top);
  c.globalAlpha = 0.8;
  c.fillRect(x0, top, 1.5, bottom - top);
  c.fillRect(x1 - 1.5, top, 1.5, bottom - top);
  c.globalAlpha = 1;
}

/** Calls draw for each note that can be seen. Notes are sorted by onset. */
function visible(view: View, all: readonly Note[], draw: (note: Note, x: number, y: number, w: number) => void): void {
  const from = view.tickAt(view.left);
  const to = view.tickAt(view.width);
  const lowest = view.pitchAt(view.gridBottom);
  const highest = view.pitchAt(TOP);
  // Zoomed out, notes that lie within a pixel of one of their row are one.
  const drawn = new Float32Array(128).fill(-1e9);
  for (const note of all) {
    if (note.onset > to) break;
    if (note.onset + note.duration < from || note.pitch < lowest || note.pitch > highest) continue;
    const x = view.xOf(note.onset);
    const width = Math.max(2, note.duration * view.perTick - 1);
    if (width < 3 && x < drawn[note.pitch] + 1) continue;
    drawn[note.pitch] = x + (width < 3 ? 0 : width);
    draw(note, x, view.yOf(note.pitch), width);
  }
}

/** The other tracks, as faint shapes behind. */
function others({ c, view, store, theme, track, drums }: Paint): void {
  c.globalAlpha = theme.dark ? 0.28 : 0.3;
  for (const other of store.piece.tracks) {
    if (other === track || other.muted || (other.program === DRUMS) !== drums) continue;
    c.fillStyle = theme.tracks[other.colour];
    visible(view, other.notes, (_, x, y, w) => c.fillRect(x, y + view.row * 0.3, w, view.row * 0.4));
  }
  c.globalAlpha = 1;
}

function notes({ c, view, store, theme, track }: Paint, marks: Marks): void {
  if (!track) return;
  const proposal = store.state.proposal;
  const take = shownTake(proposal);
  const { selected } = store.state;
  const height = Math.max(3, view.row - 1.5);
  const names = view.row >= 12 && view.perQuarter > 38;
  visible(view, track.notes, (note, x, y, w) => {
    const going = take && proposal && isReplaced(proposal, track, note);
    c.globalAlpha = going ? 0.16 : 0.45 + 0.55 * (note.velocity / 127);
    c.fillStyle = theme.tracks[track.colour];
    if (w > 6) {
      c.beginPath();
      c.roundRect(x, y + 0.75, w, height, 3);
      c.fill();
    } else c.fillRect(x, y + 0.75, w, height);
    c.globalAlpha = 1;
    if (selected.has(note)) {
      c.strokeStyle = theme.accent;
      c.lineWidth = 2;
      c.beginPath();
      c.roundRect(x + 0.5, y + 0.75, Math.max(3, w - 1), height, 3);
      c.stroke();
    } else if (marks.hover === note) {
      c.strokeStyle = theme.text;
      c.lineWidth = 1;
      c.strokeRect(x + 0.5, y + 1, w - 1, height - 1);
    }
    if (names && w > 26 && !going) {
      c.fillStyle = theme.dark ? "#0c0e12" : "#fff";
      c.fillText(rowName(track.program, note.pitch), x + 5, y + view.row / 2 + 0.5, w - 8);
    }
  });
  if (track.locked) {
    c.fillStyle = theme.faint;
    c.fillText("locked", view.width - 48, view.gridBottom - 12);
  }
}

/** The proposal: translucent, with an edge, so that it never looks like what is there. */
function ghosts({ c, view, store, theme, track }: Paint): void {
  const take = shownTake(store.state.proposal);
  if (!take || !track) return;
  const height = Math.max(3, view.row - 2);
  for (const ghost of take.ghosts) {
    const own = ghost.track === track.id;
    if (!own && (ghost.program === DRUMS) !== (track.program === DRUMS)) continue;
    c.fillStyle = c.strokeStyle = theme.ghost;
    c.lineWidth = 1.5;
    visible(view, ghost.notes, (_, x, y, w) => {
      c.globalAlpha = own ? 0.38 : 0.14;
      c.beginPath();
      c.roundRect(x + 0.75, y + 1, Math.max(2, w - 1), height, 3);
      c.fill();
      c.globalAlpha = own ? 1 : 0.35;
      c.stroke();
    });
    c.globalAlpha = 1;
  }
}

function cursor({ c, view, store, theme }: Paint, marks: Marks): void {
  if (!marks.cursor) return;
  c.strokeStyle = theme.accent;
  c.lineWidth = 1.5;
  c.setLineDash([4, 3]);
  const width = Math.max(6, store.step * view.perTick);
  c.strokeRect(view.xOf(marks.cursor.tick) + 0.5, view.yOf(marks.cursor.pitch) + 0.5, width, view.row - 1);
  c.setLineDash([]);
}

function velocities(p: Paint): void {
  const { c, view, theme, store, track } = p;
  const top = view.gridBottom;
  c.save();
  c.beginPath();
  c.rect(view.left, top, view.gridWidth, view.velocity);
  c.clip();
  c.fillStyle = theme.panel;
  c.fillRect(view.left, top, view.gridWidth, view.velocity);
  grid(p, top, view.height);
  const room = view.velocity - 10;
  const bar = (note: Note, colour: string, alpha: number) => {
    const x = view.xOf(note.onset);
    const height = (note.velocity / 127) * room;
    c.globalAlpha = alpha;
    c.fillStyle = colour;
    c.fillRect(x, view.height - height, 2, height);
    if (view.perQuarter < 16) return;
    c.beginPath();
    c.arc(x + 1, view.height - height, 3, 0, 7);
    c.fill();
  };
  const from = view.tickAt(view.left);
  const to = view.tickAt(view.width);
  let last = -1e9; // one bar a pixel is enough
  if (track)
    for (const note of track.notes)
      if (note.onset >= from && note.onset <= to && (view.perQuarter > 16 || view.xOf(note.onset) > last + 1)) {
        last = view.xOf(note.onset);
        bar(note, store.state.selected.has(note) ? theme.accent : theme.tracks[track.colour],
            store.state.selected.size === 0 || store.state.selected.has(note) ? 0.9 : 0.35);
      }
  c.globalAlpha = 1;
  c.restore();
  c.fillStyle = theme.panel;
  c.fillRect(0, top, view.left, view.velocity);
  c.fillStyle = theme.faint;
  c.fillText("Velocity", 8, top + view.velocity / 2);
  c.fillStyle = theme.bar;
  c.fillRect(0, top, view.width, 1);
}

function keys({ c, view, theme, track, drums, store }: Paint): void {
  c.save();
  c.beginPath();
  c.rect(0, TOP, view.left, view.gridHeight);
  c.clip();
  c.fillStyle = drums ? theme.panel : theme.keyWhite;
  c.fillRect(0, TOP, view.left, view.gridHeight);
  const used = new Set(track?.notes.map((n) => n.pitch));
  for (let pitch = Math.max(0, view.pitchAt(view.gridBottom)); pitch <= Math.min(127, view.pitchAt(TOP)); ++pitch) {
    const y = view.yOf(pitch);
    if (drums) {
      c.fillStyle = used.has(pitch) ? theme.text : theme.faint;
      if (view.row >= 10 && (used.has(pitch) || (pitch >= 35 && pitch <= 81)))
        c.fillText(rowName(DRUMS, pitch), 8, y + view.row / 2 + 0.5, view.left - 12);
    } else if (BLACK.has(pitch % 12)) {
      c.fillStyle = theme.keyBlack;
      c.beginPath();
      c.roundRect(-4, y + 0.5, view.left * 0.62 + 4, view.row - 1, 2);
      c.fill();
    } else {
      c.fillStyle = theme.line;
      if (pitch % 12 === 0 || pitch % 12 === 5) c.fillRect(0, y + view.row - 0.5, view.left, 1);
      if (pitch % 12 === 0 && view.row >= 8) {
        c.fillStyle = "#555b66";
        c.fillText(rowName(0, pitch), view.left - 26, y + view.row / 2 + 0.5);
      }
    }
  }
  c.restore();
  c.fillStyle = theme.bar;
  c.fillRect(view.left - 1, TOP, 1, store.state ? view.gridHeight : 0);
}

function ruler({ c, view, theme, timeline, store }: Paint): void {
  c.fillStyle = theme.panel;
  c.fillRect(0, 0, view.width, TOP);
  const from = view.tickAt(view.left);
  const to = view.tickAt(view.width);
  c.save();
  c.beginPath();
  c.rect(view.left, 0, view.gridWidth, TOP);
  c.clip();
  const chosen = store.state.range;
  if (chosen) {
    c.globalAlpha = 0.3;
    c.fillStyle = theme.ghost;
    c.fillRect(view.xOf(chosen.from), 0, (chosen.to - chosen.from) * view.perTick, RULER);
    c.globalAlpha = 1;
  }
  const every = [1, 2, 4, 8, 16, 32, 64].find((n) => n * timeline.bars[0].length * view.perTick > 34) ?? 128;
  for (let bar = timeline.barAt(Math.max(0, from)); bar && bar.start <= to; bar = timeline.bars[bar.index + 1]) {
    if (bar.index % every) continue;
    const x = view.xOf(bar.start);
    c.fillStyle = theme.bar;
    c.fillRect(Math.round(x), 0, 1, TOP);
    c.fillStyle = theme.text;
    c.fillText(String(bar.index + 1), x + 5, RULER / 2 + 1);
  }
  // A symbol that another one would cover is left out; it is seen on zooming in.
  const row = (y: number, items: { tick: number; text: string }[], colour: string) => {
    let free = -Infinity;
    for (const { tick, text } of items) {
      const x = view.xOf(tick);
      if (x > view.width || x < free) continue;
      const width = c.measureText(text).width;
      free = x + width + 10;
      if (free < view.left) continue;
      c.fillStyle = colour;
      c.fillText(text, x + 5, y + LANE / 2 + 1);
      c.globalAlpha = 0.5;
      c.fillRect(Math.round(x), y + 3, 2, LANE - 6);
      c.globalAlpha = 1;
    }
  };
  row(RULER, store.piece.chords.map((chord) => ({ tick: chord.tick, text: chord.text })), theme.ghost);
  row(RULER + LANE, conducting(store), theme.faint);
  c.restore();
  c.fillStyle = theme.panel;
  c.fillRect(0, 0, view.left, TOP);
  c.fillStyle = theme.faint;
  c.fillText("Bar", 8, RULER / 2 + 1);
  c.fillText("Chords", 8, RULER + LANE / 2 + 1);
  c.fillText("Tempo", 8, RULER + LANE * 1.5 + 1);
  c.fillStyle = theme.line;
  c.fillRect(0, RULER, view.width, 1);
  c.fillRect(0, RULER + LANE, view.width, 1);
  c.fillStyle = theme.bar;
  c.fillRect(0, TOP - 1, view.width, 1);
}

/** Tempo, meter and key changes; those of one moment as one text. */
function conducting(store: Store): { tick: number; text: string }[] {
  const at = new Map<number, string[]>();
  const add = (tick: number, text: string) => at.set(tick, [...(at.get(tick) ?? []), text]);
  for (const meter of store.piece.meters) add(meter.tick, `${meter.numerator}/${meter.denominator}`);
  for (const tempo of store.piece.tempos) add(tempo.tick, `♩=${Math.round(60e6 / tempo.usPerQuarter)}`);
  for (const key of store.piece.keys) add(key.tick, keyName(key));
  return [...at].sort((a, b) => a[0] - b[0]).map(([tick, texts]) => ({ tick, text: texts.join("  ") }));
}

function playhead({ c, view, theme, store }: Paint): void {
  const x = view.xOf(store.state.playhead);
  if (x < view.left - 1 || x > view.width) return;
  c.fillStyle = theme.playhead;
  c.fillRect(Math.round(x), 0, 1.5, view.height);
  c.beginPath();
  c.moveTo(x - 5, 0);
  c.lineTo(x + 6.5, 0);
  c.lineTo(x + 0.75, 8);
  c.fill();
}

function box({ c, theme }: Paint, { x0, y0, x1, y1 }: NonNullable<Marks["box"]>): void {
  c.globalAlpha = 0.12;
  c.fillStyle = theme.accent;
  c.fillRect(x0, y0, x1 - x0, y1 - y0);
  c.globalAlpha = 1;
  c.strokeStyle = theme.accent;
  c.lineWidth = 1;
  c.strokeRect(x0 + 0.5, y0 + 0.5, x1 - x0, y1 - y0);
}
