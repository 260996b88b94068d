// What was heard, is planned and was played, as notes that fall towards a keyboard: what is to come
// stands above it, what has sounded drifts away below. Drums have columns of their own at the left.
import { Surface } from "../ui/canvas";
import { currentTheme, onTheme } from "../ui/theme";
import type { JamPlayer, Planned } from "../band/band";
import { DRUMS } from "../model/music";

const WIDE = { low: 28, high: 96 }; // E1 to C7
const NARROW = { low: 43, high: 84 }; // notes beyond stand at the edge
const NARROW_WIDTH = 600;
const AHEAD_MS = 2600; // from the top edge to the keyboard
const KEYBOARD = 56; // pixels
const LINE_AT = 0.66; // of the height
const REMEMBERED_MS = 4000;
const DRUM_COLUMNS: [string, number[]][] = [
  ["kick", [35, 36]], ["snare", [37, 38, 39, 40]], ["hat", [42, 44, 46]], ["tom", [41, 43, 45, 47, 48, 50]],
  ["cymbal", [49, 51, 52, 53, 55, 57, 59]], ["other", []],
];
const BLACK = new Set([1, 3, 6, 8, 10]);

interface Sounded {
  player: number;
  pitch: number;
  on: number; // milliseconds of performance.now()
  off?: number;
}
/** Musical time as the server last told it. */
export interface Line {
  time: number;
  tick: number;
  msPerTick: number;
  ticksPerQuarter: number;
}

