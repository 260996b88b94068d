// Playing live with a band that listens: who plays, in which way; start and stop; the waterfall; and
// what was played as a piece of its own, if you like it.
import type { Band, Jam, JamEvent, JamPlayer } from "../band/band";
import { DRUMS, type Piece } from "../model/music";
import type { Input } from "../sound/input";
import type { Synth } from "../sound/synth";
import { h, icon, iconButton, say, toast, toggle } from "../ui/dom";
import { Waterfall } from "./waterfall";

const ROLES = ["bass", "drums", "chords", "strings", "brass", "winds", "choir", "pad", "melody"];
const MODES: [string, string][] = [
  ["accompany", "plays with you"], ["respond", "answers you, phrase by phrase"], ["continue", "takes over when you pause"], ["loop", "layers upon your first phrase"],
];
const RUNGS: Record<string, string> = { fresh: "in time", shorter: "in part", plan: "from its plan", repeat: "repeats a bar", rest: "rests" };
const AHEAD_MS = 150;
const TEMPO_STEP = 4;
const DRUM_CHANNEL = 9;
const CLICKS = [76, 77]; // wood blocks

export class JamView {
  private readonly element: HTMLDialogElement;
  private readonly waterfall: Waterfall;
  private readonly startButton: HTMLButtonElement;
  private readonly keepButton: HTMLButtonElement;
  private readonly parts = h("div", { class: "chips", role: "group", "aria-label": "The band" });
  private readonly status = h("output", { class: "jam-status" });
  private readonly tempo: HTMLInputElement;
  private readonly setup = h("fieldset", { class: "jam-setup" });
  private readonly controls = h("div", { class: "jam-controls", role: "group", "aria-label": "While you play" });
  private roles = new Set(["bass", "drums", "chords"]);
  private mode = "accompany";
  private program = 0;
  private metronome = false;
  private jam?: Jam;
  private players: readonly JamPlayer[] = [];
  private muted = 0;
  private late = 0;
  private recorded?: Piece;

  constructor(
    private readonly band: Band,
    private readonly synth: Synth,
    private readonly input: Input,
    private readonly instruments: () => readonly string[],
    private readonly keep: (piece: Piece) => void,
  ) {
    const canvas = h("canvas", { tabIndex: 0, role: "application", "aria-label": "Waterfall of what you play and the band plans. The letter keys A to P play notes, Z and X change the octave, Space silences everything. The keyboard in the picture can be played too." });
    this.startButton = h("button", { type: "button", class: "primary jam-start", onclick: () => void (this.jam ? this.stop() : this.start()) });
    this.keepButton = h("button", { type: "button", onclick: () => this.keepPiece() }, icon("capture"), "Keep as a piece");
    this.tempo = h("input", { type: "number", min: "24", max: "240", value: "110", "aria-label": "Tempo" });
    this.element = h("dialog", { class: "jam", "aria-label": "Play live" },
      h("header", {}, h("h2", {}, "Play live"), this.status, iconButton("close", "Close", () => this.element.close(), "Esc")),
      h("div", { class: "jam-bar" }, this.startButton, this.setup, this.controls),
      h("div", { class: "jam-canvas" }, canvas));
    canvas.addEventListener("pointerdown", (e) => this.point(e, true));
    canvas.addEventListener("pointermove", (e) => this.pointed.has(e.pointerId) && this.point(e, true));
    for (const end of ["pointerup", "pointercancel"] as const) canvas.addEventListener(end, (e) => this.point(e, false));
    this.element.addEventListener("close", () => this.leave());
    this.element.addEventListener("keydown", (e) => this.key(e));
    document.body.append(this.element);
    this.waterfall = new Waterfall(canvas);
  }

  open(): void {
    if (!this.band.jam) return toast("Live play needs a server.");
    if (this.element.open) return;
    this.draw();
    this.element.showModal();
    this.startButton.focus();
  }

  // The session

  private async start(): Promise<void> {
    this.startButton.disabled = true;
    try {
      await this.synth.start();
      const jam = await this.band.jam!();
      if (!this.element.open) return jam.leave();
      this.jam = jam;
      this.late = 0;
      this.recorded = undefined;
      jam.onEvent = (event) => this.hear(event);
      jam.start({
        instrument: this.instruments()[this.program] ?? "piano",
        roles: ROLES.filter((role) => this.roles.has(role)),
        mode: this.mode, bpm: Number(this.tempo.value) || 110, phrase: 4, metronome: this.metronome, seed: Math.floor(Math.random() * 1e9), aheadMs: AHEAD_MS,
      });
      void this.input.connect();
    } catch (error) {
      toast(error instanceof Error ? error.message : "The session could not start.", "error");
    } finally {
      this.startButton.disabled = false;
      this.draw();
    }
  }
  private stop(): void {
    this.jam?.stop();
  }
  private leave(): void {
    this.jam?.leave();
    this.finish();
  }
  private finish(): void {
    this.jam = undefined;
    this.input.live = undefined;
    this.input.typing = false;
    this.pointed.clear();
    this.synth.panic();
    this.waterfall.rest();
    this.draw();
  }

