// Writing together: what to ask, where, how freely; then the proposals to hear, take or leave.
import { BandError, DENSITY_WORDS, type Band, type BandStream, type Choice, type DensityWord } from "../band/band";
import { collect, type Target } from "../band/collect";
import { progression } from "../model/edit";
import { accepted, shownTake } from "../model/proposal";
import { noteCount, type Piece } from "../model/music";
import type { Proposal, Range, Store } from "../model/store";
import { timelineOf } from "../model/time";
import { h, icon, iconButton, say, toast, toggle } from "./dom";

type Verb = "infill" | "vary" | "accompany" | "continue" | "compose";
const VERBS: { verb: Verb; label: string; help: string }[] = [
  { verb: "infill", label: "Rewrite", help: "New notes for the chosen tracks and bars. All else stays." },
  { verb: "vary", label: "Vary", help: "As Rewrite, but near to what is there." },
  { verb: "accompany", label: "Add part", help: "A new instrument for the chosen bars." },
  { verb: "continue", label: "Continue", help: "New bars after the last one." },
  { verb: "compose", label: "Compose", help: "A new piece for the instruments you choose." },
];

export interface Counts {
  proposed: number;
  accepted: number;
}

interface Kept {
  label: string;
  proposal: Proposal;
  piece: Piece; // that it was made for
}

export class WritePanel {
  readonly element = h("section", { class: "write-panel", "aria-label": "Write together" });
  /** For narrow windows: the proposal, wherever one looks. */
  readonly overNotes = h("div", { class: "over-notes" });
  counts: Counts = { proposed: 0, accepted: 0 };
  private chosen: Verb = "infill";
  private surprise = 50; // 0..100
  private similarity = 60;
  private density: DensityWord | "" = "";
  private useChords = true;
  private takes = 3;
  private bars = 4; // of continue and compose
  private programs = new Set<number>([73, 0, 32, 128]);
  private extra = 33; // of accompany
  private bpm = 110;
  private meter = "4/4";
  private seed = Math.floor(Math.random() * 1e6);
  private running?: AbortController;
  private history: Kept[] = [];
  private madeFor?: Piece;

  constructor(
    private readonly store: Store,
    private readonly band: Band,
    private readonly instruments: () => readonly string[],
    private readonly audition: (range: { from: number; to: number }) => void,
    private readonly stopSound: () => void,
    private readonly changed: () => void,
  ) {
    store.listen((changes) => {
      if (changes.has("range") || changes.has("proposal") || changes.has("track")) this.draw();
      if (changes.has("piece")) {
        if (store.state.proposal && store.piece !== this.madeFor) this.drop();
        this.draw();
      }
      if (changes.has("playing")) this.drawAudition();
    });
    this.draw();
  }

  setCounts(counts: Counts): void {
    this.counts = counts;
    this.history = [];
    this.draw();
  }

  /** The rectangle to write in: the chosen one, or the track in the roll where the playhead is. */
  private range(): Range | undefined {
    const { state, piece, timeline } = this.store;
    const tracks = (ids: readonly number[]) => ids.filter((id) => piece.tracks.some((t) => t.id === id));
    if (state.range && tracks(state.range.tracks).length) return { ...state.range, tracks: tracks(state.range.tracks) };
    if (!this.store.track) return undefined;
    const bar = timeline.barAt(state.playhead);
    const last = timeline.bars[Math.min(bar.index + 1, timeline.bars.length - 1)];
    return { tracks: [state.track], from: bar.start, to: last.start + last.length };
  }

  private draw(): void {
    const focused = this.element.contains(document.activeElement) ? document.activeElement?.getAttribute("data-focus") : null;
    const { proposal } = this.store.state;
    this.element.replaceChildren(
      h("h2", {}, "Write together"),
      ...(proposal ? [this.proposalCard(proposal)] : this.form()),
      this.historyList(),
    );
    this.overNotes.replaceChildren(...(proposal ? [this.bar(proposal)] : []));
    if (focused) (this.element.querySelector(`[data-focus="${focused}"]`) as HTMLElement | null)?.focus();
  }

