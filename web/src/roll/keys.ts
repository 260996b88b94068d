// The piano roll by keyboard alone. Arrows move the selected notes, or the cursor where none are
// selected.
import { exchange } from "../model/edit";
import type { Note } from "../model/music";
import type { Roll } from "./roll";

interface Clipboard {
  from: number; // first onset
  notes: readonly Note[];
}
let clipboard: Clipboard | undefined;

export function listenToKeys(roll: Roll): void {
  roll.canvas.addEventListener("keydown", (e) => {
    if (handle(roll, e)) {
      e.preventDefault();
      e.stopPropagation();
    }
  });
}

function handle(roll: Roll, e: KeyboardEvent): boolean {
  const { store } = roll;
  const step = store.step;
  const chosen = store.state.selected.size > 0;
  if (e.ctrlKey || e.metaKey) {
    switch (e.key.toLowerCase()) {
      case "a":
        store.select(store.track?.notes ?? []);
        roll.actions.say(`${store.state.selected.size} notes selected`);
        return true;
      case "c":
        return copy(roll);
      case "x":
        return copy(roll) && erase(roll);
      case "v":
        return paste(roll, store.state.playhead);
      case "d": {
        if (!copy(roll)) return false;
        const notes = clipboard!.notes;
        const end = Math.max(...notes.map((n) => n.onset + n.duration));
        return paste(roll, store.timeline.snap(end, step, Math.ceil));
      }
    }
    return false;
  }
  switch (e.key) {
    case "ArrowLeft":
    case "ArrowRight": {
      const by = (e.key === "ArrowLeft" ? -1 : 1) * (e.shiftKey ? beat(roll) : step);
      if (!chosen) return walk(roll, by, 0);
      const first = Math.min(...[...store.state.selected].map((n) => n.onset));
      const ticks = Math.max(by, -first);
      roll.changeSelected("move notes", (n) => ({ ...n, onset: n.onset + ticks }));
      return true;
    }
    case "ArrowUp":
    case "ArrowDown": {
      const by = (e.key === "ArrowUp" ? 1 : -1) * (e.shiftKey ? 12 : 1);
      if (!chosen) return walk(roll, 0, by);
      const pitches = [...store.state.selected].map((n) => n.pitch);
      if (Math.min(...pitches) + by < 0 || Math.max(...pitches) + by > 127) return true;
      roll.changeSelected("transpose", (n) => ({ ...n, pitch: n.pitch + by }));
      return true;
    }
    case "Enter":
      // Without a cursor in the roll it is the proposal that is accepted.
      return roll.marks.cursor === undefined && store.state.proposal ? false : enter(roll);
    case "Delete":
    case "Backspace":
      return erase(roll);
    case "Escape":
      if (!chosen) return false;
      store.select([]);
      return true;
    case "q":
      roll.changeSelected("snap to grid", (n) => ({ ...n, onset: store.timeline.snap(n.onset, step) }));
      return true;
    case "[":
      roll.changeSelected("shorten notes", (n) => ({ ...n, duration: Math.max(Math.min(step, n.duration), n.duration - step) }));
      return true;
    case "]":
      roll.changeSelected("lengthen notes", (n) => ({ ...n, duration: n.duration + step }));
      return true;
    case "{":
    case "}": {
      const by = e.key === "{" ? -8 : 8;
      roll.changeSelected("change velocity", (n) => ({ ...n, velocity: Math.max(1, Math.min(127, n.velocity + by)) }));
      return true;
    }
    case ",":
    case ".":
      return next(roll, e.key === "." ? 1 : -1);
    case "+":
    case "=":
    case "-":
      roll.view.zoom(e.key === "-" ? 0.8 : 1.25, roll.view.left + roll.view.gridWidth / 2, store.timeline.end);
      roll.draw();
      return true;
  }
  return false;
}

function beat(roll: Roll): number {
  const { store } = roll;
  return store.timeline.beatLength(store.timeline.barAt(roll.marks.cursor?.tick ?? store.state.playhead));
}

function walk(roll: Roll, ticks: number, semitones: number): boolean {
  const { store, view, marks } = roll;
  const at = marks.cursor ?? {
    tick: store.timeline.snap(store.state.playhead, store.step, Math.floor),
    pitch: Math.max(0, Math.min(127, view.pitchAt((view.height - view.velocity) / 2 + 20))),
  };
  const moved = marks.cursor !== undefined;
  const tick = moved ? Math.max(0, Math.min(at.tick + ticks, store.timeline.end - store.step)) : at.tick;
  const pitch = moved ? Math.max(0, Math.min(127, at.pitch + semitones)) : at.pitch;
  marks.cursor = { tick, pitch };
  view.reveal(tick, pitch, store.timeline.end);
  roll.actions.say(roll.describe(tick, pitch));
  if (semitones) roll.actions.preview(pitch);
  roll.draw();
  return true;
}

/** Draws a note at the cursor, or takes the one there away. */
function enter(roll: Roll): boolean {
  const { store, marks } = roll;
  if (!marks.cursor) return walk(roll, 0, 0);
  if (!roll.mayEdit) return true;
  const { tick, pitch } = marks.cursor;
  const here = (store.track?.notes ?? []).filter((n) => n.pitch === pitch && n.onset <= tick && n.onset + n.duration > tick);
  if (here.length) {
    store.edit(exchange(store.piece, store.state.track, new Set(here), []), "delete note");
    roll.actions.say("note deleted");
  } else {
    const note = { onset: tick, duration: Math.round(store.step > 1 ? store.step : store.piece.ticksPerQuarter / 2), pitch, velocity: 90 };
    store.edit(exchange(store.piece, store.state.track, new Set(), [note]), "draw note");
    roll.actions.preview(pitch);
    roll.actions.say(`note drawn: ${roll.describe(tick, pitch)}`);
  }
  return true;
}

function next(roll: Roll, by: number): boolean {
  const { store } = roll;
  const notes = store.track?.notes ?? [];
  if (notes.length === 0) return true;
  const selected = [...store.state.selected];
  const at = selected.length ? notes.indexOf(selected[0]) : by > 0 ? -1 : notes.length;
  const note = notes[Math.max(0, Math.min(notes.length - 1, at + by))];
  store.select([note]);
  roll.view.reveal(note.onset, note.pitch, store.timeline.end);
  roll.actions.preview(note.pitch, note.velocity);
  roll.actions.say(roll.describe(note.onset, note.pitch));
  return true;
}

function copy(roll: Roll): boolean {
  const notes = [...roll.store.state.selected];
  if (notes.length === 0) return false;
  clipboard = { from: Math.min(...notes.map((n) => n.onset)), notes };
  roll.actions.say(`${notes.length} notes copied`);
  return true;
}
function paste(roll: Roll, tick: number): boolean {
  const { store } = roll;
  if (!clipboard || !roll.mayEdit) return false;
  const by = Math.round(tick) - clipboard.from;
  const notes = clipboard.notes.map((n) => ({ ...n, onset: n.onset + by }));
  store.edit(exchange(store.piece, store.state.track, new Set(), notes), "paste notes");
  store.select(notes);
  return true;
}
function erase(roll: Roll): boolean {
  const { store } = roll;
  const { selected } = store.state;
  if (selected.size === 0 || !roll.mayEdit) return false;
  store.edit(exchange(store.piece, store.state.track, selected, []), "delete notes");
  roll.actions.say(`${selected.size} notes deleted`);
  return true;
}
