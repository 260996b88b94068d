// Pieces as the server's JSON.
import { emptyPiece, nextId, sorted, type Piece, type Track } from "../model/music";

export interface WireMusic {
  ticks_per_quarter: number;
  tracks: {
    name: string;
    program: number;
    part?: number;
    volume?: number;
    pan?: number;
    notes: [number, number, number, number][];
  }[];
  tempos: [number, number][];
  meters: [number, number, number][];
  keys: [number, number, number][];
}

export function toWire(piece: Piece, tracks: readonly Track[] = piece.tracks): WireMusic {
  return {
    ticks_per_quarter: piece.ticksPerQuarter,
    tracks: tracks.map((t) => ({
      name: t.name,
      program: t.program,
      ...(t.part !== undefined && { part: t.part }),
      ...(t.volume !== undefined && { volume: t.volume }),
      ...(t.pan !== undefined && { pan: t.pan }),
      notes: t.notes.map((n) => [n.onset, n.duration, n.pitch, n.velocity]),
    })),
    tempos: piece.tempos.map((t) => [t.tick, t.usPerQuarter]),
    meters: piece.meters.map((m) => [m.tick, m.numerator, m.denominator]),
    keys: piece.keys.map((k) => [k.tick, k.sharps, k.minor ? 1 : 0]),
  };
}

export function fromWire(music: WireMusic, file?: string): Piece {
  return {
    ...emptyPiece(),
    ticksPerQuarter: music.ticks_per_quarter,
    tracks: music.tracks.map((t, index) => ({
      id: nextId(),
      name: t.name,
      program: t.program,
      part: t.part,
      volume: t.volume,
      pan: t.pan,
      colour: index % 10,
      muted: false,
      solo: false,
      locked: false,
      notes: sorted(t.notes.map(([onset, duration, pitch, velocity]) => ({ onset, duration, pitch, velocity }))),
    })),
    tempos: music.tempos.map(([tick, usPerQuarter]) => ({ tick, usPerQuarter })),
    meters: music.meters.map(([tick, numerator, denominator]) => ({ tick, numerator, denominator })),
    keys: music.keys.map(([tick, sharps, minor]) => ({ tick, sharps, minor: minor === 1 })),
    bars: 1,
    file,
  };
}
