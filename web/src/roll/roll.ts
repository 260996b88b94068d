// The piano roll: what the pointer does. Drawing is in paint.ts, keys in keys.ts.
import { change, exchange, pitchName, rowName, setVelocity } from "../model/edit";
import { DRUMS, type Note } from "../model/music";
import type { Store } from "../model/store";
import { Surface } from "../ui/canvas";
import { onTheme } from "../ui/theme";
import { paintRoll, type Marks } from "./paint";
import { LANE, RULER, TOP, View } from "./view";

const EDGE = 7; // pixels at a note's end that resize it

export interface RollActions {
  preview(pitch: number, velocity?: number): void;
  seek(tick: number): void;
  chordAt(tick: number, x: number, y: number): void;
  conductAt(tick: number, x: number, y: number): void;
  say(text: string): void;
}

type Drag =
  | { kind: "move" | "resize"; start: Spot; notes: Note[]; base: ReadonlySet<Note>; moved: boolean; copy: boolean }
  | { kind: "draw"; note: Note; start: Spot }
  | { kind: "box"; start: Spot; before: ReadonlySet<Note> }
  | { kind: "pan"; start: Spot; x: number; y: number; moved: boolean }
  | { kind: "velocity"; notes: ReadonlySet<Note> }
  | { kind: "range"; from: number }
  | { kind: "keys"; last: number };

interface Spot {
  x: number;
  y: number;
  tick: number;
  pitch: number;
}

export class Roll {
  readonly view = new View();
  readonly marks: Marks = {};
  private readonly surface: Surface;
  private drag?: Drag;
  private pointers = new Map<number, { x: number; y: number }>();
  private lastLength = 0; // of the note drawn last, in ticks
  private lastFollow = 0;

  constructor(readonly canvas: HTMLCanvasElement, readonly store: Store, readonly actions: RollActions) {
    this.surface = new Surface(canvas, () => this.paint());
    canvas.addEventListener("pointerdown", (e) => this.down(e));
    canvas.addEventListener("pointermove", (e) => this.move(e));
    canvas.addEventListener("pointerup", (e) => this.up(e));
    canvas.addEventListener("pointercancel", (e) => this.up(e));
    canvas.addEventListener("dblclick", (e) => this.double(e));
    canvas.addEventListener("contextmenu", (e) => e.preventDefault());
    canvas.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    canvas.addEventListener("blur", () => {
      this.marks.cursor = undefined;
      this.draw();
    });
    onTheme(() => this.draw());
    store.listen((changes) => {
      if (changes.has("track")) this.center();
      if (changes.has("playhead") && store.state.playing) this.follow();
      this.draw();
    });
  }

  draw(): void {
    this.surface.draw();
  }
  private paint(): void {
    this.view.width = this.surface.width;
    this.view.height = this.surface.height;
    this.view.ticksPerQuarter = this.store.piece.ticksPerQuarter;
    const narrow = this.view.width < 560;
    this.view.left = this.store.track?.program === DRUMS ? (narrow ? 84 : 108) : narrow ? 58 : 64;
    this.view.clamp(this.store.timeline.end);
    paintRoll(this.surface.context, this.view, this.store, this.marks);
  }

  /** The track's notes come into view. */
  center(): void {
    const pitches = this.store.track?.notes.map((n) => n.pitch) ?? [];
    const drums = this.store.track?.program === DRUMS;
    const middle = pitches.length ? (Math.min(...pitches) + Math.max(...pitches)) / 2 : drums ? 45 : 62;
    this.view.y = (127 - middle) * this.view.row - this.view.gridHeight / 2;
    this.view.clamp(this.store.timeline.end);
    this.draw();
  }
  private follow(): void {
    const x = this.view.xOf(this.store.state.playhead);
    if (x >= this.view.left && x <= this.view.width - 40) return;
    const now = performance.now();
    if (now - this.lastFollow < 200) return;
    this.lastFollow = now;
    this.view.x = this.store.state.playhead * this.view.perTick - this.view.gridWidth * 0.08;
  }

