// Puts the page together.
import "./style.css";
import { ServerBand } from "./band/server_band";
import { BandError, type About, type Band } from "./band/band";
import { emptyPiece, newTrack, noteCount, type Piece } from "./model/music";
import { allProjects, deleteProject, fromBase64, linkFor, newProjectId, pieceFromLink, projectFile, projectFromFile, saveProject, toBase64, type Project } from "./model/projects";
import { Store } from "./model/store";
import { JamView } from "./jam/jam_view";
import { Arrange } from "./roll/arrange";
import { listenToKeys } from "./roll/keys";
import { Roll } from "./roll/roll";
import { Input } from "./sound/input";
import { Player } from "./sound/player";
import { Synth } from "./sound/synth";
import { dialog, download, h, icon, iconButton, say, statusText, toast, toggle } from "./ui/dom";
import { chordForm, conductForm } from "./ui/lanes";
import { chooseTheme, type ThemeChoice } from "./ui/theme";
import { startTour } from "./ui/tour";
import { TrackList } from "./ui/tracks";
import { Transport, type Commands } from "./ui/transport";
import { WritePanel } from "./ui/write_panel";

const settings = {
  get: (name: string) => localStorage.getItem(`sage.${name}`),
  set: (name: string, value: string) => localStorage.setItem(`sage.${name}`, value),
};

function starter(): Piece {
  const piece = emptyPiece();
  const piano = newTrack(0, "Piano", []);
  return { ...piece, tracks: [piano] };
}

class App {
  readonly band: Band & { key: string } = new ServerBand("", settings.get("key") ?? "");
  readonly store = new Store(starter());
  readonly synth = new Synth();
  readonly player = new Player(this.store, this.synth);
  readonly input = new Input(this.store, this.player);
  private about?: About;
  private project: Project = { id: newProjectId(), modified: Date.now(), piece: this.store.piece, proposed: 0, accepted: 0 };
  private saving = 0;

  private readonly names = () => this.about?.instruments ?? [];
  private readonly tracks = new TrackList(this.store, this.names, (track) => this.preview(60, 90, track.id));
  private readonly panel = new WritePanel(this.store, this.band, this.names,
    (range) => void this.player.play(range), () => this.player.stop(), () => this.save());
  private readonly jam = new JamView(this.band, this.synth, this.input, this.names,
    (piece) => {
      this.open({ id: newProjectId(), modified: Date.now(), piece, proposed: 0, accepted: 0 });
      this.save();
    });
  private readonly transport: Transport;
  private readonly roll: Roll;
  private readonly arrange: Arrange;
  private readonly online = h("span", { class: "online" });
  private readonly savedNote = h("span", { class: "saved" });
  private readonly midiNote = h("button", { type: "button", class: "midi-note", onclick: () => void this.input.connect() }, "Connect MIDI keyboard");

  constructor() {
    this.transport = new Transport(this.store, this.player, this.commands());
    const rollCanvas = h("canvas", { tabIndex: 0, role: "application", "aria-label": "Piano roll. Arrows move the cursor or the selected notes, Enter draws or deletes a note, full stop and comma go from note to note." });
    const arrangeCanvas = h("canvas", { tabIndex: 0, role: "application", "aria-label": "Arrangement. Arrows choose a bar of a track, with Shift several." });
    const scroller = h("div", { class: "track-scroll", tabIndex: -1, onscroll: () => {
      this.arrange.scroll = scroller.scrollTop;
      this.arrange.draw();
    } }, this.tracks.element, h("button", { type: "button", class: "add-track", onclick: () => this.tracks.add(0) }, icon("plus"), "Add track"));
    const main = h("main", { class: "studio" },
      h("section", { class: "arrange-pane", "aria-label": "Tracks and arrangement" },
        h("div", { class: "track-pane" }, h("div", { class: "track-head" }, h("h2", {}, "Tracks"), this.tracks.addButton()), scroller),
        h("div", { class: "arrange-canvas" }, arrangeCanvas)),
      h("section", { class: "roll-pane", "aria-label": "Notes" }, h("div", { class: "roll-canvas" }, rollCanvas)),
      this.panel.element);
    const tabs = h("nav", { class: "tabs", "aria-label": "Views" },
      ...[["arrange", "Tracks"], ["roll", "Notes"], ["write", "Write"]].map(([view, label]) =>
        h("button", { type: "button", "data-view": view, "aria-pressed": String(view === "roll"), onclick: () => this.show(view) }, label)));
    document.getElementById("app")!.append(
      this.transport.element, main,
      this.panel.overNotes,
      h("footer", { class: "status" }, statusText(), this.midiNote, this.savedNote, this.online), tabs);
    document.body.dataset.view = "roll";
    const say2 = (text: string) => say(text);
    this.roll = new Roll(rollCanvas, this.store, {
      preview: (pitch, velocity) => this.preview(pitch, velocity),
      seek: (tick) => this.seek(tick),
      chordAt: (tick, x, y) => chordForm(this.store, tick, x, y),
      conductAt: (tick, x, y) => conductForm(this.store, tick, x, y),
      say: say2,
    });
    listenToKeys(this.roll);
    this.arrange = new Arrange(arrangeCanvas, this.store, {
      seek: (tick) => this.seek(tick),
      say: say2,
      scrolled: (y) => (scroller.scrollTop = y),
    });
    this.store.listen((changes) => {
      if (changes.has("piece")) {
        this.synth.keep(this.store.piece.tracks);
        this.save();
      }
    });
    this.synth.onState = (state) => {
      if (state === "loading") say("Loading instruments …");
      if (state === "ready") say("Instruments are ready");
      if (state === "failed") toast("The instruments could not be loaded; there is no sound.", "error");
    };
    this.input.onDevices = () => (this.midiNote.textContent = this.input.devices.length ? `MIDI: ${this.input.devices.join(", ")}` : "No MIDI keyboard found");
    addEventListener("keydown", (e) => this.key(e));
    this.listenToDrops();
    addEventListener("pagehide", () => this.saveNow());
  }

