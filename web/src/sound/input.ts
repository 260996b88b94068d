// Notes that people play: from MIDI keyboards and the computer's own. They sound at once, are
// written while recording, and are remembered, so that what was just played can still be kept.
import { exchange } from "../model/edit";
import type { Note } from "../model/music";
import type { Store } from "../model/store";
import type { Player } from "./player";

interface Played {
  pitch: number;
  velocity: number;
  on: number; // seconds of the sound card's clock
  off?: number;
  tick?: number; // where the piece was, if it played
  offTick?: number;
}

const REMEMBERED_SECONDS = 90;
const PHRASE_GAP_SECONDS = 4; // of silence: what came before is another phrase
const KEYS = "awsedftgyhujkolp"; // two octaves less, from C
const BASE = 60;

export class Input {
  typing = false;
  octave = 0;
  devices: string[] = [];
  onDevices: () => void = () => undefined;
  /** Where notes go in place of the piece, while somebody plays live. */
  live?: { on(pitch: number, velocity: number): void; off(pitch: number): void; control(number: number, value: number): void };
  private readonly held = new Map<number, Played>();
  private played: Played[] = [];

  constructor(private readonly store: Store, private readonly player: Player) {
    addEventListener("keyup", (e) => {
      const pitch = this.pitchOf(e);
      if (pitch !== undefined) this.off(pitch);
    });
    addEventListener("blur", () => this.allOff());
    store.listen((changes) => {
      if (changes.has("playing") && !store.state.playing) this.finish();
    });
  }

  /** Asks the browser for MIDI devices. */
  async connect(): Promise<void> {
    if (!navigator.requestMIDIAccess) return;
    try {
      const access = await navigator.requestMIDIAccess();
      const bind = () => {
        this.devices = [];
        for (const input of access.inputs.values()) {
          this.devices.push(input.name ?? "MIDI input");
          input.onmidimessage = (e) => this.message(e.data!);
        }
        this.onDevices();
      };
      access.onstatechange = bind;
      bind();
    } catch {
      // Refused: the computer's keyboard is left.
    }
  }

  private message(data: Uint8Array): void {
    const [status, pitch, velocity] = data;
    if ((status & 0xf0) === 0x90 && velocity > 0) this.on(pitch, velocity);
    else if ((status & 0xf0) === 0x80 || (status & 0xf0) === 0x90) this.off(pitch);
    else if ((status & 0xf0) === 0xb0 && (pitch === 120 || pitch === 123)) this.allOff();
    else if ((status & 0xf0) === 0xb0) this.live?.control(pitch, velocity);
  }

  private pitchOf(e: KeyboardEvent): number | undefined {
    const at = e.key.length === 1 ? KEYS.indexOf(e.key.toLowerCase()) : -1;
    return at < 0 ? undefined : BASE + 12 * this.octave + at;
  }
  /** Whether a key was taken as a note. */
  key(e: KeyboardEvent): boolean {
    if (!this.typing || e.ctrlKey || e.metaKey || e.altKey) return false;
    if (e.key === "z" || e.key === "x") {
      this.allOff();
      this.octave = Math.max(-4, Math.min(4, this.octave + (e.key === "z" ? -1 : 1)));
      return true;
    }
    const pitch = this.pitchOf(e);
    if (pitch === undefined) return false;
    if (!e.repeat) this.on(pitch, 90);
    return true;
  }

  private on(pitch: number, velocity: number): void {
    this.off(pitch);
    if (this.live) {
      this.held.set(pitch, { pitch, velocity, on: 0 });
      return this.live.on(pitch, velocity);
    }
    const track = this.store.track;
    if (!track) return;
    void this.player.synth.start();
    this.player.synth.noteOn(track, pitch, velocity);
    const now = this.player.synth.now;
    const note: Played = { pitch, velocity, on: now };
    if (this.store.state.playing) note.tick = this.player.tickAt(now - this.player.synth.latency);
    this.held.set(pitch, note);
    this.played.push(note);
    this.played = this.played.filter((p) => now - p.on < REMEMBERED_SECONDS);
  }
  private off(pitch: number): void {
    const note = this.held.get(pitch);
    if (note && this.live) {
      this.held.delete(pitch);
      return this.live.off(pitch);
    }
    const track = this.store.track;
    if (!note || !track) return;
    this.held.delete(pitch);
    this.player.synth.noteOff(track, pitch);
    note.off = this.player.synth.now;
    if (note.tick !== undefined && this.store.state.playing) note.offTick = this.player.tickAt(note.off - this.player.synth.latency);
    if (this.store.state.recording) this.write([note]);
  }
  private allOff(): void {
    for (const pitch of [...this.held.keys()]) this.off(pitch);
  }
  private finish(): void {
    this.allOff();
  }

  private write(notes: readonly Played[], gesture?: string): void {
    const track = this.store.track;
    if (!track || track.locked) return;
    const fresh: Note[] = notes
      .filter((n) => n.tick !== undefined && n.tick >= 0)
      .map((n) => {
        const onset = this.store.timeline.snap(n.tick!, this.store.step);
        const end = n.offTick ?? n.tick! + this.store.step;
        return { onset, duration: Math.max(1, Math.round(end - n.tick!)), pitch: n.pitch, velocity: n.velocity };
      });
    if (fresh.length) this.store.edit(exchange(this.store.piece, track.id, new Set(), fresh), "record", gesture ?? "record");
  }

  /** Keeps the last phrase, played along or freely; returns how many notes it had. */
  capture(): number {
    const track = this.store.track;
    const last = this.played[this.played.length - 1];
    if (!track || !last) return 0;
    let from = this.played.length - 1;
    while (from > 0 && this.played[from].on - (this.played[from - 1].off ?? this.played[from - 1].on) < PHRASE_GAP_SECONDS) --from;
    const phrase = this.played.slice(from);
    this.played = [];
    if (phrase.every((n) => n.tick !== undefined)) {
      this.write(phrase, "capture");
    } else {
      const { timeline } = this.store;
      const start = timeline.barAt(this.store.state.playhead).start;
      const zero = timeline.seconds(start) - phrase[0].on;
      this.write(phrase.map((n) => ({ ...n, tick: timeline.tick(zero + n.on), offTick: timeline.tick(zero + (n.off ?? this.player.synth.now)) })), "capture");
    }
    this.store.settle();
    return phrase.length;
  }
}
