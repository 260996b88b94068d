#include "generate/played.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sage {
namespace {

/// The notes of a track that another one lacks. Sorts both.
std::vector<Note> difference(std::vector<Note> all, std::vector<Note> without) {
  std::sort(all.begin(), all.end());
  std::sort(without.begin(), without.end());
  std::vector<Note> rest;
  std::set_difference(all.begin(), all.end(), without.begin(), without.end(),
                      std::back_inserter(rest));
  return rest;
}

}  // namespace

Result<void> play_new_notes(const PlayNotes& play, const Score& kept, Tick from,
                            midi::NewMusic& music) {
  if (!play) return {};
  Score whole = kept;
  for (const midi::PartNotes& fresh : music.notes) {
    auto& notes = whole.tracks[fresh.part].notes;
    notes.insert(notes.end(), fresh.notes.begin(), fresh.notes.end());
  }
  for (const midi::AddedPart& added : music.added) {
    Track& track = whole.tracks.emplace_back();
    track.is_drum = added.program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : added.program);
    track.notes = added.notes;
  }
  for (Track& track : whole.tracks) std::sort(track.notes.begin(), track.notes.end());
  if (auto played = play(whole, kept, from); !played) return played;
  for (midi::PartNotes& fresh : music.notes)
    fresh.notes = difference(whole.tracks[fresh.part].notes, kept.tracks[fresh.part].notes);
  for (std::size_t i = 0; i < music.added.size(); ++i)
    music.added[i].notes = std::move(whole.tracks[kept.tracks.size() + i].notes);
  return {};
}

}  // namespace sage