  /** An empty piece has nothing to rewrite. */
  private get verb(): Verb {
    return noteCount(this.store.piece) === 0 ? "compose" : this.chosen;
  }

  private form(): Node[] {
    const help = VERBS.find((v) => v.verb === this.verb)!.help;
    const empty = noteCount(this.store.piece) === 0;
    return [
      h("div", { class: "verbs", role: "radiogroup", "aria-label": "What to ask" },
        ...VERBS.map(({ verb, label }) =>
          h("button", {
            type: "button", role: "radio", "aria-checked": String(this.verb === verb), "data-focus": verb,
            disabled: empty && verb !== "compose",
            onclick: () => {
              this.chosen = verb;
              this.draw();
            },
          }, label))),
      h("p", { class: "help" }, help),
      ...(this.verb === "compose" ? this.composeFields() : this.verb === "continue" ? [this.barsField("New bars")] : this.placeFields()),
      this.verb === "vary" && this.slider("Similarity", "similarity", this.similarity, (v) => (this.similarity = v), "new", "alike"),
      this.slider("Surprise", "surprise", this.surprise, (v) => (this.surprise = v), "safe", "wild"),
      this.densityField(),
      this.verb !== "compose" && this.store.piece.chords.length > 0 && this.chordsField(),
      h("div", { class: "row" }, h("label", { for: "takes" }, "Proposals"),
        h("input", { id: "takes", "data-focus": "takes", type: "number", min: "1", max: "8", value: String(this.takes), onchange: (e: Event) => (this.takes = clamp(e, 1, 8)) })),
      h("button", { type: "button", class: "primary propose", "data-focus": "propose", "aria-keyshortcuts": "P", onclick: () => void this.propose() }, icon("wand"), "Propose", h("kbd", {}, "P")),
      this.countLine(),
    ].filter((n): n is HTMLElement => n !== false);
  }

  private countLine(): HTMLElement {
    const { accepted: taken, proposed } = this.counts;
    return h("p", { class: "counts" }, proposed ? `You took ${taken} of ${proposed} proposals in this piece.` : "You decide what stays. Nothing is written before you accept.");
  }

  private placeFields(): HTMLElement[] {
    const range = this.range();
    const { timeline, piece } = this.store;
    const first = range ? timeline.barAt(range.from).index + 1 : 1;
    const last = range ? timeline.barAt(range.to - 1).index + 1 : 1;
    const setBars = (a: number, b: number) => {
      const from = timeline.bars[Math.min(a, b) - 1];
      const to = timeline.bars[Math.max(a, b) - 1];
      this.store.setRange({ tracks: range?.tracks ?? [this.store.state.track], from: from.start, to: to.start + to.length });
    };
    const most = timeline.bars.length;
    const bars = h("div", { class: "row bars" }, h("span", {}, "Bars"),
      h("input", { type: "number", "aria-label": "First bar", "data-focus": "first", min: "1", max: String(most), value: String(first), onchange: (e: Event) => setBars(clamp(e, 1, most), Math.max(last, clamp(e, 1, most))) }),
      h("span", {}, "to"),
      h("input", { type: "number", "aria-label": "Last bar", "data-focus": "last", min: "1", max: String(most), value: String(last), onchange: (e: Event) => setBars(Math.min(first, clamp(e, 1, most)), clamp(e, 1, most)) }));
    if (this.verb === "accompany") return [bars, this.extraField()];
    const chips = h("div", { class: "chips", role: "group", "aria-label": "Tracks to write" },
      ...piece.tracks.map((track) => {
        const on = range?.tracks.includes(track.id) ?? false;
        const chip = h("button", {
          type: "button", class: "chip", style: `--colour: var(--track-${track.colour})`, disabled: track.locked, "data-focus": `chip${track.id}`,
          title: track.locked ? "locked" : track.name,
          onclick: () => {
            const ids = new Set(range?.tracks ?? []);
            if (!ids.delete(track.id)) ids.add(track.id);
            const ordered = piece.tracks.filter((t) => ids.has(t.id)).map((t) => t.id);
            this.store.setRange(ordered.length ? { tracks: ordered, from: range!.from, to: range!.to } : undefined);
          },
        }, track.locked && icon("lock"), track.name || this.instruments()[track.program]);
        toggle(chip, on && !track.locked);
        return chip;
      }));
    return [bars, chips];
  }

