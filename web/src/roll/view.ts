// Where things are in the piano roll: ticks and pitches to pixels and back.

export const RULER = 24;
export const LANE = 20; // of chords, and of tempo, meter and key
export const TOP = RULER + 2 * LANE;
export const VELOCITY = 76;

export class View {
  x = 0; // pixels scrolled, of the grid
  y = 0;
  perQuarter = 58; // pixels of a quarter note
  ticksPerQuarter = 480;
  row = 14;
  left = 64; // of the grid: as wide as the names of rows
  width = 0; // of the whole canvas
  height = 0;

  get perTick(): number {
    return this.perQuarter / this.ticksPerQuarter;
  }
  get gridWidth(): number {
    return Math.max(1, this.width - this.left);
  }
  get gridHeight(): number {
    return Math.max(1, this.height - TOP - this.velocity);
  }
  get gridBottom(): number {
    return this.height - this.velocity;
  }
  /** A low window has no room for it. */
  get velocity(): number {
    return this.height < 320 ? 0 : VELOCITY;
  }

  xOf(tick: number): number {
    return this.left + tick * this.perTick - this.x;
  }
  tickAt(x: number): number {
    return (x - this.left + this.x) / this.perTick;
  }
  yOf(pitch: number): number {
    return TOP + (127 - pitch) * this.row - this.y;
  }
  pitchAt(y: number): number {
    return 127 - Math.floor((y - TOP + this.y) / this.row);
  }

  /** Keeps the window inside the music. */
  clamp(end: number): void {
    const room = this.gridWidth * 0.5;
    this.x = Math.max(0, Math.min(this.x, end * this.perTick - this.gridWidth + room));
    this.x = Math.max(0, this.x);
    this.y = Math.max(0, Math.min(this.y, 128 * this.row - this.gridHeight));
    this.y = Math.max(0, this.y);
  }
  zoom(factor: number, x: number, end: number): void {
    const tick = this.tickAt(x);
    this.perQuarter = Math.max(2, Math.min(960, this.perQuarter * factor));
    this.x = tick * this.perTick - (x - this.left);
    this.clamp(end);
  }
  zoomRows(factor: number, y: number, end: number): void {
    const pitch = (y - TOP + this.y) / this.row;
    this.row = Math.max(6, Math.min(32, this.row * factor));
    this.y = pitch * this.row - (y - TOP);
    this.clamp(end);
  }
  /** Scrolls so that a moment and a pitch can be seen. */
  reveal(tick: number, pitch: number | undefined, end: number): void {
    const x = this.xOf(tick);
    if (x < this.left || x > this.width - 24) this.x = tick * this.perTick - this.gridWidth * 0.2;
    if (pitch !== undefined) {
      const y = this.yOf(pitch);
      if (y < TOP || y > this.gridBottom - this.row) this.y = (127 - pitch) * this.row - this.gridHeight / 2;
    }
    this.clamp(end);
  }
}
