// Another machine's clock, by pings: the answer that came back fastest tells best how far it is
// ahead. All times are milliseconds.

interface Sample {
  trip: number;
  ahead: number;
}
const REMEMBERED = 16; // pings; clocks drift, so old ones are forgotten

export class RemoteClock {
  private samples: Sample[] = [];

  /** A ping that left and came back at these local times, and the other clock's time in between. */
  add(left: number, back: number, remote: number): void {
    this.samples.push({ trip: Math.max(0, back - left), ahead: remote - (left + back) / 2 });
    if (this.samples.length > REMEMBERED) this.samples.shift();
  }
  private get best(): Sample {
    return this.samples.reduce((a, b) => (b.trip < a.trip ? b : a), { trip: Infinity, ahead: 0 });
  }
  get known(): boolean {
    return this.samples.length > 0;
  }
  /** There and back; the estimate is wrong by half of it at most. */
  get trip(): number {
    return this.best.trip;
  }
  toRemote(local: number): number {
    return local + this.best.ahead;
  }
  toLocal(remote: number): number {
    return remote - this.best.ahead;
  }
}
