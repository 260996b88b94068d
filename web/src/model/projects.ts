// Projects in the browser (IndexedDB), as files, and as links.
import { emptyPiece, type Note, type Piece } from "./music";

export interface Project {
  id: string;
  modified: number; // ms since 1970
  piece: Piece;
  proposed: number;
  accepted: number;
}

const STORE = "projects";

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open("sage-music", 1);
    open.onupgradeneeded = () => open.result.createObjectStore(STORE, { keyPath: "id" });
    open.onsuccess = () => resolve(open.result);
    open.onerror = () => reject(open.error);
  });
}

async function ask<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database();
  try {
    return await new Promise<T>((resolve, reject) => {
      const request = act(db.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    db.close();
  }
}

export const saveProject = (project: Project) => ask("readwrite", (s) => s.put(project));
export const deleteProject = (id: string) => ask("readwrite", (s) => s.delete(id));
export async function allProjects(): Promise<Project[]> {
  const projects = (await ask("readonly", (s) => s.getAll())) as Project[];
  return projects.sort((a, b) => b.modified - a.modified);
}

export function newProjectId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("");
}

const FORMAT = "sage-music project";

export function projectFile(project: Project): string {
  return JSON.stringify({ format: FORMAT, version: 1, ...project });
}

/** Refuses what is no project, with a reason. */
export function projectFromFile(text: string): Project {
  let json: Partial<Project> & { format?: string; version?: number };
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("This file is no project: it is not JSON.");
  }
  if (json.format !== FORMAT) throw new Error("This file is no SAGE-Music project.");
  if (json.version !== 1) throw new Error("This project was made by a newer version of the page.");
  return { id: newProjectId(), modified: Date.now(), piece: pieceFrom(json.piece), proposed: json.proposed ?? 0, accepted: json.accepted ?? 0 };
}

/** What came from outside, checked field by field. */
function pieceFrom(json: unknown): Piece {
  const piece = json as Piece;
  const whole = (x: unknown, low: number, high: number) => Number.isInteger(x) && (x as number) >= low && (x as number) <= high;
  const fine =
    piece && typeof piece === "object" && whole(piece.ticksPerQuarter, 1, 32767) && Array.isArray(piece.tracks) &&
    piece.tracks.every((t) =>
      whole(t.program, 0, 128) && typeof t.name === "string" && Array.isArray(t.notes) &&
      t.notes.every((n: Note) => whole(n.onset, 0, 2 ** 36) && whole(n.duration, 0, 2 ** 36) && whole(n.pitch, 0, 127) && whole(n.velocity, 1, 127)));
  if (!fine) throw new Error("This project is damaged.");
  return { ...emptyPiece(), ...piece };
}

const MOST_LINK = 8000; // characters

/** A small piece in a link; undefined where it is too large. */
export async function linkFor(piece: Piece): Promise<string | undefined> {
  const { file: _, ...rest } = piece;
  const stream = new Blob([JSON.stringify(rest)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const text = toBase64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  if (text.length > MOST_LINK) return undefined;
  return `${location.origin}${location.pathname}#piece=${text}`;
}

export async function pieceFromLink(hash: string): Promise<Piece | undefined> {
  const match = /^#piece=([\w-]+)$/.exec(hash);
  if (!match) return undefined;
  const bytes = fromBase64(match[1].replace(/-/g, "+").replace(/_/g, "/"));
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return pieceFrom(JSON.parse(await new Response(stream).text()));
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
