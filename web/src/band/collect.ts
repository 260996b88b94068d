// A band's events gathered into takes, as they come.
import { byTime, DRUMS, type Note, type Piece } from "../model/music";
import type { GhostTrack, Range, Take } from "../model/store";
import type { BandStream } from "./band";

export interface Target {
  readonly verb: string;
  readonly piece: Piece;
  readonly range: Range;
}

interface Told {
  note: Note;
  place: number; // among the notes of the take, as they came
}
interface Building {
  seed: number;
  parts: Map<string, { track?: number; program: number; notes: Told[] }>;
  told: number; // notes that came
  tempos: { tick: number; usPerQuarter: number }[];
  meters: { tick: number; numerator: number; denominator: number }[];
  done: boolean;
}

const FRAME_MS = 16; // no more often than this are unfinished takes shown

/** The takes so far, each time that more of them is there. */
export async function* collect(target: Target, stream: BandStream): AsyncGenerator<Take[]> {
  const takes: Building[] = [];
  let shown = 0;
  for await (const event of stream) {
    if (event.type === "done") break;
    while (takes.length <= event.take) takes.push({ seed: 0, parts: new Map(), told: 0, tempos: [], meters: [], done: false });
    const take = takes[event.take];
    if (event.type === "note") add(target, take, event);
    if (event.type === "tempo") take.tempos.push({ tick: event.onset, usPerQuarter: event.usPerQuarter });
    if (event.type === "meter") take.meters.push({ tick: event.onset, numerator: event.numerator, denominator: event.denominator });
    if (event.type === "take") {
      take.seed = event.seed;
      if (event.velocities) play(take, event.velocities);
      take.done = true;
    }
    const now = performance.now();
    if (event.type === "take" || now - shown > FRAME_MS) {
      shown = now;
      yield takes.map((each) => finish(target, each));
    }
  }
  yield takes.map((each) => finish(target, { ...each, done: true }));
}

function add(target: Target, take: Building, event: { track?: number; program: number; onset: number; duration: number; pitch: number; velocity: number }): void {
  const place = take.told++;
  const composing = target.verb === "compose";
  const track = composing || event.track === undefined ? undefined : target.piece.tracks[event.track];
  if (track && !target.range.tracks.includes(track.id)) return; // a locked one
  const key = track ? `t${track.id}` : `p${event.program}`;
  let part = take.parts.get(key);
  if (!part) take.parts.set(key, (part = { track: track?.id, program: event.program, notes: [] }));
  part.notes.push({ note: { onset: event.onset, duration: Math.max(1, event.duration), pitch: event.pitch, velocity: event.velocity }, place });
}

/** Gives the notes of a take the loudness that the whole piece gives them. */
function play(take: Building, velocities: readonly number[]): void {
  for (const { notes } of take.parts.values())
    for (const told of notes) told.note = { ...told.note, velocity: velocities[told.place] ?? told.note.velocity };
}

function finish(target: Target, take: Building): Take {
  const ghosts: GhostTrack[] = [...take.parts.values()]
    .map((part) => ({ ...part, notes: part.notes.map(({ note }) => note).sort(byTime) }))
    .sort((a, b) => order(target, a) - order(target, b));
  return {
    seed: take.seed,
    ghosts,
    done: take.done,
    ...(target.verb === "compose" && {
      changes: {
        ...(take.tempos.length && { tempos: fromStart(take.tempos) }),
        ...(take.meters.length && { meters: fromStart(take.meters) }),
        keys: [],
        chords: [],
        file: undefined,
      },
    }),
  };
}

function fromStart<T extends { tick: number }>(list: readonly T[]): T[] {
  const [first, ...rest] = [...list].sort((a, b) => a.tick - b.tick);
  return [{ ...first, tick: 0 }, ...rest];
}

function order(target: Target, ghost: GhostTrack): number {
  const at = target.piece.tracks.findIndex((t) => t.id === ghost.track);
  return at >= 0 ? at : 1000 + (ghost.program === DRUMS ? 500 : ghost.program);
}
