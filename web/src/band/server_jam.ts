// A live session behind `sage-music serve`: a WebSocket, and the server's clock.
import { BandError, type Jam, type JamEvent, type JamWish } from "./band";
import { RemoteClock } from "./clock";
import { fromWire } from "./wire";

const FIRST_PINGS = 5;
const FIRST_PING_MS = 40;
const PING_MS = 2000;

type Data = any;

export class ServerJam implements Jam {
  private readonly clock = new RemoteClock();
  private readonly socket: WebSocket;
  private readonly pings = new Map<number, number>();
  private nextPing = 0;
  private timer = 0;
  private ended = false;
  onEvent: (event: JamEvent) => void = () => undefined;

  private constructor(base: string, key: string) {
    const url = new URL(`${base}/v1/jam`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(url, ["sage-music", ...(key ? [`key.${base64url(key)}`] : [])]);
  }

  /** Connected, with the clock known. `why` finds out what was wrong where the server refuses. */
  static async open(base: string, key: string, why: () => Promise<Error>): Promise<ServerJam> {
    const jam = new ServerJam(base, key);
    await new Promise<void>((resolve, reject) => {
      jam.socket.onopen = () => resolve();
      jam.socket.onclose = () => void why().then(reject);
    });
    jam.socket.onmessage = (e) => jam.hear(JSON.parse(e.data));
    jam.socket.onclose = () => jam.lost();
    for (let i = 0; i < FIRST_PINGS; ++i) {
      jam.ping();
      await new Promise((resolve) => setTimeout(resolve, FIRST_PING_MS));
    }
    jam.timer = window.setInterval(() => jam.ping(), PING_MS);
    return jam;
  }

  start(wish: JamWish): void {
    this.send({
      type: "start", instrument: wish.instrument, roles: wish.roles.join(","), mode: wish.mode, tempo: wish.bpm, phrase: wish.phrase,
      metronome: wish.metronome, seed: wish.seed, ahead: wish.aheadMs,
    });
  }

  play(data: readonly number[], time: number): void {
    this.send({ type: "midi", data, time: this.clock.toRemote(time) });
  }
  changeTempo(by: number): void {
    this.send({ type: "tempo", change: by });
  }
  tap(time: number): void {
    this.send({ type: "tap", time: this.clock.toRemote(time) });
  }
  mute(part: number): void {
    this.send({ type: "mute", part });
  }
  handOver(): void {
    this.send({ type: "hand_over" });
  }
  panic(): void {
    this.send({ type: "panic" });
  }
  stop(): void {
    this.send({ type: "stop" });
  }
  leave(): void {
    this.ended = true;
    clearInterval(this.timer);
    this.socket.close();
  }
  get trip(): number {
    return this.clock.trip;
  }

  private send(message: object): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
  private ping(): void {
    const id = this.nextPing++;
    this.pings.set(id, performance.now());
    this.send({ type: "ping", id });
  }

  private hear(d: Data): void {
    switch (d.type) {
      case "pong": {
        const left = this.pings.get(d.id);
        this.pings.delete(d.id);
        if (left !== undefined) this.clock.add(left, performance.now(), d.time);
        return;
      }
      case "ready":
        return this.onEvent({ type: "ready", ticksPerQuarter: d.ticks_per_quarter, players: d.players });
      case "status":
        return this.onEvent({
          type: "status", time: this.clock.toLocal(d.time), tick: d.tick, bpm: d.tempo, bar: d.bar, beat: d.beat, band: d.band, rung: d.rung,
          rungs: d.rungs, muted: d.muted,
          planned: d.planned.map(([tick, length, player, pitch]: number[]) => ({ tick, length, player, pitch })),
        });
      case "played":
        return this.onEvent({ type: "played", messages: d.messages.map(([time, ...data]: number[]) => ({ time: this.clock.toLocal(time), data })) });
      case "end":
        this.ended = true;
        return this.onEvent({ type: "end", notes: d.report.details.notes, inTime: d.report.interaction_success, piece: fromWire(d.music) });
      case "error":
        this.ended = true;
        return this.onEvent({ type: "error", message: d.error.message });
    }
  }
  private lost(): void {
    clearInterval(this.timer);
    if (!this.ended) this.onEvent({ type: "error", message: "The connection to the server was lost." });
    this.ended = true;
  }
}

/** What a refused connection was refused for: a browser does not say, so the route is asked again. */
export async function refusalOf(ask: () => Promise<unknown>): Promise<Error> {
  try {
    await ask();
  } catch (error) {
    if (error instanceof BandError && error.code !== "upgrade_required") return error;
  }
  return new BandError("The server takes no live session.", "refused");
}

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
