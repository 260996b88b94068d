#include "feel/accents.h"

#include <vector>

#include "feel/place.h"
#include "score/timeline.h"

namespace sage {

void accent_drums(Score& score, const Feel& feel, std::uint64_t seed, const KeptNotes& kept) {
  auto bars = bars_of(score, end_of(score));
  if (!bars || bars->empty()) return;
  const Places places(score.ticks_per_quarter, *std::move(bars), feel.offbeat);
  const std::optional<double> level = kept.loudness();
  Random random(seed);
  for (Track& track : score.tracks) {
    if (!track.is_drum || !has_flat_velocities(kept.rest_of(track))) continue;
    for (Note& note : track.notes) {
      if (kept.has(track, note)) continue;
      const FeelCell& cell = feel.cell(drum_voice_of(note.pitch), places.of(note.onset).slot);
      note.velocity = accented(level.value_or(note.velocity), cell, 1, random);
    }
  }
}

}  // namespace sage