  private hear(event: JamEvent): void {
    switch (event.type) {
      case "ready":
        return this.ready(event.players, event.ticksPerQuarter);
      case "status":
        return this.follow(event);
      case "played":
        for (const message of event.messages) this.sound(message.data, message.time);
        return;
      case "end": {
        this.recorded = event.piece.tracks.some((t) => t.notes.length) ? event.piece : undefined;
        this.finish();
        this.status.textContent = `The band played ${event.notes} notes, ${Math.round(100 * event.inTime)} % of the time ready and with all that it had heard.`;
        say(this.status.textContent);
        return this.keepButton.hidden ? undefined : this.keepButton.focus();
      }
      case "error":
        this.finish();
        return toast(event.message, "error");
    }
  }

  private ready(players: readonly JamPlayer[], ticksPerQuarter: number): void {
    this.players = players;
    this.ticksPerQuarter = ticksPerQuarter;
    this.waterfall.begin(players);
    this.waterfall.run();
    const own = { id: this.voiceId(players.find((p) => !p.band)!.channel), program: this.program };
    this.input.typing = true;
    this.input.live = {
      on: (pitch, velocity) => {
        this.synth.noteOn(own, pitch, velocity);
        this.waterfall.press(pitch, true);
        this.jam?.play([0x90, pitch, velocity], performance.now());
      },
      off: (pitch) => {
        this.synth.noteOff(own, pitch);
        this.waterfall.press(pitch, false);
        this.jam?.play([0x80, pitch, 64], performance.now());
      },
      control: (number, value) => this.jam?.play([0xb0, number, value], performance.now()),
    };
    this.draw();
    this.waterfall.element.focus();
    say("Count-in, then play: a MIDI keyboard, or the letter keys A to P");
  }
  private ticksPerQuarter = 12;

  private follow(status: Extract<JamEvent, { type: "status" }>): void {
    const { time, tick, bpm } = status;
    this.waterfall.plan({ time, tick, msPerTick: 60_000 / (bpm * this.ticksPerQuarter), ticksPerQuarter: this.ticksPerQuarter }, status.planned);
    const place = status.bar < 0 ? "count-in" : `bar ${status.bar + 1}.${status.beat + 1}`;
    const band = status.band ? `the band is ${RUNGS[status.rung] ?? status.rung}` : "the band listens";
    const late = this.late ? ` · ${this.late} late` : "";
    this.status.textContent = `${place} · ${Math.round(bpm)} bpm · ${band} · ${Math.round(this.jam?.trip ?? 0)} ms to the server${late}`;
    if (document.activeElement !== this.tempo) this.tempo.value = String(Math.round(bpm));
    if (this.muted !== status.muted) {
      this.muted = status.muted;
      this.drawParts();
    }
  }

  /** Each player has a voice of the synthesiser, away from those of the piece. */
  private voiceId(channel: number): number {
    return -1 - channel;
  }

  private sound(data: readonly number[], time: number): void {
    const [status, pitch, value] = data;
    const kind = status & 0xf0;
    const channel = status & 0x0f;
    const index = this.players.findIndex((p) => p.channel === channel);
    const player = this.players[index];
    const on = kind === 0x90 && value > 0;
    const off = kind === 0x80 || (kind === 0x90 && value === 0);
    if (!on && !off) return;
    const click = channel === DRUM_CHANNEL && CLICKS.includes(pitch);
    if (!player?.band && !click) {
      // The person's own notes sounded when they were played; here is what the band has heard.
      if (!player) return;
      return on ? this.waterfall.noteOn(index, pitch, time) : this.waterfall.noteOff(index, pitch, time);
    }
    const voice = { id: this.voiceId(channel), program: player?.program ?? DRUMS };
    const at = this.synth.timeOf(time);
    if (on) {
      if (at < this.synth.now) ++this.late;
      this.synth.noteOn(voice, pitch, value, Math.max(at, this.synth.now));
      if (!click) this.waterfall.noteOn(index, pitch, time);
    } else {
      this.synth.noteOff(voice, pitch, Math.max(at, this.synth.now));
      if (!click) this.waterfall.noteOff(index, pitch, time);
    }
  }