  private spot(e: MouseEvent): Spot {
    const box = this.canvas.getBoundingClientRect();
    const x = e.clientX - box.left;
    const y = e.clientY - box.top;
    return { x, y, tick: this.view.tickAt(x), pitch: Math.max(0, Math.min(127, this.view.pitchAt(y))) };
  }
  private noteAt({ x, y, tick, pitch }: Spot): Note | undefined {
    if (y < TOP || y >= this.view.gridBottom || x < this.view.left) return undefined;
    const slack = 3 / this.view.perTick;
    let found: Note | undefined;
    for (const note of this.store.track?.notes ?? []) {
      if (note.onset > tick + slack) break;
      const end = Math.max(note.onset + note.duration, note.onset + 5 / this.view.perTick);
      if (note.pitch === pitch && end + slack / 2 >= tick) found = note;
    }
    return found;
  }
  private onEdge(note: Note, x: number): boolean {
    const end = this.view.xOf(note.onset + note.duration);
    return x > end - Math.min(EDGE, (note.duration * this.view.perTick) / 3);
  }
  private get editable(): boolean {
    const track = this.store.track;
    if (track?.locked) this.actions.say(`${track.name} is locked; unlock it to edit its notes.`);
    return track !== undefined && !track.locked;
  }

  private down(e: PointerEvent): void {
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(e.pointerId);
    this.pointers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    if (this.pointers.size === 2) {
      this.cancel();
      return;
    }
    this.marks.cursor = undefined;
    const spot = this.spot(e);
    const { view, store } = this;
    if (spot.y < RULER && spot.x >= view.left) {
      this.drag = { kind: "range", from: spot.tick };
      this.actions.seek(Math.max(0, store.timeline.snap(spot.tick, store.step)));
    } else if (spot.y < TOP && spot.x >= view.left) {
      const bar = store.timeline.barAt(Math.max(0, spot.tick));
      const rect = this.canvas.getBoundingClientRect();
      const beat = store.timeline.snap(spot.tick, store.timeline.beatLength(bar), Math.floor);
      if (spot.y < RULER + LANE) this.actions.chordAt(beat, rect.left + view.xOf(beat), rect.top + RULER);
      else this.actions.conductAt(bar.start, rect.left + view.xOf(bar.start), rect.top + RULER + LANE);
    } else if (spot.y >= view.gridBottom) {
      if (spot.x >= view.left && this.editable) this.startVelocity(spot);
    } else if (spot.x < view.left) {
      this.actions.preview(spot.pitch);
      this.drag = { kind: "keys", last: spot.pitch };
    } else {
      this.downOnGrid(e, spot);
    }
    this.draw();
  }

  private downOnGrid(e: PointerEvent, spot: Spot): void {
    const { store } = this;
    const note = this.noteAt(spot);
    const selected = store.state.selected;
    if (e.button === 2) {
      if (note && this.editable) {
        const gone = selected.has(note) ? selected : new Set([note]);
        store.edit(exchange(store.piece, store.state.track, gone, []), gone.size > 1 ? "delete notes" : "delete note");
      }
      return;
    }
    if (note) {
      if (e.shiftKey) {
        const next = new Set(selected);
        if (!next.delete(note)) next.add(note);
        store.select(next);
        return;
      }
      if (!selected.has(note)) store.select([note]);
      this.actions.preview(note.pitch, note.velocity);
      if (store.track?.locked) return void this.editable;
      const base = selected.has(note) ? selected : new Set([note]);
      this.drag = {
        kind: this.onEdge(note, spot.x) ? "resize" : "move",
        start: spot,
        notes: [...base],
        base,
        moved: false,
        copy: e.altKey,
      };
    } else if (store.state.tool === "draw") {
      if (this.editable) this.startDrawing(spot);
    } else if (e.pointerType === "touch") {
      this.drag = { kind: "pan", start: spot, x: this.view.x, y: this.view.y, moved: false };
    } else {
      this.drag = { kind: "box", start: spot, before: e.shiftKey ? selected : new Set() };
      if (!e.shiftKey) store.select([]);
    }
  }

  private startDrawing(spot: Spot): void {
    const { store } = this;
    const onset = store.timeline.snap(spot.tick, store.step, Math.floor);
    const length = this.lastLength || store.step || store.piece.ticksPerQuarter / 2;
    const note = { onset, duration: Math.round(Math.max(length, 1)), pitch: spot.pitch, velocity: 90 };
    store.edit(exchange(store.piece, store.state.track, new Set(), [note]), "draw note", "draw");
    store.select([note]);
    this.actions.preview(note.pitch, note.velocity);
    this.drag = { kind: "draw", note, start: spot };
  }