  private extraField(): HTMLElement {
    return h("label", { class: "row" }, "Instrument", this.instrumentSelect(this.extra, (p) => (this.extra = p), "extra"));
  }
  private instrumentSelect(value: number, set: (program: number) => void, focus: string): HTMLSelectElement {
    return h("select", { "data-focus": focus, onchange: (e: Event) => set(Number((e.target as HTMLSelectElement).value)) },
      ...this.instruments().map((name, i) => h("option", { value: String(i), selected: i === value }, name)));
  }
  private densityField(): HTMLElement {
    return h("label", { class: "row" }, "Density",
      h("select", { "data-focus": "density", onchange: (e: Event) => (this.density = (e.target as HTMLSelectElement).value as DensityWord | "") },
        h("option", { value: "", selected: this.density === "" }, "as it comes"),
        ...DENSITY_WORDS.map((word) => h("option", { value: word, selected: word === this.density }, word.replace("-", " ")))));
  }
  private chordsField(): HTMLElement {
    return h("label", { class: "row check" }, "Follow the chord lane",
      h("input", { type: "checkbox", "data-focus": "chords", checked: this.useChords, onchange: (e: Event) => (this.useChords = (e.target as HTMLInputElement).checked) }));
  }
  private barsField(label: string): HTMLElement {
    return h("label", { class: "row" }, label,
      h("input", { type: "number", "data-focus": "bars", min: "1", max: "64", value: String(this.bars), onchange: (e: Event) => (this.bars = clamp(e, 1, 64)) }));
  }

  private composeFields(): HTMLElement[] {
    const names = this.instruments();
    return [
      h("div", { class: "chips", role: "group", "aria-label": "Instruments" },
        ...[...this.programs].map((program) =>
          h("button", {
            type: "button", class: "chip", "aria-pressed": "true", "aria-label": `Remove ${names[program]}`, title: "Remove", style: "--colour: var(--accent)",
            onclick: () => {
              if (this.programs.size > 1) this.programs.delete(program);
              this.draw();
            },
          }, names[program] ?? String(program), icon("close"))),
        h("select", {
          class: "add", "aria-label": "Add instrument", "data-focus": "add",
          onchange: (e: Event) => {
            this.programs.add(Number((e.target as HTMLSelectElement).value));
            this.draw();
          },
        }, h("option", { selected: true, disabled: true }, "+ instrument"), ...names.map((name, i) => h("option", { value: String(i) }, name)))),
      this.barsField("Bars"),
      h("label", { class: "row" }, "Tempo",
        h("input", { type: "number", "data-focus": "bpm", min: "24", max: "240", value: String(this.bpm), onchange: (e: Event) => (this.bpm = clamp(e, 24, 240)) })),
      h("label", { class: "row" }, "Meter",
        h("select", { "data-focus": "meter", onchange: (e: Event) => (this.meter = (e.target as HTMLSelectElement).value) },
          ...["4/4", "3/4", "2/4", "6/8", "5/4", "7/8", "9/8", "12/8"].map((m) => h("option", { value: m, selected: m === this.meter }, m)))),
    ];
  }