  private keepPiece(): void {
    if (!this.recorded) return;
    this.keep({ ...this.recorded, title: `Live, ${new Date().toLocaleString()}` });
    this.recorded = undefined;
    this.element.close();
  }

  // Keys and controls

  private key(e: KeyboardEvent): void {
    e.stopPropagation();
    if (!this.jam) return;
    const target = e.target as HTMLElement;
    if (target.matches("input[type=number], select")) return;
    if (this.input.key(e)) return e.preventDefault();
    if (e.key === " " && !target.matches("button")) {
      this.silence();
      e.preventDefault();
    }
  }
  /** Keys under a mouse or fingers. */
  private point(e: PointerEvent, down: boolean): void {
    const { live } = this.input;
    const held = this.pointed.get(e.pointerId);
    const key = down ? this.waterfall.keyAt(e.offsetX, e.offsetY) : undefined;
    if (!live || key?.pitch === held) return;
    if (held !== undefined) live.off(held);
    this.pointed.delete(e.pointerId);
    if (!key) return;
    this.pointed.set(e.pointerId, key.pitch);
    live.on(key.pitch, key.velocity);
  }
  private readonly pointed = new Map<number, number>(); // pitches by pointer
  private silence(): void {
    this.jam?.panic();
    this.synth.panic();
  }
  private get running(): boolean {
    return this.jam !== undefined;
  }

  private draw(): void {
    this.startButton.replaceChildren(icon(this.running ? "stop" : "play"), this.running ? "Stop" : "Start");
    this.keepButton.hidden = this.running || !this.recorded;
    if (!this.running && !this.recorded) this.status.textContent = "Choose a band, press Start, and play after the count-in.";
    const names = this.instruments();
    const lock = this.running;
    this.setup.disabled = lock;
    this.setup.replaceChildren(
      h("legend", { class: "sr-only" }, "Before you start"),
      h("label", { class: "row" }, "You play",
        h("select", { onchange: (e: Event) => (this.program = Number((e.target as HTMLSelectElement).value)) },
          ...names.slice(0, DRUMS).map((name, i) => h("option", { value: String(i), selected: i === this.program }, name)))),
      h("label", { class: "row" }, "The band",
        h("select", { onchange: (e: Event) => (this.mode = (e.target as HTMLSelectElement).value) },
          ...MODES.map(([mode, what]) => h("option", { value: mode, selected: mode === this.mode }, what)))),
      h("label", { class: "row check" }, "Metronome",
        h("input", { type: "checkbox", checked: this.metronome, onchange: (e: Event) => (this.metronome = (e.target as HTMLInputElement).checked) })));
    this.drawParts();
    this.controls.replaceChildren(
      this.parts,
      h("div", { class: "row tempo" }, h("span", { "aria-hidden": "true" }, "Tempo"), this.tempo,
        ...(this.running
          ? [h("button", { type: "button", "aria-label": "Slower", onclick: () => this.jam?.changeTempo(-TEMPO_STEP) }, "−"),
            h("button", { type: "button", "aria-label": "Faster", onclick: () => this.jam?.changeTempo(TEMPO_STEP) }, "+"),
            h("button", { type: "button", onclick: () => this.jam?.tap(performance.now()) }, "Tap"),
            this.mode === "respond" && h("button", { type: "button", onclick: () => this.jam?.handOver() }, "Your turn"),
            h("button", { type: "button", class: "danger", onclick: () => this.silence() }, "Silence")].filter((n): n is HTMLButtonElement => n !== false)
          : [])),
      this.keepButton);
    this.tempo.disabled = this.running;
  }

  /** Before the start who shall play, afterwards who is silent. */
  private drawParts(): void {
    const players = this.players.filter((p) => p.band);
    const names = this.running && players.length ? players.map((p) => p.name) : ROLES;
    this.parts.replaceChildren(...names.map((name, i) => {
      const number = this.players.findIndex((p) => p.band && p.name === name);
      const on = this.running ? (this.muted & (1 << i)) === 0 : this.roles.has(name);
      const chip = h("button", {
        type: "button", class: "chip", style: `--colour: var(--track-${(this.running ? number : ROLES.indexOf(name) + 1) % 10})`,
        onclick: () => {
          if (this.running) return this.jam!.mute(i);
          if (!this.roles.delete(name)) this.roles.add(name);
          else if (this.roles.size === 0) this.roles.add(name);
          this.drawParts();
        },
      }, name);
      toggle(chip, on);
      return chip;
    }));
  }

  /** For tests. */
  get shown(): { planned: number; heard: number; played: number } {
    return this.waterfall.counts;
  }
}