export class Waterfall {
  readonly element: HTMLCanvasElement;
  private readonly surface: Surface;
  private players: readonly JamPlayer[] = [];
  private planned: readonly Planned[] = [];
  private line?: Line;
  private sounded: Sounded[] = [];
  private readonly pressed = new Set<number>(); // the person's keys, before they are heard
  private heard = 0;
  private played = 0;
  private frame = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.element = canvas;
    this.surface = new Surface(canvas, () => this.paint());
    onTheme(() => this.surface.draw());
  }

  /** A new session; nothing has sounded yet. */
  begin(players: readonly JamPlayer[]): void {
    this.players = players;
    this.sounded = [];
    this.planned = [];
    this.heard = this.played = 0;
    this.line = undefined;
    this.pressed.clear();
  }
  run(): void {
    cancelAnimationFrame(this.frame);
    const step = () => {
      this.surface.draw();
      this.frame = requestAnimationFrame(step);
    };
    step();
  }
  rest(): void {
    cancelAnimationFrame(this.frame);
    this.planned = [];
    this.pressed.clear();
    this.surface.draw();
  }

  plan(line: Line, planned: readonly Planned[]): void {
    this.line = line;
    this.planned = planned;
  }
  press(pitch: number, down: boolean): void {
    if (down) this.pressed.add(pitch);
    else this.pressed.delete(pitch);
  }
  noteOn(player: number, pitch: number, time: number): void {
    this.noteOff(player, pitch, time);
    this.sounded.push({ player, pitch, on: time });
    if (this.players[player].band) ++this.played;
    else ++this.heard;
    const oldest = performance.now() - REMEMBERED_MS;
    if (this.sounded.length > 64) this.sounded = this.sounded.filter((n) => n.off === undefined || n.off > oldest);
  }
  noteOff(player: number, pitch: number, time: number): void {
    for (const note of this.sounded)
      if (note.player === player && note.pitch === pitch && note.off === undefined) note.off = Math.max(time, note.on);
  }
  /** For tests: notes that are planned now, and that have sounded in this session. */
  get counts(): { planned: number; heard: number; played: number } {
    return { planned: this.planned.length, heard: this.heard, played: this.played };
  }

  // Places

  private get range(): { low: number; high: number } {
    return this.surface.width < NARROW_WIDTH ? NARROW : WIDE;
  }
  private get strip(): number {
    return this.players.some((p) => p.program === DRUMS) ? Math.min(276, this.surface.width * 0.2) : 0;
  }
  private get lineY(): number {
    return Math.round((this.surface.height - KEYBOARD) * LINE_AT);
  }
  private keyBox(pitch: number): [number, number] {
    const { low, high } = this.range;
    const width = (this.surface.width - this.strip) / (high - low + 1);
    return [this.strip + (Math.max(low, Math.min(high, pitch)) - low) * width, width];
  }
  /** The key at a place of the canvas, if any, and how hard it is struck: harder further down. */
  keyAt(x: number, y: number): { pitch: number; velocity: number } | undefined {
    const { low, high } = this.range;
    const down = (y - this.lineY) / KEYBOARD;
    if (x < this.strip || down < 0 || down > 1) return undefined;
    const pitch = low + Math.floor(((x - this.strip) / (this.surface.width - this.strip)) * (high - low + 1));
    return { pitch: Math.min(high, pitch), velocity: Math.round(60 + 50 * down) };
  }
  private drumBox(pitch: number): [number, number] {
    const found = DRUM_COLUMNS.findIndex(([, pitches]) => pitches.includes(pitch));
    const width = (this.strip - 10) / DRUM_COLUMNS.length;
    return [(found < 0 ? DRUM_COLUMNS.length - 1 : found) * width + 2, width - 2];
  }
  private boxOf(player: number, pitch: number): [number, number] {
    return this.players[player]?.program === DRUMS ? this.drumBox(pitch) : this.keyBox(pitch);
  }
  private colourOf(player: number): string {
    const theme = currentTheme();
    return this.players[player]?.band === false ? theme.accent : theme.tracks[player % theme.tracks.length];
  }

  // Painting

  private paint(): void {
    const { context: c, width, height } = this.surface;
    const theme = currentTheme();
    const now = performance.now();
    const perMs = this.lineY / AHEAD_MS;
    c.fillStyle = theme.back;
    c.fillRect(0, 0, width, height);
    c.fillStyle = theme.row;
    const { low, high } = this.range;
    for (let pitch = low; pitch <= high; ++pitch)
      if (BLACK.has(pitch % 12)) {
        const [x, w] = this.keyBox(pitch);
        c.fillRect(x, 0, w, height);
      }
    this.paintBeats(now, perMs);
    // Above the keyboard what is to come, below it what has been; the keyboard covers the seam.
    const yOf = (time: number) => (time > now ? this.lineY - (time - now) * perMs : this.lineY + KEYBOARD + (now - time) * perMs);
    const block = (player: number, pitch: number, from: number, to: number, solid: boolean) => {
      const [x, w] = this.boxOf(player, pitch);
      const piece = (top: number, bottom: number) => {
        if (bottom < 0 || top > height) return;
        c.beginPath();
        c.roundRect(x + 0.5, top, Math.max(2, w - 1), Math.max(4, bottom - top - 1), 3);
        if (solid) c.fill();
        else {
          c.globalAlpha = 0.28;
          c.fill();
          c.globalAlpha = 0.95;
          c.stroke();
          c.globalAlpha = 1;
        }
      };
      c.fillStyle = c.strokeStyle = this.colourOf(player);
      if (to > now) piece(yOf(to), this.lineY - Math.max(0, from - now) * perMs);
      if (from < now) piece(this.lineY + KEYBOARD + Math.max(0, now - to) * perMs, yOf(Math.min(from, now - 0.01)));
    };
    c.lineWidth = 1.25;
    if (this.line)
      for (const note of this.planned) {
        const from = this.timeOf(note.tick);
        if (from > now) block(note.player, note.pitch, from, from + note.length * this.line.msPerTick, false);
      }
    for (const note of this.sounded) {
      const held = note.off === undefined;
      c.globalAlpha = note.off !== undefined && note.off < now ? Math.max(0.15, 1 - (now - note.off) / REMEMBERED_MS) : 1;
      block(note.player, note.pitch, note.on, held ? Math.max(now, note.on + 40) : note.off!, true);
      c.globalAlpha = 1;
    }
    this.paintKeyboard(now);
  }

  private timeOf(tick: number): number {
    return this.line!.time + (tick - this.line!.tick) * this.line!.msPerTick;
  }

  private paintBeats(now: number, perMs: number): void {
    if (!this.line) return;
    const { context: c, width } = this.surface;
    const theme = currentTheme();
    const { ticksPerQuarter, msPerTick, time, tick } = this.line;
    const first = Math.ceil((tick + (now - time) / msPerTick) / ticksPerQuarter);
    for (let beat = first; ; ++beat) {
      const y = this.lineY - (this.timeOf(beat * ticksPerQuarter) - now) * perMs;
      if (y < 0) break;
      c.fillStyle = beat % 4 === 0 ? theme.bar : theme.beat;
      c.fillRect(0, Math.round(y), width, 1);
      if (beat % 4 === 0 && beat >= 0) {
        c.fillStyle = theme.faint;
        c.font = "11px system-ui, sans-serif";
        c.textBaseline = "bottom";
        c.fillText(String(beat / 4 + 1), width - 24, y - 2);
      }
    }
  }

  private paintKeyboard(now: number): void {
    const { context: c, width } = this.surface;
    const theme = currentTheme();
    const y = this.lineY;
    c.fillStyle = theme.panel;
    c.fillRect(0, y, width, KEYBOARD);
    const lit = new Map<string, string>();
    for (const note of this.sounded)
      if (note.on <= now && (note.off === undefined || note.off > now)) lit.set(`${this.players[note.player]?.program === DRUMS}${note.pitch}`, this.colourOf(note.player));
    for (const pitch of this.pressed) lit.set(`false${pitch}`, theme.accent);
    const { low, high } = this.range;
    const isBlack = (pitch: number) => BLACK.has(((pitch % 12) + 12) % 12);
    for (const black of [false, true])
      for (let pitch = low; pitch <= high; ++pitch) {
        if (isBlack(pitch) !== black) continue;
        const [x, w] = this.keyBox(pitch);
        c.fillStyle = lit.get(`false${pitch}`) ?? (black ? theme.keyBlack : theme.keyWhite);
        if (black) {
          c.fillRect(x, y, w, KEYBOARD * 0.6);
          continue;
        }
        // A white key reaches to the middle of the black ones beside it.
        const from = isBlack(pitch - 1) && pitch > low ? x - w / 2 : x;
        const to = isBlack(pitch + 1) && pitch < high ? x + 1.5 * w : x + w;
        c.fillRect(from, y, to - from, KEYBOARD);
        c.fillStyle = theme.bar;
        c.fillRect(Math.round(to) - 1, y, 1, KEYBOARD);
      }
    if (this.strip) {
      c.fillStyle = theme.panel;
      c.fillRect(0, y, this.strip - 4, KEYBOARD);
      c.font = "10px system-ui, sans-serif";
      c.textBaseline = "middle";
      c.textAlign = "center";
      DRUM_COLUMNS.forEach(([name, pitches]) => {
        const [x, w] = this.drumBox(pitches[0] ?? -1);
        const hit = this.sounded.find((n) => this.players[n.player]?.program === DRUMS && n.on <= now && now - n.on < 140 && this.drumBox(n.pitch)[0] === x);
        c.fillStyle = hit ? this.colourOf(hit.player) : theme.row;
        c.fillRect(x, y + 4, w, KEYBOARD - 8);
        c.fillStyle = hit ? theme.back : theme.faint;
        if (w > 24) c.fillText(w > 34 ? name : name.slice(0, 3), x + w / 2, y + KEYBOARD / 2);
      });
      c.textAlign = "left";
    }
    c.fillStyle = theme.bar;
    c.fillRect(0, y + KEYBOARD - 1, width, 1);
    c.fillStyle = theme.playhead;
    c.fillRect(0, y - 1, width, 2);
  }
}