  private startVelocity(spot: Spot): void {
    const { store, view } = this;
    const near = (store.track?.notes ?? []).filter((n) => Math.abs(view.xOf(n.onset) - spot.x) < 6);
    const selected = store.state.selected;
    const notes = near.some((n) => selected.has(n)) ? selected : new Set(near);
    this.drag = { kind: "velocity", notes };
    this.dragVelocity(spot);
  }
  private dragVelocity(spot: Spot): void {
    const { store, view } = this;
    if (this.drag?.kind !== "velocity") return;
    const value = ((view.height - spot.y) / (view.velocity - 10)) * 127;
    let notes = this.drag.notes;
    if (store.state.selected.size === 0 || ![...notes].some((n) => store.state.selected.has(n)))
      notes = new Set((store.track?.notes ?? []).filter((n) => Math.abs(view.xOf(n.onset) - spot.x) < 5));
    if (notes.size === 0) return;
    const changed = setVelocity(store.piece, store.state.track, notes, value);
    const wereSelected = [...notes].some((n) => store.state.selected.has(n));
    store.edit(changed.piece, "change velocity", "velocity");
    if (wereSelected) store.select(changed.notes);
    this.drag = { kind: "velocity", notes: new Set(changed.notes) };
  }

  private move(e: PointerEvent): void {
    const before = this.pointers.get(e.pointerId);
    if (before && this.pointers.size === 2) return this.pinch(e);
    if (before) this.pointers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    const spot = this.spot(e);
    if (!this.drag) return this.hover(spot);
    const { view, store } = this;
    switch (this.drag.kind) {
      case "move":
      case "resize":
        this.dragNotes(spot);
        break;
      case "draw":
        this.dragDrawn(spot);
        break;
      case "box": {
        const { start, before: kept } = this.drag;
        const box = {
          x0: Math.min(start.x, spot.x), y0: Math.min(start.y, spot.y),
          x1: Math.max(start.x, spot.x), y1: Math.max(start.y, spot.y),
        };
        this.marks.box = box;
        const inside = (store.track?.notes ?? []).filter((n) => {
          const x = view.xOf(n.onset);
          const y = view.yOf(n.pitch);
          return x < box.x1 && x + n.duration * view.perTick > box.x0 && y < box.y1 && y + view.row > box.y0;
        });
        store.select([...kept, ...inside]);
        break;
      }
      case "pan":
        view.x = this.drag.x - (spot.x - this.drag.start.x);
        view.y = this.drag.y - (spot.y - this.drag.start.y);
        this.drag.moved ||= Math.hypot(spot.x - this.drag.start.x, spot.y - this.drag.start.y) > 6;
        view.clamp(store.timeline.end);
        break;
      case "velocity":
        this.dragVelocity(spot);
        break;
      case "range":
        this.dragRange(spot);
        break;
      case "keys":
        if (spot.pitch !== this.drag.last) this.actions.preview((this.drag.last = spot.pitch));
        break;
    }
    this.draw();
  }

  private dragNotes(spot: Spot): void {
    const { store } = this;
    const drag = this.drag as Extract<Drag, { kind: "move" | "resize" }>;
    const first = drag.notes.reduce((a, b) => (a.onset < b.onset ? a : b));
    if (!drag.moved && Math.hypot(spot.x - drag.start.x, spot.y - drag.start.y) < 4) return;
    const before = store.state.selected;
    const raw = spot.tick - drag.start.tick;
    const gesture = `notes ${drag.start.x} ${drag.start.y}`;
    if (drag.kind === "resize") {
      const end = first.onset + first.duration;
      const by = store.timeline.snap(end + raw, store.step) - end;
      const least = Math.max(1, Math.min(store.step, first.duration));
      const to = drag.notes.map((n) => ({ ...n, duration: Math.max(least, n.duration + by) }));
      this.lastLength = to[0].duration;
      store.edit(exchange(store.piece, store.state.track, before, to), "resize notes", gesture);
      store.select(to);
    } else {
      const ticks = Math.max(store.timeline.snap(first.onset + raw, store.step) - first.onset, -first.onset);
      const highest = Math.max(...drag.notes.map((n) => n.pitch));
      const lowest = Math.min(...drag.notes.map((n) => n.pitch));
      const by = Math.max(-lowest, Math.min(127 - highest, spot.pitch - drag.start.pitch));
      const to = drag.notes.map((n) => ({ ...n, onset: n.onset + ticks, pitch: n.pitch + by }));
      const piece = drag.copy && !drag.moved ? exchange(store.piece, store.state.track, new Set(), to)
        : exchange(store.piece, store.state.track, before, to);
      store.edit(piece, drag.copy ? "copy notes" : "move notes", gesture);
      store.select(to);
      if (by !== 0 && by !== this.lastBy) this.actions.preview(to[0].pitch, to[0].velocity);
      this.lastBy = by;
    }
    drag.moved = true;
  }
  private lastBy = 0;

