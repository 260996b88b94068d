// The band behind `sage-music serve`: HTTP with server-sent events.
import { DRUMS, type Piece } from "../model/music";
import { timelineOf } from "../model/time";
import {
  BandError,
  type About,
  type AccompanyWish,
  type Band,
  type BandEvent,
  type BandStream,
  type Choice,
  type ComposeWish,
  type ContinueWish,
  type InfillWish,
  type Jam,
  type VaryWish,
} from "./band";
import { refusalOf, ServerJam } from "./server_jam";
import { fromWire, toWire, type WireMusic } from "./wire";

/** One version of each proposal: the listener chooses, and judging several costs more than writing them. */
const VERSIONS = 1;

const CLIENT = Math.random().toString(36).slice(2, 12);

export class ServerBand implements Band {
  /** `key` where the server wants one. */
  constructor(private readonly base: string = "", public key: string = "") {}

  private async ask(path: string, body: unknown, accept: string, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: accept, "X-Sage-Client": CLIENT };
    if (this.key) headers.Authorization = `Bearer ${this.key}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await fetch(this.base + path, {
        method: body === undefined ? "GET" : "POST",
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new BandError("The server does not answer. Is sage-music serve still running?", "offline");
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  private async json<T>(path: string, body?: unknown): Promise<T> {
    return (await this.ask(path, body, "application/json")).json() as Promise<T>;
  }

  about(): Promise<About> {
    return this.json<About>("/v1/about");
  }

  compose(wish: ComposeWish, signal: AbortSignal): BandStream {
    return this.takes(
      {
        verb: "generate",
        bars: wish.bars,
        instruments: wish.programs,
        tempo: wish.bpm,
        meter: wish.meter && `${wish.meter.numerator}/${wish.meter.denominator}`,
      },
      wish,
      signal,
      wish.ticksPerQuarter / 480,
    );
  }

  continue(wish: ContinueWish, signal: AbortSignal): BandStream {
    return this.takes(
      { verb: "generate", music: toWire(wish.piece), prompt_bars: wish.promptBars, bars: wish.bars },
      wish,
      signal,
    );
  }

  infill(wish: InfillWish, signal: AbortSignal): BandStream {
    return this.takes(
      { verb: "infill", music: toWire(wish.piece), tracks: wish.tracks, bars: barsText(wish), takes: VERSIONS },
      wish,
      signal,
    );
  }

  /** Until the engine varies by itself: notes stay with the probability of the similarity. */
  async *vary(wish: VaryWish, signal: AbortSignal): BandStream {
    const timeline = timelineOf(wish.piece);
    const from = timeline.bars[wish.firstBar].start;
    const last = timeline.bars[wish.firstBar + wish.bars - 1];
    const to = last.start + last.length;
    for await (const event of this.infill(wish, signal)) {
      if (event.type === "take") yield* this.kept(wish, event.take, from, to);
      if (event.type === "note" && event.track !== undefined && wish.tracks.includes(event.track)) {
        const beat = Math.floor((event.onset - from) / wish.piece.ticksPerQuarter);
        if (stays(wish, event.take, event.track, beat)) continue;
      }
      yield event;
    }
  }
  private *kept(wish: VaryWish, take: number, from: number, to: number): Generator<BandEvent> {
    for (const index of wish.tracks) {
      const track = wish.piece.tracks[index];
      for (const note of track.notes) {
        if (note.onset < from || note.onset >= to) continue;
        const beat = Math.floor((note.onset - from) / wish.piece.ticksPerQuarter);
        if (stays(wish, take, index, beat))
          yield { type: "note", take, track: index, program: track.program, ...note };
      }
    }
  }

  accompany(wish: AccompanyWish, signal: AbortSignal): BandStream {
    // Tracks of the same instrument stay as they are: the new part is a track of its own.
    const taken = new Set(wish.piece.tracks.filter((t) => t.notes.length).map((t) => t.program));
    const programs = wish.programs.filter((p) => !taken.has(p));
    if (programs.length < wish.programs.length && programs.length === 0)
      throw new BandError("The piece has these instruments already: select them and rewrite bars.", "invalid_argument");
    return this.takes(
      { verb: "infill", music: toWire(wish.piece), instruments: programs, bars: barsText(wish), takes: VERSIONS },
      wish,
      signal,
    );
  }

  private async *takes(body: object, choice: Choice, signal: AbortSignal, scale = 1): BandStream {
    const response = await this.ask(
      "/v1/takes",
      {
        ...body,
        count: choice.takes,
        seed: choice.seed,
        temperature: choice.temperature,
        top_p: choice.topP,
        wishes: wishesOf(choice),
      },
      "text/event-stream",
      signal,
    );
    for await (const { name, data } of events(response)) {
      if (name === "error") throw new BandError(data.error.message, data.error.code);
      const event = eventOf(name, data, scale);
      if (event) yield event;
    }
  }

  jam(): Promise<Jam> {
    return ServerJam.open(this.base, this.key, () => refusalOf(() => this.json("/v1/jam")));
  }

  async read(file: string): Promise<Piece> {
    const answer = await this.json<{ music: WireMusic }>("/v1/read", { midi: file });
    return fromWire(answer.music, file);
  }
  async write(piece: Piece): Promise<string> {
    const body = { music: toWire(piece), ...(piece.file && { midi: piece.file }) };
    return (await this.json<{ midi: string }>("/v1/write", body)).midi;
  }
  async render(piece: Piece): Promise<Blob> {
    const heard = piece.tracks.some((t) => t.solo) ? piece.tracks.filter((t) => t.solo) : piece.tracks.filter((t) => !t.muted);
    return (await this.ask("/v1/render", { music: toWire(piece, heard), format: "wav" }, "audio/wav")).blob();
  }
}

function barsText(wish: { firstBar: number; bars: number }): string {
  return `${wish.firstBar + 1}-${wish.firstBar + wish.bars}`;
}

function wishesOf(choice: Choice): object | undefined {
  if (!choice.density && !choice.chords) return undefined;
  return { ...(choice.density && { density: { all: choice.density } }), ...(choice.chords && { chords: choice.chords }) };
}

/** Whether a beat of a track keeps its notes: the same answer each time for one take. */
function stays(wish: VaryWish, take: number, track: number, beat: number): boolean {
  let x = (wish.seed + take * 7919 + track * 104_729 + beat * 1_299_709) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b) >>> 0;
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32 < wish.similarity;
}

async function errorOf(response: Response): Promise<BandError> {
  try {
    const { error } = await response.json();
    return new BandError(error.message, error.code);
  } catch {
    return new BandError(`The server answered ${response.status}.`, "http");
  }
}

type Data = any;

function eventOf(name: string, d: Data, scale: number): BandEvent | undefined {
  const ticks = (x: number) => Math.round(x * scale);
  switch (name) {
    case "note":
      return {
        type: "note", take: d.take, track: d.track, program: d.program ?? DRUMS, onset: ticks(d.onset),
        duration: ticks(d.duration), pitch: d.pitch, velocity: d.velocity,
      };
    case "tempo":
      return { type: "tempo", take: d.take, onset: ticks(d.onset), usPerQuarter: d.us_per_quarter };
    case "meter":
      return { type: "meter", take: d.take, onset: ticks(d.onset), numerator: d.numerator, denominator: d.denominator };
    case "take":
      return { type: "take", take: d.take, seed: d.seed, velocities: d.velocities };
    case "done":
      return { type: "done" };
  }
  return undefined;
}

/** Server-sent events of a response. */
async function* events(response: Response): AsyncGenerator<{ name: string; data: Data }> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const lines = text.slice(0, end).split("\n");
        text = text.slice(end + 2);
        const name = lines.find((l) => l.startsWith("event: "))?.slice(7) ?? "message";
        const data = lines.filter((l) => l.startsWith("data: ")).map((l) => l.slice(6)).join("\n");
        yield { name, data: JSON.parse(data) };
      }
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
