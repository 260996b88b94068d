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
  /** Play together in time. Undefined where the band cannot. */
  jam?(wish: { programs: readonly number[]; bpm: number }, signal: AbortSignal): BandStream;

  /** A MIDI file (Base64) as a piece. */
  read(file: string): Promise<Piece>;
  /** A piece as a MIDI file (Base64); over the file that it came from only edits change anything. */
  write(piece: Piece): Promise<string>;
  render(piece: Piece): Promise<Blob>;
}

/** What a person can do something about. */
export class BandError extends Error {
  constructor(message: string, readonly code: string) {
    super(message);
  }
}