  private slider(label: string, focus: string, value: number, set: (v: number) => void, low: string, high: string): HTMLElement {
    return h("div", { class: "dial" },
      h("label", { for: focus }, label),
      h("input", { id: focus, "data-focus": focus, type: "range", min: "0", max: "100", value: String(value), oninput: (e: Event) => set(Number((e.target as HTMLInputElement).value)) }),
      h("span", { class: "ends", "aria-hidden": "true" }, h("span", {}, low), h("span", {}, high)));
  }

  private proposalCard(proposal: Proposal): HTMLElement {
    const take = shownTake(proposal);
    const ready = proposal.takes.filter((t) => t.done).length;
    const names = this.instruments();
    const rows = (take?.ghosts ?? []).filter((g) => g.notes.length).map((ghost) => {
      const track = this.store.piece.tracks.find((t) => t.id === ghost.track);
      return h("li", { style: `--colour: ${track ? `var(--track-${track.colour})` : "var(--ghost)"}` },
        h("span", { class: "swatch" }), track?.name || names[ghost.program], h("span", { class: "count" }, `${ghost.notes.length} notes`));
    });
    const steps = h("div", { class: "steps" },
      iconButton("previous", "Previous proposal", () => this.step(-1), "Shift+N"),
      h("output", { "aria-live": "polite" }, take ? `${proposal.shown + 1} of ${Math.max(ready, proposal.shown + 1)}${proposal.running ? " …" : ""}` : "listening …"),
      iconButton("next", "Next proposal", () => this.step(1), "N"));
    return h("div", { class: "proposal", role: "group", "aria-label": "Proposal" },
      h("p", { class: "place" }, this.place(proposal)),
      proposal.message ? h("p", { class: "wrong", role: "alert" }, proposal.message) : steps,
      h("ul", { class: "ghosts" }, ...(rows.length || !take?.done ? rows : [h("li", {}, "Silence: no notes in these bars.")])),
      h("div", { class: "decide" },
        h("button", { type: "button", class: "primary", "data-focus": "accept", disabled: !take?.done, "aria-keyshortcuts": "Enter", onclick: () => this.accept() }, icon("check"), "Accept", h("kbd", {}, "↵")),
        h("button", { type: "button", "data-focus": "reject", "aria-keyshortcuts": "Escape", onclick: () => this.reject() }, icon("close"), "Reject", h("kbd", {}, "Esc"))),
      h("div", { class: "decide" },
        h("button", { type: "button", class: "audition", "data-focus": "audition", disabled: !take, onclick: () => (this.store.state.playing ? this.stopSound() : this.audition(proposal.range)) },
          icon(this.store.state.playing ? "stop" : "play"), this.store.state.playing ? "Stop" : "Listen", h("kbd", {}, "L")),
        h("button", { type: "button", "data-focus": "more", onclick: () => void this.propose() }, icon("dice"), "Other ones")),
      this.slider("Surprise", "surprise", this.surprise, (v) => (this.surprise = v), "safe", "wild"));
  }

  /** On a phone the notes have the whole window: the decision stands below them. */
  private bar(proposal: Proposal): HTMLElement {
    const take = shownTake(proposal);
    return h("div", { class: "proposal-bar", role: "group", "aria-label": "Proposal" },
      iconButton("previous", "Previous proposal", () => this.step(-1)),
      h("output", {}, take ? `${proposal.shown + 1} of ${proposal.takes.length}` : "…"),
      iconButton("next", "Next proposal", () => this.step(1)),
      iconButton(this.store.state.playing ? "stop" : "play", this.store.state.playing ? "Stop" : "Listen", () => (this.store.state.playing ? this.stopSound() : this.audition(proposal.range))),
      h("button", { type: "button", class: "primary", disabled: !take?.done, onclick: () => this.accept() }, icon("check"), "Accept"),
      iconButton("close", "Reject", () => this.reject()));
  }
  private drawAudition(): void {
    if (this.store.state.proposal) this.draw();
  }

