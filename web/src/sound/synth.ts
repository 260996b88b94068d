// The sound of the page: a General MIDI synthesiser in an audio worklet, loaded when first needed.
// A track has a channel of its own.
import { WorkletSynthesizer } from "spessasynth_lib";
import { DRUMS, type Track } from "../model/music";

const CHANNELS = 16;
const DRUM_CHANNEL = 9;

interface Voice {
  channel: number;
  program: number;
  volume: number;
  pan: number;
}

export class Synth {
  private context?: AudioContext;
  private synth?: WorkletSynthesizer;
  private clicks?: GainNode;
  private loading?: Promise<void>;
  private readonly voices = new Map<number, Voice>(); // by track id
  onState: (state: "loading" | "ready" | "failed") => void = () => undefined;

  /** To be called from a click or key press: browsers want one before there may be sound. */
  async start(): Promise<void> {
    this.context ??= new AudioContext({ latencyHint: "interactive" });
    void this.context.resume();
    this.loading ??= this.load(this.context).catch((error) => {
      this.loading = undefined;
      this.onState("failed");
      throw error;
    });
    await this.loading;
  }

  private async load(context: AudioContext): Promise<void> {
    this.onState("loading");
    const [font] = await Promise.all([
      fetch("./sound/gm.sf3").then((r) => {
        if (!r.ok) throw new Error("the sound font is missing");
        return r.arrayBuffer();
      }),
      context.audioWorklet.addModule("./sound/processor.js"),
    ]);
    const synth = new WorkletSynthesizer(context);
    await synth.soundBankManager.addSoundBank(font, "gm");
    await synth.isReady;
    synth.connect(context.destination);
    this.clicks = context.createGain();
    this.clicks.gain.value = 0.35;
    this.clicks.connect(context.destination);
    this.synth = synth;
    this.onState("ready");
  }

  get ready(): boolean {
    return this.synth !== undefined;
  }
  get now(): number {
    return this.context?.currentTime ?? 0;
  }
  /** When to sound what is to be heard at a moment of performance.now(). */
  timeOf(milliseconds: number): number {
    return this.now + (milliseconds - performance.now()) / 1000 - this.latency;
  }
  /** Seconds from the program to the ear. */
  get latency(): number {
    return (this.context?.baseLatency ?? 0) + (this.context?.outputLatency ?? 0);
  }

  /** A channel with the track's instrument. */
  private voice(track: Pick<Track, "id" | "program" | "volume" | "pan">): number {
    const synth = this.synth!;
    let voice = this.voices.get(track.id);
    if (!voice) {
      const channel = this.freeChannel(track.program === DRUMS);
      voice = { channel, program: -1, volume: -1, pan: -1 };
      this.voices.set(track.id, voice);
    }
    if (voice.program !== track.program) {
      synth.midiChannels[voice.channel].setDrums(track.program === DRUMS);
      synth.programChange(voice.channel, track.program === DRUMS ? 0 : track.program);
      voice.program = track.program;
      voice.volume = voice.pan = -1;
    }
    const volume = track.volume ?? 100;
    const pan = track.pan ?? 64;
    if (voice.volume !== volume) synth.controllerChange(voice.channel, 7, (voice.volume = volume));
    if (voice.pan !== pan) synth.controllerChange(voice.channel, 10, (voice.pan = pan));
    return voice.channel;
  }

  private freeChannel(drums: boolean): number {
    const synth = this.synth!;
    const used = new Set([...this.voices.values()].map((v) => v.channel));
    if (drums && !used.has(DRUM_CHANNEL)) return DRUM_CHANNEL;
    for (let channel = 0; ; ++channel) {
      if (channel >= synth.channelCount) for (let i = 0; i < CHANNELS; ++i) synth.addNewChannel();
      if (channel % CHANNELS !== DRUM_CHANNEL && !used.has(channel)) return channel;
    }
  }

  /** Tracks that are gone give their channels back. */
  keep(tracks: readonly Track[]): void {
    const present = new Set(tracks.map((t) => t.id));
    for (const id of this.voices.keys()) if (!present.has(id)) this.voices.delete(id);
    if (this.synth) for (const track of tracks) if (this.voices.has(track.id)) this.voice(track);
  }

  noteOn(track: Pick<Track, "id" | "program" | "volume" | "pan">, pitch: number, velocity: number, time?: number): void {
    if (!this.synth) return;
    this.synth.noteOn(this.voice(track), pitch, velocity, time === undefined ? undefined : { time });
  }
  noteOff(track: Pick<Track, "id" | "program" | "volume" | "pan">, pitch: number, time?: number): void {
    if (!this.synth) return;
    this.synth.noteOff(this.voice(track), pitch, time === undefined ? undefined : { time });
  }
  /** A short note, to hear what is drawn. */
  preview(track: Track, pitch: number, velocity = 90): void {
    if (!this.synth) return;
    this.noteOn(track, pitch, velocity);
    this.noteOff(track, pitch, this.now + 0.25);
  }

  click(time: number, strong: boolean): void {
    if (!this.context || !this.clicks) return;
    const tone = this.context.createOscillator();
    const shape = this.context.createGain();
    tone.frequency.value = strong ? 1760 : 1175;
    shape.gain.setValueAtTime(strong ? 1 : 0.6, time);
    shape.gain.exponentialRampToValueAtTime(0.001, time + 0.06);
    tone.connect(shape).connect(this.clicks);
    tone.start(time);
    tone.stop(time + 0.07);
  }

  /** All notes off, now: also those that are due. */
  panic(): void {
    this.synth?.stopAll(true);
  }
}
