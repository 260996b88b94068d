// What is proposed, beside the piece: how it looks and sounds before it is taken, and the piece when
// it is.
import { newTrack, sorted, type Note, type Piece, type Track } from "./music";
import type { Proposal, Take } from "./store";

export function shownTake(proposal: Proposal | undefined): Take | undefined {
  return proposal?.takes[proposal.shown];
}

/** Whether a note of the piece would go. */
export function isReplaced(proposal: Proposal, track: Track, note: Note): boolean {
  return (
    proposal.range.tracks.includes(track.id) &&
    note.onset >= proposal.range.from &&
    note.onset < proposal.range.to
  );
}

interface Heard {
  track: Track;
  notes: readonly Note[];
}

const cache = new WeakMap<Take, { piece: Piece; heard: Heard[] }>();

/** The tracks as they would be; those of the piece alone without a proposal. */
export function previewTracks(piece: Piece, proposal: Proposal | undefined): Heard[] {
  const take = shownTake(proposal);
  if (!proposal || !take) return piece.tracks.map((track) => ({ track, notes: track.notes }));
  const kept = cache.get(take);
  if (kept?.piece === piece) return kept.heard;
  const heard: Heard[] = piece.tracks.map((track) => {
    if (!proposal.range.tracks.includes(track.id)) return { track, notes: track.notes };
    const ghosts = take.ghosts.find((g) => g.track === track.id)?.notes ?? [];
    const rest = track.notes.filter((n) => !isReplaced(proposal, track, n));
    return { track, notes: sorted([...rest, ...ghosts]) };
  });
  take.ghosts.forEach((ghost, index) => {
    if (ghost.track !== undefined && piece.tracks.some((t) => t.id === ghost.track)) return;
    heard.push({ track: ghostTrack(ghost.program, index), notes: ghost.notes });
  });
  cache.set(take, { piece, heard });
  return heard;
}

/** A track that is not there yet; its id is no other track's. */
function ghostTrack(program: number, index: number): Track {
  return { ...newTrackLike(program), id: -1 - index };
}
function newTrackLike(program: number): Track {
  return { id: 0, name: "", program, colour: 0, muted: false, solo: false, locked: false, notes: [] };
}

/** The piece with a take of a proposal in it. */
export function accepted(piece: Piece, proposal: Proposal, take: Take, nameOf: (program: number) => string): Piece {
  // Music from nothing takes the place of everything.
  let tracks: Track[] = (take.changes ? [] : piece.tracks).map((track) => {
    if (!proposal.range.tracks.includes(track.id)) return track;
    const ghosts = take.ghosts.find((g) => g.track === track.id)?.notes ?? [];
    return {
      ...track,
      notes: sorted([...track.notes.filter((n) => !isReplaced(proposal, track, n)), ...ghosts]),
    };
  });
  for (const ghost of take.ghosts) {
    if (ghost.track !== undefined && piece.tracks.some((t) => t.id === ghost.track)) continue;
    tracks = [...tracks, { ...newTrack(ghost.program, nameOf(ghost.program), tracks), notes: sorted(ghost.notes) }];
  }
  return { ...piece, tracks, ...take.changes };
}
