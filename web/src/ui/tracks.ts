// The list of tracks: name, instrument, mute, solo, lock, volume, pan.
import { newTrack, withTrack, DRUMS, type Track } from "../model/music";
import type { Store } from "../model/store";
import { h, icon, iconButton, popover, say, toggle } from "./dom";

export class TrackList {
  readonly element = h("div", { class: "track-list", role: "list", "aria-label": "Tracks" });
  private readonly rows = new Map<number, { row: HTMLElement; of: Track; shown: boolean; others: number }>();

  constructor(
    private readonly store: Store,
    private readonly instruments: () => readonly string[],
    private readonly preview: (track: Track) => void,
  ) {
    store.listen((changes) => {
      if (changes.has("piece") || changes.has("track")) this.draw();
    });
    this.draw();
  }

  private draw(): void {
    const { tracks } = this.store.piece;
    const present = new Set(tracks.map((t) => t.id));
    for (const [id, { row }] of this.rows)
      if (!present.has(id)) {
        row.remove();
        this.rows.delete(id);
      }
    tracks.forEach((track, i) => {
      const shown = track.id === this.store.state.track;
      const kept = this.rows.get(track.id);
      let row = kept?.row;
      if (!kept || kept.of !== track || kept.shown !== shown || kept.others !== tracks.length) {
        const focus = row?.contains(document.activeElement) ? document.activeElement?.getAttribute("data-role") : null;
        row = this.row(track, shown);
        kept?.row.replaceWith(row);
        if (focus) (row.querySelector(`[data-role="${focus}"]`) as HTMLElement | null)?.focus();
        this.rows.set(track.id, { row, of: track, shown, others: tracks.length });
      }
      if (this.element.children[i] !== row) this.element.insertBefore(row!, this.element.children[i] ?? null);
    });
  }

  private edit(track: Track, what: string, change: (t: Track) => Track, gesture?: string): void {
    this.store.edit(withTrack(this.store.piece, track.id, change), what, gesture);
  }

  private row(track: Track, shown: boolean): HTMLElement {
    const names = this.instruments();
    const flag = (role: string, letter: Node | string, label: string, on: boolean, act: () => void) => {
      const button = h("button", { type: "button", class: `flag ${role}`, "data-role": role, "aria-label": `${label}: ${track.name}`, title: label, onclick: act }, letter);
      toggle(button, on);
      return button;
    };
    return h("div", {
      class: `track${shown ? " shown" : ""}`, role: "listitem", style: `--colour: var(--track-${track.colour})`,
      onpointerdown: (e: PointerEvent) => {
        if (!(e.target as HTMLElement).closest("button.flag")) this.store.showTrack(track.id);
      },
    },
      h("button", {
        type: "button", class: "track-name", "data-role": "name", "aria-current": shown ? "true" : undefined,
        title: `${track.name} · ${names[track.program] ?? ""}`,
        onclick: () => this.store.showTrack(track.id),
        ondblclick: (e: MouseEvent) => this.settings(track.id, e.clientX, e.clientY),
      }, h("span", { class: "swatch", "aria-hidden": "true" }), h("span", { class: "texts" }, h("span", { class: "name" }, track.name || names[track.program]), h("span", { class: "instrument" }, names[track.program] ?? ""))),
      h("div", { class: "flags" },
        flag("mute", "M", "Mute", track.muted, () => this.edit(track, track.muted ? "unmute" : "mute", (t) => ({ ...t, muted: !t.muted }))),
        flag("solo", "S", "Solo", track.solo, () => this.edit(track, "solo", (t) => ({ ...t, solo: !t.solo }))),
        flag("lock", icon(track.locked ? "lock" : "unlock"), "Lock", track.locked, () => {
          this.edit(track, track.locked ? "unlock track" : "lock track", (t) => ({ ...t, locked: !t.locked }));
          say(`${track.name} ${track.locked ? "unlocked" : "locked"}`);
        }),
        h("button", {
          type: "button", class: "flag more", "data-role": "more", "aria-label": `Settings of ${track.name}`, title: "Instrument, volume, pan, colour",
          onclick: (e: MouseEvent) => {
            const box = (e.currentTarget as HTMLElement).getBoundingClientRect();
            this.settings(track.id, box.left, box.bottom + 4);
          },
        }, icon("more"))));
  }

  /** Name, instrument, colour, volume, pan. */
  settings(id: number, x: number, y: number): void {
    const track = () => this.store.piece.tracks.find((t) => t.id === id)!;
    const start = track();
    const names = this.instruments();
    const change = (what: string, to: (t: Track) => Track, gesture?: string) => this.edit(track(), what, to, gesture);
    const slider = (label: string, value: number, set: (t: Track, v: number) => Track) =>
      h("label", { class: "row" }, label,
        h("input", {
          type: "range", min: "0", max: "127", value: String(value),
          oninput: (e: Event) => change(label.toLowerCase(), (t) => set(t, Number((e.target as HTMLInputElement).value)), `${label} ${id}`),
          onchange: () => this.store.settle(),
        }));
    const program = h("select", {
      onchange: (e: Event) => {
        const value = Number((e.target as HTMLSelectElement).value);
        change("change instrument", (t) => ({ ...t, program: value, name: t.name === names[t.program] ? names[value] : t.name }));
        this.preview(track());
      },
    }, ...names.map((name, i) => h("option", { value: String(i), selected: i === start.program }, i === DRUMS ? name : `${i + 1} ${name}`)));
    const form = popover(x, y, `Settings of ${start.name}`,
      h("form", { method: "dialog", class: "track-settings" },
        h("label", { class: "row" }, "Name",
          h("input", { type: "text", value: start.name, maxLength: 80, onchange: (e: Event) => change("rename track", (t) => ({ ...t, name: (e.target as HTMLInputElement).value })) })),
        h("label", { class: "row" }, "Instrument", program),
        slider("Volume", start.volume ?? 100, (t, volume) => ({ ...t, volume })),
        slider("Pan", start.pan ?? 64, (t, pan) => ({ ...t, pan })),
        h("fieldset", { class: "colours" }, h("legend", {}, "Colour"),
          ...Array.from({ length: 10 }, (_, i) =>
            h("button", {
              type: "button", class: "colour", style: `background: var(--track-${i})`, "aria-label": `Colour ${i + 1}`,
              onclick: () => change("change colour", (t) => ({ ...t, colour: i })),
            }))),
        h("div", { class: "buttons" },
          h("button", {
            type: "button", class: "danger",
            onclick: () => {
              form.close();
              this.store.edit({ ...this.store.piece, tracks: this.store.piece.tracks.filter((t) => t.id !== id) }, "delete track");
            },
          }, icon("trash"), "Delete track"),
          h("button", { type: "submit", class: "primary" }, "Done"))));
  }

  addButton(): HTMLElement {
    return iconButton("plus", "Add track", () => this.add(0));
  }
  add(program: number): void {
    const track = newTrack(program, this.instruments()[program] ?? "Track", this.store.piece.tracks);
    this.store.edit({ ...this.store.piece, tracks: [...this.store.piece.tracks, track] }, "add track");
    this.store.showTrack(track.id);
    const row = this.element.lastElementChild;
    queueMicrotask(() => {
      const box = (row ?? this.element).getBoundingClientRect();
      this.settings(track.id, box.left + 40, box.bottom);
    });
  }
}
