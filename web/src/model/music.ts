// A piece as the page holds it: plain, immutable values. Whoever changes something makes new
// objects along the way to it, so that an old piece stays whole for undo. Times are ticks.

export interface Note {
  readonly onset: number;
  readonly duration: number;
  readonly pitch: number;
  readonly velocity: number;
}

export interface Track {
  readonly id: number; // stays with the track for life
  readonly name: string;
  readonly program: number; // 0..127, 128 for drums
  readonly part?: number; // of the MIDI file it came from
  readonly volume?: number; // 0..127; unset: what the file says
  readonly pan?: number;
  readonly colour: number; // index into the palette
  readonly muted: boolean;
  readonly solo: boolean;
  readonly locked: boolean;
  readonly notes: readonly Note[]; // by onset, then pitch
}

export interface Tempo {
  readonly tick: number;
  readonly usPerQuarter: number;
}
export interface Meter {
  readonly tick: number;
  readonly numerator: number;
  readonly denominator: number;
}
export interface Key {
  readonly tick: number;
  readonly sharps: number;
  readonly minor: boolean;
}
export interface Chord {
  readonly tick: number;
  readonly text: string;
}

export interface Piece {
  readonly title: string;
  readonly ticksPerQuarter: number;
  readonly tracks: readonly Track[];
  readonly tempos: readonly Tempo[];
  readonly meters: readonly Meter[];
  readonly keys: readonly Key[];
  readonly chords: readonly Chord[];
  readonly bars: number; // the least number of bars to show
  readonly file?: string; // the MIDI file it came from, Base64
}

export const DRUMS = 128;
export const DEFAULT_TEMPO = 500_000;

export function byTime(a: Note, b: Note): number {
  return a.onset - b.onset || a.pitch - b.pitch || a.duration - b.duration;
}

let lastId = 0;
export function nextId(): number {
  return ++lastId;
}
/** Ids of a stored project must not be given again. */
export function reserveIds(tracks: readonly Track[]): void {
  for (const track of tracks) lastId = Math.max(lastId, track.id);
}

export function newTrack(program: number, name: string, others: readonly Track[]): Track {
  const used = new Set(others.map((t) => t.colour));
  let colour = others.length % 10;
  for (let i = 0; i < 10; ++i)
    if (!used.has(i)) {
      colour = i;
      break;
    }
  return { id: nextId(), name, program, colour, muted: false, solo: false, locked: false, notes: [] };
}

export function emptyPiece(): Piece {
  return {
    title: "Untitled",
    ticksPerQuarter: 480,
    tracks: [],
    tempos: [{ tick: 0, usPerQuarter: DEFAULT_TEMPO }],
    meters: [{ tick: 0, numerator: 4, denominator: 4 }],
    keys: [],
    chords: [],
    bars: 8,
  };
}

export function endOf(piece: Piece): number {
  let end = 0;
  for (const track of piece.tracks)
    for (const note of track.notes) end = Math.max(end, note.onset + note.duration);
  return end;
}

export function noteCount(piece: Piece): number {
  return piece.tracks.reduce((sum, track) => sum + track.notes.length, 0);
}

export function withTrack(piece: Piece, id: number, change: (track: Track) => Track): Piece {
  return { ...piece, tracks: piece.tracks.map((t) => (t.id === id ? change(t) : t)) };
}

export function sorted(notes: Iterable<Note>): Note[] {
  return [...notes].sort(byTime);
}
