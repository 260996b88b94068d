// What the page knows at a moment: the piece with its past and future, what is selected, what the
// model proposes. Views listen and draw; they keep nothing of their own that matters.
import { emptyPiece, reserveIds, type Note, type Piece, type Track } from "./music";
import { timelineOf } from "./time";

/** Some bars of some tracks. */
export interface Range {
  readonly tracks: readonly number[]; // ids
  readonly from: number; // ticks, bar lines
  readonly to: number;
}

export interface GhostTrack {
  readonly track?: number; // id; none: a track that the piece lacks
  readonly program: number;
  readonly notes: readonly Note[];
}
/** One proposal: what the bars of the range would hold. */
export interface Take {
  readonly seed: number;
  readonly ghosts: readonly GhostTrack[];
  readonly done: boolean;
  readonly changes?: Partial<Piece>; // of music from nothing: its tempo and meter
}
export interface Proposal {
  readonly verb: string;
  readonly range: Range;
  readonly takes: readonly Take[];
  readonly shown: number; // index of the take
  readonly running: boolean;
  readonly message?: string; // what went wrong
}

export interface State {
  piece: Piece;
  track: number; // id of the one in the roll
  selected: ReadonlySet<Note>; // notes of that track
  range?: Range;
  proposal?: Proposal;
  playhead: number;
  playing: boolean;
  recording: boolean;
  grid: number; // steps a whole note; 0: off
  tool: "select" | "draw";
  loop: boolean;
}

export type Change =
  | "piece" | "track" | "selected" | "range" | "proposal" | "playhead" | "playing" | "view" | "saved";
type Listener = (changes: ReadonlySet<Change>) => void;

interface Past {
  piece: Piece;
  what: string;
}

const MOST_STEPS = 500;

export class Store {
  readonly state: State;
  private past: Past[] = [];
  private future: Past[] = [];
  private listeners: Listener[] = [];
  private pending = new Set<Change>();
  private merging?: string;

  constructor(piece: Piece = emptyPiece()) {
    this.state = {
      piece,
      track: piece.tracks[0]?.id ?? 0,
      selected: new Set(),
      playhead: 0,
      playing: false,
      recording: false,
      grid: 16,
      tool: "select",
      loop: false,
    };
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }
  tell(...changes: Change[]): void {
    if (this.pending.size === 0)
      queueMicrotask(() => {
        const told = this.pending;
        this.pending = new Set();
        for (const listener of this.listeners) listener(told);
      });
    for (const change of changes) this.pending.add(change);
  }

  get piece(): Piece {
    return this.state.piece;
  }
  get track(): Track | undefined {
    return this.state.piece.tracks.find((t) => t.id === this.state.track);
  }
  get timeline() {
    return timelineOf(this.state.piece);
  }
  /** Ticks of a grid step; 1 where the grid is off. */
  get step(): number {
    return this.state.grid ? (this.piece.ticksPerQuarter * 4) / this.state.grid : 1;
  }

  /**
   * A step that can be undone. Steps of one gesture share `gesture` and become one; the caller ends
   * it with settle().
   */
  edit(piece: Piece, what: string, gesture?: string): void {
    if (piece === this.state.piece) return;
    if (!gesture || this.merging !== gesture) {
      this.past.push({ piece: this.state.piece, what });
      if (this.past.length > MOST_STEPS) this.past.shift();
    }
    this.merging = gesture;
    this.future = [];
    this.show(piece);
  }
  settle(): void {
    this.merging = undefined;
  }
  get undoable(): string | undefined {
    return this.past[this.past.length - 1]?.what;
  }
  get redoable(): string | undefined {
    return this.future[this.future.length - 1]?.what;
  }
  undo(): string | undefined {
    return this.travel(this.past, this.future);
  }
  redo(): string | undefined {
    return this.travel(this.future, this.past);
  }
  private travel(from: Past[], to: Past[]): string | undefined {
    const step = from.pop();
    if (!step) return undefined;
    to.push({ piece: this.state.piece, what: step.what });
    this.merging = undefined;
    this.show(step.piece);
    return step.what;
  }
  private show(piece: Piece): void {
    this.state.piece = piece;
    if (!piece.tracks.some((t) => t.id === this.state.track)) this.state.track = piece.tracks[0]?.id ?? 0;
    const present = new Set(this.track?.notes);
    this.state.selected = new Set([...this.state.selected].filter((n) => present.has(n)));
    this.tell("piece", "selected");
  }

  /** Another piece altogether: nothing to undo. */
  open(piece: Piece): void {
    reserveIds(piece.tracks);
    this.past = [];
    this.future = [];
    this.merging = undefined;
    Object.assign(this.state, {
      piece,
      track: piece.tracks[0]?.id ?? 0,
      selected: new Set(),
      range: undefined,
      proposal: undefined,
      playhead: 0,
    });
    this.tell("piece", "track", "selected", "range", "proposal", "playhead");
  }

  select(notes: Iterable<Note>): void {
    this.state.selected = new Set(notes);
    this.tell("selected");
  }
  showTrack(id: number): void {
    if (id === this.state.track) return;
    this.state.track = id;
    this.state.selected = new Set();
    this.tell("track", "selected");
  }
  setRange(range: Range | undefined): void {
    this.state.range = range;
    this.tell("range");
  }
  setProposal(proposal: Proposal | undefined): void {
    this.state.proposal = proposal;
    this.tell("proposal");
  }
  setPlayhead(tick: number): void {
    this.state.playhead = Math.max(0, tick);
    this.tell("playhead");
  }
}
