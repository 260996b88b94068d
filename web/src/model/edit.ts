// Edits of a piece: from an old one and a wish to a new one. No state here.
import {
  DRUMS,
  sorted,
  withTrack,
  type Chord,
  type Key,
  type Meter,
  type Note,
  type Piece,
  type Tempo,
} from "./music";
import { timelineOf } from "./time";

/** Notes of a track exchanged for others; returns the piece. */
export function exchange(piece: Piece, id: number, gone: ReadonlySet<Note>, come: readonly Note[]): Piece {
  return withTrack(piece, id, (track) => ({
    ...track,
    notes: sorted([...track.notes.filter((n) => !gone.has(n)), ...come]),
  }));
}

export interface Changed {
  piece: Piece;
  notes: Note[]; // what the notes became
}

/** Each of some notes of a track changed. */
export function change(piece: Piece, id: number, which: ReadonlySet<Note>, to: (note: Note) => Note): Changed {
  const notes: Note[] = [];
  const next = withTrack(piece, id, (track) => ({
    ...track,
    notes: sorted(
      track.notes.map((note) => {
        if (!which.has(note)) return note;
        const changed = to(note);
        notes.push(changed);
        return changed;
      }),
    ),
  }));
  return { piece: next, notes };
}

const within = (x: number, low: number, high: number) => Math.max(low, Math.min(high, x));

export function transpose(piece: Piece, id: number, which: ReadonlySet<Note>, by: number): Changed {
  const pitches = [...which].map((n) => n.pitch);
  const low = Math.min(...pitches);
  const high = Math.max(...pitches);
  const semitones = within(by, -low, 127 - high);
  return change(piece, id, which, (n) => ({ ...n, pitch: n.pitch + semitones }));
}

export function shift(piece: Piece, id: number, which: ReadonlySet<Note>, by: number): Changed {
  const first = Math.min(...[...which].map((n) => n.onset));
  const ticks = Math.max(by, -first);
  return change(piece, id, which, (n) => ({ ...n, onset: n.onset + ticks }));
}

export function stretch(piece: Piece, id: number, which: ReadonlySet<Note>, by: number, least: number): Changed {
  return change(piece, id, which, (n) => ({ ...n, duration: Math.max(Math.min(least, n.duration), n.duration + by) }));
}

export function setVelocity(piece: Piece, id: number, which: ReadonlySet<Note>, velocity: number): Changed {
  return change(piece, id, which, (n) => ({ ...n, velocity: within(Math.round(velocity), 1, 127) }));
}

/** Onsets to the grid; lengths stay. */
export function snapNotes(piece: Piece, id: number, which: ReadonlySet<Note>, step: number): Changed {
  const timeline = timelineOf(piece);
  return change(piece, id, which, (n) => ({ ...n, onset: timeline.snap(n.onset, step) }));
}

export function setTempo(piece: Piece, tick: number, bpm: number): Piece {
  const tempo: Tempo = { tick, usPerQuarter: Math.round(60e6 / within(bpm, 20, 400)) };
  return { ...piece, tempos: at(piece.tempos, tempo) };
}
export function setMeter(piece: Piece, meter: Meter): Piece {
  return { ...piece, meters: at(piece.meters, meter) };
}
export function setKey(piece: Piece, key: Key): Piece {
  return { ...piece, keys: at(piece.keys, key) };
}
/** An empty text takes the chord away. */
export function setChord(piece: Piece, chord: Chord): Piece {
  const chords = piece.chords.filter((c) => c.tick !== chord.tick);
  return { ...piece, chords: chord.text ? at(chords, chord) : chords };
}
export function without<T extends { tick: number }>(list: readonly T[], tick: number): T[] {
  return list.filter((each) => each.tick !== tick);
}
function at<T extends { tick: number }>(list: readonly T[], item: T): T[] {
  return [...list.filter((each) => each.tick !== item.tick), item].sort((a, b) => a.tick - b.tick);
}

