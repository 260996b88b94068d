// The arrange view: a lane a track, bars along the top. Here a rectangle of tracks and bars is
// chosen that the model is to write.
import { clearRange, pasteRange } from "../model/edit";
import type { Note, Track } from "../model/music";
import { isReplaced, shownTake } from "../model/proposal";
import type { Range, Store } from "../model/store";
import { Surface } from "../ui/canvas";
import { currentTheme, onTheme } from "../ui/theme";

export const HEAD = 26; // of the bar numbers
export const LANE_HEIGHT = 46;

export class Arrange {
  scroll = 0; // pixels down, as the track list
  private perTick = 0;
  private x = 0;
  private zoomed = false;
  private readonly surface: Surface;
  private drag?: { tick: number; lane: number; head: boolean };
  private cursor?: { bar: number; lane: number; anchorBar: number; anchorLane: number };
  private copied?: Range;

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly store: Store,
    private readonly actions: { seek(tick: number): void; say(text: string): void; scrolled(y: number): void },
  ) {
    this.surface = new Surface(canvas, () => this.paint());
    canvas.addEventListener("pointerdown", (e) => this.down(e));
    canvas.addEventListener("pointermove", (e) => this.move(e));
    canvas.addEventListener("pointerup", () => (this.drag = undefined));
    canvas.addEventListener("pointercancel", () => (this.drag = undefined));
    canvas.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    canvas.addEventListener("keydown", (e) => {
      if (this.key(e)) {
        e.preventDefault();
        e.stopPropagation();
      }
    });
    onTheme(() => this.surface.draw());
    store.listen(() => this.surface.draw());
  }

  draw(): void {
    this.surface.draw();
  }

  private get scale(): number {
    const end = this.store.timeline.end;
    if (!this.zoomed) {
      const least = 18 / this.store.timeline.bars[0].length; // pixels a tick
      this.perTick = Math.max(this.surface.width / end, least);
    }
    return this.perTick;
  }
  private xOf(tick: number): number {
    return tick * this.scale - this.x;
  }
  private tickAt(x: number): number {
    return Math.max(0, (x + this.x) / this.scale);
  }
  private laneAt(y: number): number {
    return Math.floor((y - HEAD + this.scroll) / LANE_HEIGHT);
  }

  private paint(): void {
    const { surface, store } = this;
    const c = surface.context;
    const theme = currentTheme();
    const { width, height } = surface;
    this.x = Math.max(0, Math.min(this.x, store.timeline.end * this.scale - width));
    c.fillStyle = theme.back;
    c.fillRect(0, 0, width, height);
    c.font = "11px system-ui, sans-serif";
    c.textBaseline = "middle";
    const tracks = store.piece.tracks;
    c.save();
    c.beginPath();
    c.rect(0, HEAD, width, height - HEAD);
    c.clip();
    tracks.forEach((track, i) => {
      const y = HEAD + i * LANE_HEIGHT - this.scroll;
      if (y > height || y + LANE_HEIGHT < HEAD) return;
      if (track.id === store.state.track) {
        c.fillStyle = theme.row;
        c.fillRect(0, y, width, LANE_HEIGHT);
      }
      c.fillStyle = theme.line;
      c.fillRect(0, y + LANE_HEIGHT - 1, width, 1);
    });
    this.bars(c, HEAD, height);
    tracks.forEach((track, i) => this.lane(c, track, HEAD + i * LANE_HEIGHT - this.scroll));
    this.newLanes(c, HEAD + tracks.length * LANE_HEIGHT - this.scroll);
    this.rangeBox(c);
    c.restore();
    this.head(c);
    const x = this.xOf(store.state.playhead);
    c.fillStyle = theme.playhead;
    c.fillRect(Math.round(x), 0, 1.5, height);
  }

  private bars(c: CanvasRenderingContext2D, top: number, bottom: number): void {
    const theme = currentTheme();
    const { timeline } = this.store;
    const every = this.every;
    for (let bar = timeline.barAt(this.tickAt(0)); bar; bar = timeline.bars[bar.index + 1]) {
      const x = this.xOf(bar.start);
      if (x > this.surface.width) break;
      if (bar.index % every && bar.length * this.scale < 8) continue;
      c.fillStyle = bar.index % every ? theme.line : theme.beat;
      c.fillRect(Math.round(x), top, 1, bottom - top);
    }
  }
  private get every(): number {
    const bar = this.store.timeline.bars[0].length * this.scale;
    return [1, 2, 4, 8, 16, 32, 64].find((n) => n * bar > 36) ?? 128;
  }

  private head(c: CanvasRenderingContext2D): void {
    const theme = currentTheme();
    const { timeline, state } = this.store;
    c.fillStyle = theme.panel;
    c.fillRect(0, 0, this.surface.width, HEAD);
    if (state.range) {
      c.globalAlpha = 0.3;
      c.fillStyle = theme.ghost;
      c.fillRect(this.xOf(state.range.from), 0, (state.range.to - state.range.from) * this.scale, HEAD);
      c.globalAlpha = 1;
    }
    for (let bar = timeline.barAt(this.tickAt(0)); bar; bar = timeline.bars[bar.index + 1]) {
      const x = this.xOf(bar.start);
      if (x > this.surface.width) break;
      if (bar.index % this.every) continue;
      c.fillStyle = theme.bar;
      c.fillRect(Math.round(x), HEAD - 8, 1, 8);
      c.fillStyle = theme.faint;
      c.fillText(String(bar.index + 1), x + 4, HEAD / 2);
    }
    c.fillStyle = theme.bar;
    c.fillRect(0, HEAD - 1, this.surface.width, 1);
  }

  private lane(c: CanvasRenderingContext2D, track: Track, y: number): void {
    if (y > this.surface.height || y + LANE_HEIGHT < HEAD) return;
    const theme = currentTheme();
    const { proposal } = this.store.state;
    const take = shownTake(proposal);
    const ghost = take?.ghosts.find((g) => g.track === track.id);
    const [low, high] = span(track.notes, ghost?.notes);
    const row = (LANE_HEIGHT - 12) / Math.max(12, high - low + 1);
    const place = (note: Note): [number, number, number, number] => [
      this.xOf(note.onset),
      y + LANE_HEIGHT - 6 - (note.pitch - low + 1) * row,
      Math.max(1, note.duration * this.scale - 0.5),
      Math.max(1.5, row - 0.5),
    ];
    c.fillStyle = theme.tracks[track.colour];
    for (const note of track.notes) {
      const box = place(note);
      if (box[0] > this.surface.width) break;
      if (box[0] + box[2] < 0) continue;
      const going = take && proposal && isReplaced(proposal, track, note);
      c.globalAlpha = track.muted ? 0.25 : going ? 0.18 : 0.9;
      c.fillRect(...box);
    }
    c.globalAlpha = 1;
    c.fillStyle = theme.ghost;
    for (const note of ghost?.notes ?? []) c.fillRect(...place(note));
  }

  /** Parts that a proposal would add stand below the tracks. */
  private newLanes(c: CanvasRenderingContext2D, top: number): void {
    const take = shownTake(this.store.state.proposal);
    const theme = currentTheme();
    (take?.ghosts ?? [])
      .filter((g) => g.track === undefined)
      .forEach((ghost, i) => {
        const [low, high] = span(ghost.notes);
        const row = (LANE_HEIGHT - 12) / Math.max(12, high - low + 1);
        const y = top + i * LANE_HEIGHT;
        c.globalAlpha = 0.85;
        c.fillStyle = theme.ghost;
        for (const note of ghost.notes)
          c.fillRect(this.xOf(note.onset), y + LANE_HEIGHT - 6 - (note.pitch - low + 1) * row, Math.max(1, note.duration * this.scale - 0.5), Math.max(1.5, row - 0.5));
        c.globalAlpha = 1;
      });
  }

  private rangeBox(c: CanvasRenderingContext2D): void {
    const { range, proposal } = this.store.state;
    if (!range) return;
    const theme = currentTheme();
    c.fillStyle = c.strokeStyle = theme.ghost;
    c.lineWidth = 1.5;
    this.store.piece.tracks.forEach((track, i) => {
      if (!range.tracks.includes(track.id)) return;
      const y = HEAD + i * LANE_HEIGHT - this.scroll;
      const x = this.xOf(range.from);
      const width = (range.to - range.from) * this.scale;
      c.globalAlpha = 0.12;
      c.fillRect(x, y, width, LANE_HEIGHT - 1);
      c.globalAlpha = 1;
      c.setLineDash(proposal ? [5, 4] : []);
      c.beginPath();
      c.roundRect(x + 1, y + 1.5, width - 2, LANE_HEIGHT - 4, 4);
      c.stroke();
      c.setLineDash([]);
    });
    if (this.cursor && document.activeElement === this.canvas) {
      const bar = this.store.timeline.bars[this.cursor.bar];
      c.strokeStyle = theme.accent;
      c.lineWidth = 2;
      c.strokeRect(this.xOf(bar.start) + 1, HEAD + this.cursor.lane * LANE_HEIGHT - this.scroll + 1, bar.length * this.scale - 2, LANE_HEIGHT - 3);
    }
  }

  private down(e: PointerEvent): void {
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(e.pointerId);
    const box = this.canvas.getBoundingClientRect();
    const tick = this.tickAt(e.clientX - box.left);
    const y = e.clientY - box.top;
    const tracks = this.store.piece.tracks;
    if (y < HEAD) {
      this.drag = { tick, lane: -1, head: true };
      this.actions.seek(this.store.timeline.barAt(tick).start);
      return;
    }
    const lane = this.laneAt(y);
    if (lane < 0 || lane >= tracks.length) {
      this.store.setRange(undefined);
      return;
    }
    if (e.shiftKey && this.store.state.range) {
      const { range } = this.store.state;
      const bar = this.store.timeline.barAt(tick);
      this.store.setRange({
        tracks: [...new Set([...range.tracks, tracks[lane].id])],
        from: Math.min(range.from, bar.start),
        to: Math.max(range.to, bar.start + bar.length),
      });
      return;
    }
    this.store.showTrack(tracks[lane].id);
    this.drag = { tick, lane, head: false };
    this.choose(tick, lane, tick, lane);
  }

  private move(e: PointerEvent): void {
    if (!this.drag) return;
    const box = this.canvas.getBoundingClientRect();
    const tick = this.tickAt(e.clientX - box.left);
    const last = this.store.piece.tracks.length - 1;
    if (this.drag.head) {
      if (Math.abs(this.xOf(tick) - this.xOf(this.drag.tick)) < 8) return;
      const ids = this.store.state.range?.tracks;
      if (ids?.length) this.barsBetween(this.drag.tick, tick, ids);
      else if (last >= 0) this.choose(this.drag.tick, 0, tick, last);
      return;
    }
    this.choose(this.drag.tick, this.drag.lane, tick, Math.max(0, Math.min(last, this.laneAt(e.clientY - box.top))));
  }
  private barsBetween(a: number, b: number, ids: readonly number[]): void {
    const first = this.store.timeline.barAt(Math.min(a, b));
    const last = this.store.timeline.barAt(Math.max(a, b));
    this.store.setRange({ tracks: ids, from: first.start, to: last.start + last.length });
  }
  private choose(tickA: number, laneA: number, tickB: number, laneB: number): void {
    const ids = this.store.piece.tracks.slice(Math.min(laneA, laneB), Math.max(laneA, laneB) + 1).map((t) => t.id);
    this.barsBetween(tickA, tickB, ids);
  }

  private wheel(e: WheelEvent): void {
    e.preventDefault();
    const unit = e.deltaMode === 1 ? 18 : 1;
    if (e.ctrlKey || e.metaKey) {
      const x = e.clientX - this.canvas.getBoundingClientRect().left;
      const tick = this.tickAt(x);
      this.perTick = Math.max(this.surface.width / this.store.timeline.end / 2, Math.min(1, this.scale * Math.exp(-e.deltaY * unit * 0.004)));
      this.zoomed = true;
      this.x = tick * this.perTick - x;
    } else {
      this.x += (e.shiftKey ? e.deltaY : e.deltaX) * unit;
      if (!e.shiftKey) this.actions.scrolled(this.scroll + e.deltaY * unit);
    }
    this.draw();
  }

  /** Arrows walk from bar to bar and track to track; with Shift the rectangle grows. */
  private key(e: KeyboardEvent): boolean {
    const { store } = this;
    const tracks = store.piece.tracks;
    if (tracks.length === 0) return false;
    if (e.ctrlKey || e.metaKey) {
      const { range } = store.state;
      if (e.key === "c" && range) {
        this.copied = range;
        this.actions.say("bars copied");
        return true;
      }
      if (e.key === "v" && this.copied) {
        const where = range?.from ?? store.timeline.barAt(store.state.playhead).start;
        store.edit(pasteRange(store.piece, new Set(this.copied.tracks), this.copied.from, this.copied.to, where), "paste bars");
        return true;
      }
      return false;
    }
    if ((e.key === "Delete" || e.key === "Backspace") && store.state.range) {
      const { tracks: ids, from, to } = store.state.range;
      store.edit(clearRange(store.piece, new Set(ids), from, to), "clear bars");
      return true;
    }
    const move: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const by = move[e.key];
    if (!by) return false;
    const lane = Math.max(0, tracks.findIndex((t) => t.id === store.state.track));
    const bar = store.timeline.barAt(store.state.playhead).index;
    const at = this.cursor ?? { bar, lane, anchorBar: bar, anchorLane: lane };
    const next = {
      bar: Math.max(0, Math.min(store.timeline.bars.length - 1, at.bar + by[0])),
      lane: Math.max(0, Math.min(tracks.length - 1, at.lane + by[1])),
    };
    this.cursor = e.shiftKey ? { ...at, ...next } : { ...next, anchorBar: next.bar, anchorLane: next.lane };
    const start = (index: number) => store.timeline.bars[index].start;
    this.choose(start(this.cursor.anchorBar), this.cursor.anchorLane, start(this.cursor.bar), this.cursor.lane);
    store.showTrack(tracks[this.cursor.lane].id);
    const { range } = store.state;
    this.actions.say(
      `${range!.tracks.length === 1 ? tracks[this.cursor.lane].name : `${range!.tracks.length} tracks`}, bars ` +
        `${Math.min(this.cursor.anchorBar, this.cursor.bar) + 1} to ${Math.max(this.cursor.anchorBar, this.cursor.bar) + 1}`,
    );
    return true;
  }
}

function span(...lists: (readonly Note[] | undefined)[]): [number, number] {
  let low = 127;
  let high = 0;
  for (const notes of lists)
    for (const note of notes ?? []) {
      low = Math.min(low, note.pitch);
      high = Math.max(high, note.pitch);
    }
  return low > high ? [60, 72] : [low, high];
}
