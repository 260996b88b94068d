// The bar at the top: files, undo, playing, grid and tools.
import type { Store } from "../model/store";
import type { Player } from "../sound/player";
import { h, icon, iconButton, menu, set, toggle } from "./dom";

export interface Commands {
  newProject(): void;
  openProject(): void;
  importFile(): void;
  exportMidi(): void;
  exportWav(): void;
  saveFile(): void;
  share(): void;
  undo(): void;
  redo(): void;
  record(): void;
  jam(): void;
  capture(): void;
  panic(): void;
  theme(): void;
  help(): void;
  tour(): void;
  typing(): void;
  rename(title: string): void;
}

const GRIDS: [number, string][] = [[1, "1/1"], [2, "1/2"], [4, "1/4"], [8, "1/8"], [12, "1/8 T"], [16, "1/16"], [24, "1/16 T"], [32, "1/32"], [0, "off"]];

export class Transport {
  readonly element: HTMLElement;
  readonly typingButton: HTMLButtonElement;
  private readonly title: HTMLInputElement;
  private readonly play: HTMLButtonElement;
  private readonly position = h("output", { class: "position", "aria-label": "Position" });
  private readonly clock = h("output", { class: "clock", "aria-hidden": "true" });
  private readonly bpm = h("output", { class: "bpm", "aria-label": "Tempo and meter" });
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;
  private readonly tools: Record<"select" | "draw", HTMLButtonElement>;
  private readonly record: HTMLButtonElement;
  private readonly metronome: HTMLButtonElement;
  private readonly loop: HTMLButtonElement;

  constructor(private readonly store: Store, private readonly player: Player, commands: Commands) {
    this.title = h("input", {
      class: "title", type: "text", maxLength: 120, "aria-label": "Title of the piece",
      onchange: () => commands.rename(this.title.value.trim() || "Untitled"),
      onkeydown: (e: KeyboardEvent) => {
        if (e.key === "Enter") this.title.blur();
      },
    });
    const files = h("button", {
      type: "button", class: "icon-button", id: "menu", "aria-label": "File", "aria-haspopup": "menu",
      onclick: () => menu(files, [
        { label: "New piece", act: commands.newProject },
        { label: "Open …", act: commands.openProject, keys: "Ctrl+O" },
        { label: "Import MIDI or project file …", act: commands.importFile, keys: "Ctrl+I" },
        { label: "Export MIDI", act: commands.exportMidi, keys: "Ctrl+E" },
        { label: "Export WAV", act: commands.exportWav },
        { label: "Save project file", act: commands.saveFile, keys: "Ctrl+S" },
        { label: "Copy link to this piece", act: commands.share },
      ]),
    }, icon("menu"));
    this.undo = iconButton("undo", "Undo", commands.undo, "Ctrl+Z");
    this.redo = iconButton("redo", "Redo", commands.redo, "Ctrl+Shift+Z");
    this.play = iconButton("play", "Play", () => void player.toggle(), "Space");
    this.play.classList.add("play");
    this.record = iconButton("record", "Record", commands.record, "R");
    this.record.classList.add("record");
    this.metronome = iconButton("metronome", "Metronome", () => {
      player.metronome = !player.metronome;
      player.countIn = player.metronome;
      this.draw();
    }, "M");
    this.loop = iconButton("loop", "Loop the chosen bars", () => {
      store.state.loop = !store.state.loop;
      this.draw();
    });
    this.tools = {
      select: iconButton("pointer", "Select tool", () => this.pick("select"), "1"),
      draw: iconButton("pencil", "Draw tool", () => this.pick("draw"), "2"),
    };
    this.typingButton = iconButton("keyboard", "Play notes with the computer keyboard", commands.typing, "K");
    toggle(this.typingButton, false);
    const grid = h("select", {
      "aria-label": "Grid", title: "Grid",
      onchange: () => {
        store.state.grid = Number(grid.value);
        store.tell("view");
      },
    }, ...GRIDS.map(([value, label]) => h("option", { value: String(value), selected: value === store.state.grid }, label)));
    this.element = h("header", { class: "transport" },
      h("div", { class: "group brand" }, files, h("span", { class: "logo", "aria-hidden": "true" }, "SAGE"), this.title),
      h("div", { class: "group" }, this.undo, this.redo),
      h("div", { class: "group centre" },
        iconButton("start", "Back to the start", () => {
          player.stop();
          store.setPlayhead(0);
        }, "Home"),
        this.play, this.record, h("div", { class: "times" }, this.position, this.clock, this.bpm), this.metronome, this.loop,
        iconButton("capture", "Keep what was just played", commands.capture, "C"),
        iconButton("band", "Play live with a band", commands.jam, "J")),
      h("div", { class: "group edit" }, this.tools.select, this.tools.draw, h("label", { class: "grid-choice" }, h("span", {}, "Grid"), grid), this.typingButton),
      h("div", { class: "group end" },
        iconButton("sun", "Light or dark", commands.theme),
        iconButton("help", "Keys and help", commands.help, "?")));
    store.listen((changes) => {
      if (changes.has("playhead") && changes.size === 1) this.drawTime();
      else this.draw();
    });
    this.draw();
  }

  pick(tool: "select" | "draw"): void {
    this.store.state.tool = tool;
    this.store.tell("view");
    this.draw();
  }
  draw(): void {
    const { store, player } = this;
    const { playing, recording, tool, loop, piece } = store.state;
    if (document.activeElement !== this.title) this.title.value = piece.title;
    document.title = `${piece.title} · SAGE-Music`;
    this.play.replaceChildren(icon(playing ? "stop" : "play"));
    set(this.play, { "aria-label": playing ? "Stop" : "Play", title: playing ? "Stop (Space)" : "Play (Space)" });
    toggle(this.record, recording);
    toggle(this.metronome, player.metronome);
    toggle(this.loop, loop);
    toggle(this.tools.select, tool === "select");
    toggle(this.tools.draw, tool === "draw");
    this.undo.disabled = !store.undoable;
    this.redo.disabled = !store.redoable;
    this.undo.title = store.undoable ? `Undo ${store.undoable} (Ctrl+Z)` : "Undo (Ctrl+Z)";
    this.redo.title = store.redoable ? `Redo ${store.redoable} (Ctrl+Shift+Z)` : "Redo (Ctrl+Shift+Z)";
    this.drawTime();
  }
  private drawTime(): void {
    const { timeline, state } = this.store;
    const seconds = timeline.seconds(state.playhead);
    this.position.textContent = timeline.position(state.playhead);
    this.clock.textContent = `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
    const { meter } = timeline.barAt(state.playhead);
    this.bpm.textContent = `${Math.round(timeline.bpm(state.playhead))} · ${meter.numerator}/${meter.denominator}`;
  }
}
