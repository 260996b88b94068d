#include "score/loudness.h"

#include <cstddef>

namespace sage {
namespace {

constexpr double kFlatShare = 0.8;

}  // namespace

bool has_flat_velocities(const Track& track) {
  if (track.notes.size() < 2) return true;
  std::size_t same = 0;
  for (std::size_t i = 1; i < track.notes.size(); ++i)
    if (track.notes[i].velocity == track.notes[i - 1].velocity) ++same;
  return static_cast<double>(same) >= kFlatShare * static_cast<double>(track.notes.size() - 1);
}

KeptNotes::KeptNotes(const Score& kept) {
  for (const Track& track : kept.tracks)
    for (const Note& note : track.notes) notes_.insert({track.program_or_drum(), note});
}

Track KeptNotes::rest_of(const Track& track) const {
  Track rest;
  for (const Note& note : track.notes)
    if (!has(track, note)) rest.notes.push_back(note);
  return rest;
}

std::optional<double> KeptNotes::loudness() const {
  if (notes_.empty()) return std::nullopt;
  double sum = 0;
  for (const auto& [program, note] : notes_) sum += note.velocity;
  return sum / static_cast<double>(notes_.size());
}

}  // namespace sage