  private place(proposal: Proposal): string {
    const { timeline, piece } = this.store;
    const names = proposal.range.tracks.flatMap((id) => piece.tracks.filter((t) => t.id === id).map((t) => t.name || this.instruments()[t.program]));
    if (names.length > 4) names.splice(3, names.length, `${names.length - 3} more`);
    const first = timeline.barAt(proposal.range.from).index + 1;
    const last = timeline.barAt(proposal.range.to - 1).index + 1;
    return `${proposal.verb}${names.length ? `: ${names.join(", ")}` : ""} · bars ${first}–${last}`;
  }

  private historyList(): HTMLElement {
    if (this.history.length === 0) return h("div", {});
    return h("details", { class: "history" },
      h("summary", {}, `Earlier proposals (${this.history.length})`),
      h("ul", {}, ...this.history.slice(0, 20).map((kept) =>
        h("li", {}, h("button", {
          type: "button",
          onclick: () => {
            this.madeFor = this.store.piece;
            this.store.setProposal({ ...kept.proposal, running: false });
          },
        }, kept.label)))));
  }

  private keep(proposal: Proposal): void {
    if (!proposal.takes.some((t) => t.done)) return;
    this.history = [{ label: `${this.place(proposal)} (${proposal.takes.length})`, proposal, piece: this.store.piece }, ...this.history.filter((k) => k.proposal.takes !== proposal.takes)];
  }

  step(by: number): void {
    const { proposal } = this.store.state;
    if (!proposal || proposal.takes.length === 0) return;
    const count = Math.max(1, proposal.takes.filter((t) => t.done).length);
    const shown = (proposal.shown + by + count) % count;
    this.store.setProposal({ ...proposal, shown });
    say(`Proposal ${shown + 1} of ${count}`);
    if (this.store.state.playing) this.audition(proposal.range);
  }

  accept(): void {
    const { proposal } = this.store.state;
    const take = shownTake(proposal);
    if (!proposal || !take?.done) return;
    this.running?.abort();
    const piece = accepted(this.store.piece, proposal, take, (p) => this.instruments()[p] ?? "Track");
    this.counts = { ...this.counts, accepted: this.counts.accepted + 1 };
    this.keep(proposal);
    this.madeFor = undefined;
    if (this.chosen === "compose") this.chosen = "infill"; // a second one would replace this piece
    this.store.setProposal(undefined);
    this.store.edit(piece, `accept: ${proposal.verb.toLowerCase()}`);
    say("Proposal accepted");
    this.changed();
  }

  reject(): void {
    const { proposal } = this.store.state;
    if (!proposal) return;
    this.running?.abort();
    this.keep(proposal);
    this.store.setProposal(undefined);
    if (this.store.state.playing) this.stopSound();
    say("Proposal rejected; the piece is as it was");
    this.changed();
  }
  private drop(): void {
    this.running?.abort();
    this.store.setProposal(undefined);
  }

  private choice(target: Target, firstBar: number, bars: number): Choice {
    const surprise = this.surprise / 100;
    return {
      seed: this.seed++,
      takes: this.takes,
      temperature: 0.7 + 0.6 * surprise,
      topP: 0.9 + 0.1 * surprise,
      density: this.density || undefined,
      chords: this.useChords && target.verb !== "compose" ? progression(target.piece, firstBar, target.verb === "continue" ? this.bars : bars) : undefined,
    };
  }