  private show(view: string): void {
    document.body.dataset.view = view;
    for (const tab of document.querySelectorAll(".tabs button")) toggle(tab as HTMLElement, (tab as HTMLElement).dataset.view === view);
  }

  private preview(pitch: number, velocity = 90, id = this.store.state.track): void {
    const track = this.store.piece.tracks.find((t) => t.id === id);
    if (!track || this.store.state.playing) return;
    if (this.synth.ready) this.synth.preview(track, pitch, velocity);
    else void this.synth.start().then(() => this.synth.preview(track, pitch, velocity)).catch(() => undefined);
  }

  private seek(tick: number): void {
    const playing = this.store.state.playing;
    this.store.setPlayhead(tick);
    if (playing) void this.player.play();
  }

  async start(): Promise<void> {
    chooseTheme((settings.get("theme") as ThemeChoice) ?? "auto");
    await this.connect();
    try {
      const linked = await pieceFromLink(location.hash);
      if (linked) {
        history.replaceState(null, "", location.pathname);
        this.open({ id: newProjectId(), modified: Date.now(), piece: linked, proposed: 0, accepted: 0 });
      } else {
        const last = (await allProjects())[0];
        if (last && noteCount(last.piece) > 0) this.open(last);
      }
    } catch (error) {
      toast(error instanceof Error ? error.message : "The link could not be read.", "error");
    }
    this.tracks["draw"]();
    this.roll.center();
    document.body.dataset.ready = "yes";
    if (!settings.get("toured")) {
      settings.set("toured", "yes");
      await startTour();
    }
  }

  private async connect(): Promise<void> {
    try {
      this.about = await this.band.about();
      this.online.textContent = `model ${this.about.model.slice(0, 8)}`;
      this.online.className = "online yes";
    } catch (error) {
      if (error instanceof BandError && error.code === "unauthorized") return this.askKey();
      this.online.textContent = "offline";
      this.online.className = "online no";
      toast(error instanceof Error ? error.message : "The server does not answer.", "error");
    }
    this.store.tell("piece");
  }

