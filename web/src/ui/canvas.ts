// A canvas that fills its element, at the screen's own resolution, and draws once a frame at most.

export class Surface {
  readonly context: CanvasRenderingContext2D;
  width = 0; // CSS pixels
  height = 0;
  private due = false;

  constructor(readonly canvas: HTMLCanvasElement, private readonly paint: () => void) {
    this.context = canvas.getContext("2d", { alpha: false })!;
    new ResizeObserver(() => this.fit()).observe(canvas.parentElement!);
    this.fit();
  }

  private fit(): void {
    const box = this.canvas.parentElement!;
    const ratio = devicePixelRatio || 1;
    this.width = box.clientWidth;
    this.height = box.clientHeight;
    this.canvas.width = Math.max(1, Math.round(this.width * ratio));
    this.canvas.height = Math.max(1, Math.round(this.height * ratio));
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${this.height}px`;
    this.draw();
  }

  draw(): void {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      if (this.width === 0 || this.height === 0) return;
      const ratio = devicePixelRatio || 1;
      this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.paint();
    });
  }
}
