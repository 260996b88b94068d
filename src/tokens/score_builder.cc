#include "tokens/score_builder.h"

#include <algorithm>

namespace sage {

void ScoreBuilder::add(const ReadEvent& event) {
  switch (event.type) {
    case ReadEvent::Type::kMeter:
      score_.meters.push_back({event.onset, event.meter});
      break;
    case ReadEvent::Type::kTempo:
      score_.tempos.push_back({event.onset, event.us_per_quarter});
      break;
    case ReadEvent::Type::kNote:
      notes_[static_cast<std::size_t>(event.program)].push_back(
          {event.onset, event.duration, event.pitch, event.velocity});
      ++note_count_;
      break;
    default:
      break;
  }
}

Score ScoreBuilder::build() const {
  Score score = score_;
  for (int program = 0; program < kProgramCount; ++program) {
    const auto& notes = notes_[static_cast<std::size_t>(program)];
    if (notes.empty()) continue;
    Track track;
    track.is_drum = program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
    track.notes = notes;
    // In order already, but for the notes of filled holes.
    std::sort(track.notes.begin(), track.notes.end());
    score.tracks.push_back(std::move(track));
  }
  return score;
}

}  // namespace sage