  private async askKey(): Promise<void> {
    const input = h("input", { type: "password", autocomplete: "off", "aria-label": "Key", required: true });
    const box = dialog("This server wants a key",
      h("form", { method: "dialog", class: "lane-form" },
        h("p", {}, "Whoever runs the server can give you one. It is kept in this browser."),
        h("label", { class: "row" }, "Key", input),
        h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, "Go on"))));
    await box.closed;
    if (!input.value) return;
    this.band.key = input.value;
    settings.set("key", input.value);
    await this.connect();
  }

  // Projects

  private open(project: Project): void {
    this.player.stop();
    this.project = project;
    this.store.open(project.piece);
    this.panel.setCounts({ proposed: project.proposed, accepted: project.accepted });
    this.roll.view.x = 0;
    this.roll.center();
  }
  private current(): Project {
    const { proposed, accepted } = this.panel.counts;
    return { ...this.project, piece: this.store.piece, proposed, accepted, modified: Date.now() };
  }
  private save(): void {
    clearTimeout(this.saving);
    this.savedNote.textContent = "";
    this.saving = window.setTimeout(() => this.saveNow(), 600);
  }
  private saveNow(): void {
    clearTimeout(this.saving);
    if (noteCount(this.store.piece) === 0 && !this.store.undoable) return;
    saveProject(this.current()).then(
      () => (this.savedNote.textContent = "Saved in this browser"),
      () => (this.savedNote.textContent = "Not saved: the browser keeps nothing"),
    );
  }

  private commands(): Commands {
    const { store, player } = this;
    const tell = (what: string | undefined, done: string) => say(what ? `${done}: ${what}` : `Nothing to ${done.toLowerCase()}`);
    return {
      newProject: () => {
        this.saveNow();
        this.open({ id: newProjectId(), modified: Date.now(), piece: starter(), proposed: 0, accepted: 0 });
      },
      openProject: () => void this.openDialog(),
      importFile: () => this.pickFile(),
      exportMidi: () => void this.exportMidi(),
      exportWav: () => void this.exportWav(),
      saveFile: () => download(`${fileName(store.piece)}.sage.json`, projectFile(this.current()), "application/json"),
      share: () => void this.share(),
      undo: () => tell(store.undo(), "Undone"),
      redo: () => tell(store.redo(), "Redone"),
      record: () => void this.record(),
      jam: () => {
        player.stop();
        this.saveNow();
        this.jam.open();
      },
      capture: () => {
        const count = this.input.capture();
        toast(count ? `${count} notes kept.` : "Play something first: on a MIDI keyboard, or press K and use the letter keys.");
      },
      panic: () => {
        player.stop();
        this.synth.panic();
      },
      theme: () => {
        const dark = getComputedStyle(document.documentElement).getPropertyValue("--dark").trim() === "1";
        chooseTheme(dark ? "light" : "dark");
        settings.set("theme", dark ? "light" : "dark");
      },
      help: () => this.help(),
      tour: () => void startTour(),
      typing: () => {
        this.input.typing = !this.input.typing;
        toggle(this.transport.typingButton, this.input.typing);
        say(this.input.typing ? "The letter keys A to P play notes; Z and X change the octave" : "The letter keys are commands again");
      },
      rename: (title) => store.edit({ ...store.piece, title }, "rename"),
    };
  }

  private async record(): Promise<void> {
    if (this.store.state.recording) return this.player.stop();
    if (!this.store.track || this.store.track.locked) return toast("Choose a track that is not locked.");
    this.player.stop();
    this.store.state.recording = true;
    this.player.countIn = true;
    this.player.metronome = true;
    await this.player.play();
  }

  private async openDialog(): Promise<void> {
    this.saveNow();
    const list = h("ul", { class: "projects" });
    const box = dialog("Your pieces in this browser", list);
    const fill = async () => {
      const projects = await allProjects();
      list.replaceChildren(...(projects.length ? projects.map((project) =>
        h("li", {},
          h("button", {
            type: "button", class: "project",
            onclick: () => {
              this.open(project);
              box.element.close();
            },
          }, h("span", { class: "name" }, project.piece.title), h("span", { class: "when" }, `${noteCount(project.piece)} notes · ${new Date(project.modified).toLocaleString()}`)),
          iconButton("trash", `Delete ${project.piece.title}`, () => void deleteProject(project.id).then(fill)))) : [h("li", {}, "None yet. What you write is kept here by itself.")]));
    };
    await fill();
  }

  // Files

  private pickFile(): void {
    const input = h("input", { type: "file", accept: ".mid,.midi,.kar,.rmi,.json", onchange: () => input.files?.[0] && void this.load(input.files[0]) });
    input.click();
  }
  private listenToDrops(): void {
    addEventListener("dragover", (e) => {
      e.preventDefault();
      document.body.classList.add("dropping");
    });
    addEventListener("dragleave", (e) => e.relatedTarget === null && document.body.classList.remove("dropping"));
    addEventListener("drop", (e) => {
      e.preventDefault();
      document.body.classList.remove("dropping");
      const file = e.dataTransfer?.files[0];
      if (file) void this.load(file);
    });
  }
  private async load(file: File): Promise<void> {
    try {
      this.saveNow();
      if (file.size > 12 << 20) throw new Error("The file is larger than 12 MiB.");
      if (/\.json$/i.test(file.name)) return this.open(projectFromFile(await file.text()));
      const piece = await this.band.read(toBase64(new Uint8Array(await file.arrayBuffer())));
      this.open({ id: newProjectId(), modified: Date.now(), piece: { ...piece, title: file.name.replace(/\.\w+$/, "") }, proposed: 0, accepted: 0 });
      this.save();
      say(`${file.name}: ${piece.tracks.length} tracks, ${noteCount(piece)} notes`);
    } catch (error) {
      toast(`${file.name}: ${error instanceof Error ? error.message : "cannot be read"}`, "error");
    }
  }
  private async exportMidi(): Promise<void> {
    try {
      download(`${fileName(this.store.piece)}.mid`, fromBase64(await this.band.write(this.store.piece)), "audio/midi");
    } catch (error) {
      toast(error instanceof Error ? error.message : "The file could not be written.", "error");
    }
  }
  private async exportWav(): Promise<void> {
    try {
      toast("Rendering …");
      download(`${fileName(this.store.piece)}.wav`, await this.band.render(this.store.piece));
    } catch (error) {
      toast(error instanceof Error ? error.message : "The sound could not be rendered.", "error");
    }
  }
  private async share(): Promise<void> {
    const link = await linkFor(this.store.piece);
    if (!link) return toast("The piece is too large for a link. Save it as a project file instead.");
    await navigator.clipboard.writeText(link);
    toast("The link is copied. It holds the whole piece.");
  }

  // Keys

  private key(e: KeyboardEvent): void {
    const target = e.target as HTMLElement;
    const writing = target.matches("input[type=text], input[type=number], input[type=password], select, textarea");
    const inDialog = target.closest("dialog:modal, .popover, .tour-card") !== null;
    if (inDialog || document.querySelector("dialog:modal")) return;
    const commands = this.commandsOnce;
    if (e.ctrlKey || e.metaKey) {
      const act: Record<string, () => void> = { z: e.shiftKey ? commands.redo : commands.undo, y: commands.redo, s: commands.saveFile, o: commands.openProject, e: commands.exportMidi, i: commands.importFile };
      const found = act[e.key.toLowerCase()];
      if (!found || writing) return;
      e.preventDefault();
      return found();
    }
    if (writing || e.altKey) return;
    if (this.input.key(e)) return e.preventDefault();
    const onButton = target.matches("button, summary, input[type=range]");
    const proposing = this.store.state.proposal !== undefined;
    const act: Record<string, (() => void) | undefined> = {
      " ": onButton ? undefined : () => void this.player.toggle(),
      Home: () => this.seek(0),
      p: () => void this.panel.propose(),
      n: proposing ? () => this.panel.step(1) : undefined,
      N: proposing ? () => this.panel.step(-1) : undefined,
      Enter: proposing && !onButton ? () => this.panel.accept() : undefined,
      Escape: proposing ? () => this.panel.reject() : () => commands.panic(),
      l: proposing ? () => void (this.store.state.playing ? this.player.stop() : this.player.play(this.store.state.proposal!.range)) : undefined,
      m: () => {
        this.player.metronome = !this.player.metronome;
        this.player.countIn = this.player.metronome;
        this.transport.draw();
      },
      r: () => void this.record(),
      c: commands.capture,
      k: commands.typing,
      j: commands.jam,
      "1": () => this.transport.pick("select"),
      "2": () => this.transport.pick("draw"),
      "?": commands.help,
    };
    const found = act[e.key];
    if (!found) return;
    e.preventDefault();
    found();
  }
  private readonly commandsOnce = this.commands();

  private help(): void {
    const table = (title: string, rows: [string, string][]) =>
      h("section", {}, h("h3", {}, title), h("dl", { class: "keys" }, ...rows.flatMap(([keys, what]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, what)])));
    dialog("Keys and help",
      h("div", { class: "help-columns" },
        table("Write together", [["P", "propose"], ["N", "next proposal"], ["L", "listen to it"], ["Enter", "accept"], ["Esc", "reject"]]),
        table("Play", [["Space", "play, stop"], ["Home", "to the start"], ["R", "record with count-in"], ["C", "keep what was just played"], ["K", "letter keys play notes"], ["J", "play live with a band"], ["M", "metronome"]]),
        table("Notes", [["arrows", "move cursor or selected notes"], ["Shift+arrows", "by beat, by octave"], ["Enter", "draw or delete at the cursor"], [". ,", "next, previous note"], ["Q", "snap to grid"], ["[ ]", "shorter, longer"], ["{ }", "softer, harder"], ["Ctrl+A C X V D", "all, copy, cut, paste, repeat"], ["Del", "delete"], ["+ −", "zoom"]]),
        table("Pointer", [["drag", "select, move; at a note's end resize"], ["double click", "draw"], ["right click", "delete"], ["Alt+drag", "copy"], ["wheel", "scroll; with Ctrl zoom"]]),
        table("Arrangement", [["arrows", "choose a bar"], ["Shift+arrows", "more bars and tracks"], ["Ctrl+C V", "copy, paste bars"], ["Del", "clear bars"]])),
      h("div", { class: "buttons" },
        h("button", { type: "button", onclick: (e: Event) => {
          (e.target as HTMLElement).closest("dialog")!.close();
          void startTour();
        } }, "Tour of five steps"),
        h("button", { type: "button", onclick: () => this.commandsOnce.panic() }, "Panic: all notes off")));
  }
}

function fileName(piece: Piece): string {
  return piece.title.replace(/[^\p{L}\p{N} ._-]+/gu, "_").slice(0, 80) || "piece";
}

const app = new App();
// For tests and the console.
Object.assign(window, { sage: app });
void app.start();