  private dragDrawn(spot: Spot): void {
    const { store } = this;
    const drag = this.drag as Extract<Drag, { kind: "draw" }>;
    if (Math.abs(spot.x - drag.start.x) < 4) return;
    const end = store.timeline.snap(spot.tick, store.step, Math.ceil);
    const duration = Math.max(store.step, end - drag.note.onset);
    if (duration === drag.note.duration) return;
    const note = { ...drag.note, duration };
    store.edit(exchange(store.piece, store.state.track, new Set([drag.note]), [note]), "draw note", "draw");
    store.select([note]);
    this.lastLength = duration;
    drag.note = note;
  }

  private dragRange(spot: Spot): void {
    const { store } = this;
    const drag = this.drag as Extract<Drag, { kind: "range" }>;
    if (Math.abs(this.view.xOf(drag.from) - spot.x) < 8) return;
    const first = store.timeline.barAt(Math.max(0, Math.min(drag.from, spot.tick)));
    const last = store.timeline.barAt(Math.max(0, Math.max(drag.from, spot.tick)));
    const tracks = store.state.range?.tracks.includes(store.state.track) ? store.state.range.tracks : [store.state.track];
    store.setRange({ tracks, from: first.start, to: last.start + last.length });
  }

  private hover(spot: Spot): void {
    const note = this.noteAt(spot);
    const drawing = this.store.state.tool === "draw";
    this.canvas.style.cursor =
      spot.y < TOP ? "pointer" : note ? (this.onEdge(note, spot.x) ? "ew-resize" : "grab") : drawing && spot.x > this.view.left ? "crosshair" : "default";
    if (note !== this.marks.hover) {
      this.marks.hover = note;
      if (note) this.actions.say(`${rowName(this.store.track!.program, note.pitch)} · ${this.store.timeline.position(note.onset)} · velocity ${note.velocity}`);
      this.draw();
    }
  }

  private up(e: PointerEvent): void {
    this.pointers.delete(e.pointerId);
    const drag = this.drag;
    this.drag = undefined;
    this.marks.box = undefined;
    this.store.settle();
    if (drag?.kind === "pan" && !drag.moved) this.store.select([]);
    this.draw();
  }
  private cancel(): void {
    this.drag = undefined;
    this.marks.box = undefined;
    this.store.settle();
  }

  private pinch(e: PointerEvent): void {
    const [a, b] = [...this.pointers.values()];
    const before = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, d: Math.abs(a.x - b.x) };
    this.pointers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    const [c, d] = [...this.pointers.values()];
    const after = { x: (c.x + d.x) / 2, y: (c.y + d.y) / 2, d: Math.abs(c.x - d.x) };
    const box = this.canvas.getBoundingClientRect();
    this.view.x -= after.x - before.x;
    this.view.y -= after.y - before.y;
    if (before.d > 20 && after.d > 20) this.view.zoom(after.d / before.d, after.x - box.left, this.store.timeline.end);
    this.view.clamp(this.store.timeline.end);
    this.draw();
  }

  private double(e: MouseEvent): void {
    const spot = this.spot(e);
    if (spot.x < this.view.left || spot.y < TOP || spot.y >= this.view.gridBottom) return;
    if (this.noteAt(spot) || !this.editable) return;
    this.startDrawing(spot);
    this.drag = undefined;
    this.store.settle();
  }

  private wheel(e: WheelEvent): void {
    e.preventDefault();
    const box = this.canvas.getBoundingClientRect();
    const end = this.store.timeline.end;
    const unit = e.deltaMode === 1 ? 18 : 1;
    if (e.ctrlKey || e.metaKey) this.view.zoom(Math.exp(-e.deltaY * unit * 0.004), e.clientX - box.left, end);
    else if (e.altKey) this.view.zoomRows(Math.exp(-e.deltaY * unit * 0.004), e.clientY - box.top, end);
    else {
      this.view.x += (e.shiftKey ? e.deltaY : e.deltaX) * unit;
      this.view.y += e.shiftKey ? 0 : e.deltaY * unit;
      this.view.clamp(end);
    }
    this.draw();
  }

  /** What stands under the keyboard's cursor, in words. */
  describe(tick: number, pitch: number): string {
    const track = this.store.track;
    const name = track ? rowName(track.program, pitch) : pitchName(pitch);
    const here = track?.notes.filter((n) => n.pitch === pitch && n.onset <= tick && n.onset + n.duration > tick) ?? [];
    return `${name}, ${this.store.timeline.position(tick)}${here.length ? ", note" : ""}`;
  }
  changeSelected(what: string, to: (note: Note) => Note): void {
    if (!this.editable || this.store.state.selected.size === 0) return;
    const changed = change(this.store.piece, this.store.state.track, this.store.state.selected, to);
    this.store.edit(changed.piece, what);
    this.store.select(changed.notes);
  }
  get mayEdit(): boolean {
    return this.editable;
  }
}