/** Some bars of some tracks taken away, or put elsewhere: for the arrange view. */
export function clearRange(piece: Piece, ids: ReadonlySet<number>, from: number, to: number): Piece {
  return {
    ...piece,
    tracks: piece.tracks.map((track) =>
      !ids.has(track.id) || track.locked
        ? track
        : { ...track, notes: track.notes.filter((n) => n.onset < from || n.onset >= to) },
    ),
  };
}
export function pasteRange(piece: Piece, ids: ReadonlySet<number>, from: number, to: number, where: number): Piece {
  return {
    ...piece,
    tracks: piece.tracks.map((track) => {
      if (!ids.has(track.id) || track.locked) return track;
      const copied = track.notes
        .filter((n) => n.onset >= from && n.onset < to)
        .map((n) => ({ ...n, onset: n.onset - from + where }));
      const rest = track.notes.filter((n) => n.onset < where || n.onset >= where + to - from);
      return { ...track, notes: sorted([...rest, ...copied]) };
    }),
  };
}

/** The chords of some bars as musicians write them, "Am7 | F G | %"; undefined where there are none. */
export function progression(piece: Piece, firstBar: number, bars: number): string | undefined {
  if (piece.chords.length === 0) return undefined;
  const timeline = timelineOf(piece);
  const inForce = (tick: number) => [...piece.chords].reverse().find((c) => c.tick <= tick)?.text;
  const written: string[] = [];
  for (let i = firstBar; i < firstBar + bars; ++i) {
    const bar = timeline.bars[Math.min(i, timeline.bars.length - 1)];
    const beat = timeline.beatLength(bar);
    const beats = Array.from({ length: Math.max(1, Math.round(bar.length / beat)) }, (_, n) =>
      (i < timeline.bars.length ? inForce(bar.start + n * beat) : undefined) ?? "N.C.");
    written.push(beats.every((b) => b === beats[0]) ? beats[0] : beats.join(" "));
  }
  return written.every((b) => b === "N.C.") ? undefined : written.join(" | ");
}

const SHARPS = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
export function pitchName(pitch: number): string {
  return SHARPS[pitch % 12] + (Math.floor(pitch / 12) - 1);
}
const DRUM_NAMES: Record<number, string> = {
  35: "Bass drum 2", 36: "Bass drum", 37: "Side stick", 38: "Snare", 39: "Clap", 40: "Snare 2",
  41: "Low floor tom", 42: "Closed hi-hat", 43: "High floor tom", 44: "Pedal hi-hat", 45: "Low tom",
  46: "Open hi-hat", 47: "Low mid tom", 48: "High mid tom", 49: "Crash", 50: "High tom", 51: "Ride",
  52: "China", 53: "Ride bell", 54: "Tambourine", 55: "Splash", 56: "Cowbell", 57: "Crash 2",
  58: "Vibraslap", 59: "Ride 2", 60: "High bongo", 61: "Low bongo", 62: "Mute conga", 63: "Open conga",
  64: "Low conga", 65: "High timbale", 66: "Low timbale", 67: "High agogo", 68: "Low agogo",
  69: "Cabasa", 70: "Maracas", 71: "Short whistle", 72: "Long whistle", 73: "Short guiro",
  74: "Long guiro", 75: "Claves", 76: "High block", 77: "Low block", 78: "Mute cuica",
  79: "Open cuica", 80: "Mute triangle", 81: "Open triangle",
};
export function rowName(program: number, pitch: number): string {
  return program === DRUMS ? (DRUM_NAMES[pitch] ?? pitchName(pitch)) : pitchName(pitch);
}
const MAJOR = ["C♭", "G♭", "D♭", "A♭", "E♭", "B♭", "F", "C", "G", "D", "A", "E", "B", "F♯", "C♯"];
const MINOR = ["A♭m", "E♭m", "B♭m", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F♯m", "C♯m", "G♯m", "D♯m", "A♯m"];
export function keyName(key: { sharps: number; minor: boolean }): string {
  return (key.minor ? MINOR : MAJOR)[key.sharps + 7];
}
