// Who writes with you. The page knows this interface only, not whether a server or the engine in the
// browser itself stands behind it.
import type { Piece } from "../model/music";

export interface About {
  readonly version: string;
  readonly model: string;
  readonly instruments: readonly string[]; // by program, 128 for drums
  readonly limits: { readonly bars: number; readonly takes: number };
}

/** How freely to choose. */
export interface Choice {
  readonly seed: number;
  readonly takes: number;
  readonly temperature: number; // 1: as the model would
  readonly topP: number;
  readonly density?: DensityWord;
  readonly chords?: string;
}
export const DENSITY_WORDS = ["very-sparse", "sparse", "medium", "dense", "very-dense"] as const;
export type DensityWord = (typeof DENSITY_WORDS)[number];

/** Music from nothing. */
export interface ComposeWish extends Choice {
  readonly bars: number;
  readonly programs: readonly number[];
  readonly bpm?: number;
  readonly meter?: { numerator: number; denominator: number };
  readonly ticksPerQuarter: number;
}
/** What follows the first bars of a piece. */
export interface ContinueWish extends Choice {
  readonly piece: Piece;
  readonly promptBars: number;
  readonly bars: number;
}
/** Some tracks in some bars, written again. */
export interface InfillWish extends Choice {
  readonly piece: Piece;
  readonly tracks: readonly number[]; // indices into the piece's tracks
  readonly firstBar: number; // from 0
  readonly bars: number;
}
/** The same, near to what is there. */
export interface VaryWish extends InfillWish {
  readonly similarity: number; // 0..1
}
/** New instruments for what is there. */
export interface AccompanyWish extends Choice {
  readonly piece: Piece;
  readonly programs: readonly number[];
  readonly firstBar: number;
  readonly bars: number;
}

export type BandEvent =
  | { type: "note"; take: number; track?: number; program: number; onset: number; duration: number; pitch: number; velocity: number }
  | { type: "tempo"; take: number; onset: number; usPerQuarter: number }
  | { type: "meter"; take: number; onset: number; numerator: number; denominator: number }
  /** A take is done. `velocities`: those of its notes in the order in which they came, where the whole piece gives them others. */
  | { type: "take"; take: number; seed: number; velocities?: readonly number[] }
  | { type: "done" };

export type BandStream = AsyncIterable<BandEvent>;

export interface Band {
  about(): Promise<About>;
  compose(wish: ComposeWish, signal: AbortSignal): BandStream;
  continue(wish: ContinueWish, signal: AbortSignal): BandStream;
  infill(wish: InfillWish, signal: AbortSignal): BandStream;
  vary(wish: VaryWish, signal: AbortSignal): BandStream;
  accompany(wish: AccompanyWish, signal: AbortSignal): BandStream;
  /** To play together in time; connected, and not begun. Undefined where the band cannot. */
  jam?(): Promise<Jam>;

  /** A MIDI file (Base64) as a piece. */
  read(file: string): Promise<Piece>;
  /** A piece as a MIDI file (Base64); over the file that it came from only edits change anything. */
  write(piece: Piece): Promise<string>;
  render(piece: Piece): Promise<Blob>;
}

/** Playing together in time. */
export interface JamWish {
  readonly instrument: string; // the person's, by its General MIDI name
  readonly roles: readonly string[]; // the band's: bass, drums, chords, ...
  readonly mode: string;
  readonly bpm: number;
  readonly phrase: number; // bars
  readonly metronome: boolean;
  readonly seed: number;
  readonly aheadMs: number; // from a note's coming to its sounding
}
export interface JamPlayer {
  readonly name: string;
  readonly program: number;
  readonly channel: number;
  readonly band: boolean;
}
export interface Planned {
  readonly tick: number;
  readonly length: number;
  readonly player: number;
  readonly pitch: number;
}
/** Times are milliseconds of performance.now(); ticks are counted from the first beat. */
export type JamEvent =
  | { type: "ready"; ticksPerQuarter: number; players: readonly JamPlayer[] }
  | { type: "status"; time: number; tick: number; bpm: number; bar: number; beat: number; band: boolean; rung: string; rungs: Record<string, number>; muted: number; planned: readonly Planned[] }
  /** MIDI messages with the times at which they are to sound; the person's own come back as they were heard. */
  | { type: "played"; messages: readonly { time: number; data: readonly number[] }[] }
  | { type: "end"; notes: number; inTime: number; piece: Piece } // the band's notes; the share of the time in which it knew all and was in time
  | { type: "error"; message: string };

export interface Jam {
  onEvent: (event: JamEvent) => void;
  start(wish: JamWish): void;
  /** A MIDI message that was played at a moment of performance.now(). */
  play(data: readonly number[], time: number): void;
  changeTempo(by: number): void;
  tap(time: number): void;
  /** Switches a part of the band off or on. */
  mute(part: number): void;
  handOver(): void;
  panic(): void;
  stop(): void;
  /** At once, without an end. */
  leave(): void;
  /** Milliseconds there and back. */
  readonly trip: number;
}

/** What a person can do something about. */
export class BandError extends Error {
  constructor(message: string, readonly code: string) {
    super(message);
  }
}
