// Bars, beats and seconds of a piece. Made once a piece, kept with it.
import { DEFAULT_TEMPO, endOf, type Meter, type Piece } from "./music";

export interface Bar {
  readonly index: number; // from 0
  readonly start: number;
  readonly length: number;
  readonly meter: Meter;
}

interface Segment {
  tick: number;
  seconds: number;
  secondsPerTick: number;
}

const SPARE_BARS = 4; // behind the last note

export class Timeline {
  readonly bars: Bar[] = [];
  readonly end: number; // of the last bar
  private readonly segments: Segment[] = [];

  constructor(private readonly piece: Piece) {
    const last = endOf(piece);
    const whole = piece.ticksPerQuarter * 4;
    const meters = piece.meters.length && piece.meters[0].tick === 0
      ? piece.meters
      : [{ tick: 0, numerator: 4, denominator: 4 }, ...piece.meters];
    let exact = 0;
    let at = 0;
    let contentBars = 0;
    for (;;) {
      const start = Math.round(exact);
      while (at + 1 < meters.length && meters[at + 1].tick <= start) ++at;
      const meter = meters[at];
      let next = exact + (whole * meter.numerator) / meter.denominator;
      // A change inside a bar cuts it short.
      if (at + 1 < meters.length && meters[at + 1].tick < next) next = meters[at + 1].tick;
      this.bars.push({ index: this.bars.length, start, length: Math.round(next) - start, meter });
      if (start < last) contentBars = this.bars.length;
      exact = next;
      if (this.bars.length >= Math.max(piece.bars, contentBars + SPARE_BARS) && exact >= last) break;
      if (this.bars.length > 20_000) break;
    }
    this.end = this.bars[this.bars.length - 1].start + this.bars[this.bars.length - 1].length;

    const perTick = (us: number) => us / 1e6 / piece.ticksPerQuarter;
    this.segments.push({ tick: 0, seconds: 0, secondsPerTick: perTick(DEFAULT_TEMPO) });
    for (const tempo of piece.tempos) {
      const before = this.segments[this.segments.length - 1];
      const seconds = before.seconds + (tempo.tick - before.tick) * before.secondsPerTick;
      const segment = { tick: tempo.tick, seconds, secondsPerTick: perTick(tempo.usPerQuarter) };
      if (tempo.tick === before.tick) this.segments[this.segments.length - 1] = segment;
      else this.segments.push(segment);
    }
  }

  private segmentAt(value: number, key: "tick" | "seconds"): Segment {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.segments[middle][key] <= value) low = middle;
      else high = middle - 1;
    }
    return this.segments[low];
  }

  seconds(tick: number): number {
    const segment = this.segmentAt(tick, "tick");
    return segment.seconds + (tick - segment.tick) * segment.secondsPerTick;
  }
  tick(seconds: number): number {
    const segment = this.segmentAt(seconds, "seconds");
    return segment.tick + (seconds - segment.seconds) / segment.secondsPerTick;
  }
  bpm(tick: number): number {
    return 60 / (this.segmentAt(tick, "tick").secondsPerTick * this.piece.ticksPerQuarter);
  }

  barAt(tick: number): Bar {
    let low = 0;
    let high = this.bars.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.bars[middle].start <= tick) low = middle;
      else high = middle - 1;
    }
    return this.bars[low];
  }
  beatLength(bar: Bar): number {
    return (this.piece.ticksPerQuarter * 4) / bar.meter.denominator;
  }
  /** "5.3": bar and beat, from 1. */
  position(tick: number): string {
    const bar = this.barAt(tick);
    const beat = Math.floor((tick - bar.start) / this.beatLength(bar));
    return `${bar.index + 1}.${Math.max(0, beat) + 1}`;
  }
  /** The nearest multiple of `step` from the start of its bar. */
  snap(tick: number, step: number, round: (x: number) => number = Math.round): number {
    if (step <= 0) return Math.max(0, Math.round(tick));
    const bar = this.barAt(Math.max(0, tick));
    const snapped = bar.start + round((tick - bar.start) / step) * step;
    return Math.max(0, Math.min(Math.round(snapped), bar.start + bar.length));
  }
}

const kept = new WeakMap<Piece, Timeline>();
export function timelineOf(piece: Piece): Timeline {
  let timeline = kept.get(piece);
  if (!timeline) kept.set(piece, (timeline = new Timeline(piece)));
  return timeline;
}
