// Plays the piece, what is proposed in place of what it would replace, and the metronome. Notes are
// handed to the synthesiser a little ahead, by the clock of the sound card.
import type { Note, Piece, Track } from "../model/music";
import { previewTracks } from "../model/proposal";
import type { Store } from "../model/store";
import type { Synth } from "./synth";

const AHEAD = 0.12; // seconds
const TICK_MS = 30;

interface Due {
  time: number;
  track: Track;
  pitch: number;
}

export class Player {
  metronome = false;
  countIn = false;
  private timer = 0;
  private frame = 0;
  private startTime = 0; // of the sound card's clock, at startTick
  private startTick = 0;
  private done = 0; // ticks that were handed over
  private offs: Due[] = [];
  private until = Infinity;
  private looped?: { from: number; to: number };
  onEnd: () => void = () => undefined;

  constructor(private readonly store: Store, readonly synth: Synth) {}

  get playing(): boolean {
    return this.store.state.playing;
  }

  async toggle(): Promise<void> {
    if (this.playing) this.stop();
    else await this.play();
  }

  /** From the playhead; with a range, that range alone, over and over if the loop is on. */
  async play(range?: { from: number; to: number }): Promise<void> {
    await this.synth.start();
    this.halt();
    const { store } = this;
    const timeline = store.timeline;
    if (range) store.setPlayhead(range.from);
    const selected = store.state.loop && store.state.range ? store.state.range : undefined;
    this.looped = selected;
    if (selected && (store.state.playhead < selected.from || store.state.playhead >= selected.to))
      store.setPlayhead(selected.from);
    if (!range && !selected && store.state.playhead >= lastSound(store.piece)) store.setPlayhead(0);
    this.until = range ? range.to : selected ? selected.to : Math.max(lastSound(store.piece), store.state.playhead + 1);
    if (store.state.recording && !range) this.until = Infinity;
    this.startTick = this.done = store.state.playhead;
    this.startTime = this.synth.now + 0.06;
    if (this.countIn && !range) {
      const bar = timeline.barAt(this.startTick);
      const beat = (timeline.beatLength(bar) / store.piece.ticksPerQuarter) * (60 / timeline.bpm(this.startTick));
      for (let i = 0; i < bar.meter.numerator; ++i) this.synth.click(this.startTime + i * beat, i === 0);
      this.startTime += bar.meter.numerator * beat;
    }
    store.state.playing = true;
    store.tell("playing");
    this.pump();
    this.timer = window.setInterval(() => this.pump(), TICK_MS);
    this.follow();
  }

  stop(): void {
    if (!this.playing) return;
    this.halt();
    this.store.state.playing = false;
    this.store.state.recording = false;
    this.store.tell("playing");
  }
  private halt(): void {
    clearInterval(this.timer);
    cancelAnimationFrame(this.frame);
    this.offs = [];
    this.synth.panic();
  }

  /** The tick that sounds at a moment of the sound card's clock. */
  tickAt(time: number): number {
    const timeline = this.store.timeline;
    return timeline.tick(timeline.seconds(this.startTick) + time - this.startTime);
  }
  private timeAt(tick: number): number {
    const timeline = this.store.timeline;
    return this.startTime + timeline.seconds(tick) - timeline.seconds(this.startTick);
  }

  private pump(): void {
    const now = this.synth.now;
    const to = Math.min(this.until, this.tickAt(now + AHEAD));
    if (to > this.done) {
      for (const { track, notes } of heard(this.store)) this.hand(track, notes, this.done, to);
      if (this.metronome) this.clicks(this.done, to);
      this.done = to;
    }
    this.offs = this.offs.filter((off) => {
      if (off.time > now + AHEAD) return true;
      this.synth.noteOff(off.track, off.pitch, Math.max(off.time, now));
      return false;
    });
    if (this.done >= this.until && now >= this.timeAt(this.until)) {
      if (this.looped && this.store.state.loop) {
        this.startTime = this.timeAt(this.until);
        this.startTick = this.done = this.looped.from;
      } else if (this.offs.length === 0 || now > this.timeAt(this.until) + 0.5) {
        this.stop();
        this.onEnd();
      }
    }
  }

  private hand(track: Track, notes: readonly Note[], from: number, to: number): void {
    for (let i = lowerBound(notes, from); i < notes.length && notes[i].onset < to; ++i) {
      const note = notes[i];
      this.synth.noteOn(track, note.pitch, note.velocity, this.timeAt(note.onset));
      const end = this.timeAt(note.onset + note.duration);
      this.offs.push({ time: Math.max(end, this.timeAt(note.onset) + 0.02), track, pitch: note.pitch });
    }
  }

  private clicks(from: number, to: number): void {
    const timeline = this.store.timeline;
    for (let bar = timeline.barAt(from); bar && bar.start < to; bar = timeline.bars[bar.index + 1]) {
      const beat = timeline.beatLength(bar);
      for (let tick = bar.start, i = 0; tick < bar.start + bar.length; tick = bar.start + ++i * beat)
        if (tick >= from && tick < to) this.synth.click(this.timeAt(tick), i === 0);
    }
  }

  private follow(): void {
    const step = () => {
      if (!this.playing) return;
      const tick = this.tickAt(this.synth.now - this.synth.latency);
      this.store.setPlayhead(Math.max(this.startTick, Math.min(tick, this.until)));
      this.frame = requestAnimationFrame(step);
    };
    step();
  }
}

function lowerBound(notes: readonly Note[], tick: number): number {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (notes[middle].onset < tick) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lastSound(piece: Piece): number {
  let end = 0;
  for (const track of piece.tracks)
    for (const note of track.notes) end = Math.max(end, note.onset + note.duration);
  return end;
}

/** The tracks that sound, with what is proposed in place of what it replaces. */
function heard(store: Store): { track: Track; notes: readonly Note[] }[] {
  const tracks = previewTracks(store.piece, store.state.proposal);
  const solo = tracks.some((t) => t.track.solo);
  return tracks.filter(({ track }) => (solo ? track.solo : !track.muted));
}