  async propose(): Promise<void> {
    const before = this.store.state.proposal;
    this.running?.abort();
    if (before) this.keep(before);
    const target = this.target(before?.range);
    if (!target) return;
    const running = (this.running = new AbortController());
    this.madeFor = this.store.piece;
    this.counts = { ...this.counts, proposed: this.counts.proposed + 1 };
    const label = VERBS.find((v) => v.verb === this.verb)!.label;
    const show = (proposal: Partial<Proposal>) => {
      if (this.running !== running) return;
      const now = this.store.state.proposal;
      this.store.setProposal({
        verb: label, range: target.range, takes: [], shown: 0, running: true,
        ...(now && now.range === target.range ? now : {}),
        ...proposal,
      });
    };
    this.store.setProposal(undefined);
    show({});
    performance.mark("propose");
    try {
      let first = true;
      for await (const takes of collect(target, this.stream(target, running.signal))) {
        if (first && takes.some((t) => t.ghosts.some((g) => g.notes.length))) {
          first = false;
          requestAnimationFrame(() => performance.measure("first ghost", "propose"));
        }
        show({ takes });
      }
      if (this.running === running) say(`${this.store.state.proposal?.takes.length ?? 0} proposals are ready`);
      show({ running: false });
    } catch (error) {
      if (running.signal.aborted) return;
      const message = error instanceof BandError ? error.message : "Something went wrong while writing.";
      if (!(error instanceof BandError)) console.error(error);
      toast(message, "error");
      if (this.store.state.proposal?.takes.some((t) => t.done)) show({ running: false });
      else if (this.running === running) this.store.setProposal(undefined);
    } finally {
      this.changed();
    }
  }

  private target(earlier?: Range): Target | undefined {
    const { piece, timeline } = this.store;
    if (this.verb === "compose") {
      const [numerator, denominator] = this.meter.split("/").map(Number);
      const bar = (piece.ticksPerQuarter * 4 * numerator) / denominator;
      const ids = piece.tracks.map((t) => t.id);
      return { verb: this.verb, piece, range: { tracks: ids, from: 0, to: Math.max(bar * this.bars, timeline.end) } };
    }
    if (this.verb === "continue") {
      const last = Math.max(...piece.tracks.flatMap((t) => t.notes.map((n) => n.onset)));
      const bar = timeline.barAt(last);
      const from = bar.start + bar.length;
      return { verb: this.verb, piece, range: { tracks: piece.tracks.filter((t) => !t.locked).map((t) => t.id), from, to: from + bar.length * this.bars } };
    }
    const range = earlier ?? this.range();
    if (!range) {
      toast("Add a track first, or compose a piece.");
      return undefined;
    }
    if (this.verb === "accompany") return { verb: this.verb, piece, range: { ...range, tracks: [] } };
    const free = range.tracks.filter((id) => !piece.tracks.find((t) => t.id === id)?.locked);
    if (free.length === 0) {
      toast("The chosen tracks are locked. Unlock one, or choose another.");
      return undefined;
    }
    return { verb: this.verb, piece, range: { ...range, tracks: free } };
  }

  private stream(target: Target, signal: AbortSignal): BandStream {
    const { piece, range } = target;
    const timeline = timelineOf(piece);
    const firstBar = timeline.barAt(range.from).index;
    const bars = timeline.barAt(range.to - 1).index - firstBar + 1;
    const choice = this.choice(target, firstBar, bars);
    const tracks = range.tracks.map((id) => piece.tracks.findIndex((t) => t.id === id));
    switch (target.verb) {
      case "compose": {
        const [numerator, denominator] = this.meter.split("/").map(Number);
        return this.band.compose({ ...choice, bars: this.bars, programs: [...this.programs], bpm: this.bpm, meter: { numerator, denominator }, ticksPerQuarter: piece.ticksPerQuarter }, signal);
      }
      case "continue":
        return this.band.continue({ ...choice, piece, promptBars: firstBar, bars: this.bars }, signal);
      case "vary":
        return this.band.vary({ ...choice, piece, tracks, firstBar, bars, similarity: this.similarity / 100 }, signal);
      case "accompany":
        return this.band.accompany({ ...choice, piece, programs: [this.extra], firstBar, bars }, signal);
      default:
        return this.band.infill({ ...choice, piece, tracks, firstBar, bars }, signal);
    }
  }

  choose(verb: Verb): void {
    this.chosen = verb;
    this.draw();
  }
}

function clamp(e: Event, low: number, high: number): number {
  const input = e.target as HTMLInputElement;
  const value = Math.max(low, Math.min(high, Math.round(Number(input.value) || low)));
  input.value = String(value);
  return value;
}
