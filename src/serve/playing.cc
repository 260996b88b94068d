#include "serve/playing.h"

#include <algorithm>
#include <utility>

namespace sage::serve {
namespace {

constexpr int kPhraseBars = 4;

Track& track_of(Score& score, int program) {
  for (Track& track : score.tracks)
    if (track.program_or_drum() == program) return track;
  Track& track = score.tracks.emplace_back();
  track.is_drum = program == kDrumProgram;
  track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
  return track;
}

}  // namespace

OnsetPlayer::OnsetPlayer(const Performer& performer, std::uint64_t seed, const Score& before,
                         Tick end)
    : performer_(performer), seed_(seed), kept_(before) {
  if (!plays() || end <= Tick{0}) return;
  // The last phrase of what stands before, counted from its first note on.
  const auto bars = bars_of(kept_, end);
  Tick from = end;
  if (bars && !bars->empty()) {
    Tick first = end;
    for (const Track& track : kept_.tracks)
      if (!track.notes.empty()) first = std::min(first, track.notes.front().onset);
    const auto sounds =
        std::find_if(bars->begin(), bars->end(), [&](const Bar& bar) { return bar.end() > first; });
    bars_ = static_cast<int>(bars->end() - sounds);
    if (bars_ > 0) from = (sounds + (bars_ - 1) / kPhraseBars * kPhraseBars)->start;
  }
  for (Track& track : kept_.tracks)
    std::erase_if(track.notes, [&](const Note& note) { return note.onset < from; });
  phrase_ = kept_;
  for (const MeterChange& change : kept_.meters)
    if (change.time <= end) meter_ = change.meter;
}

void OnsetPlayer::bar(Tick start) {
  bar_ = start;
  if (!plays() || bars_++ % kPhraseBars != 0) return;
  std::vector<MeterChange> meters = std::move(phrase_.meters);
  phrase_ = kept_;
  phrase_.meters = std::move(meters);
}

void OnsetPlayer::meter(Tick time, Meter meter) {
  phrase_.meters.push_back({time, meter});
  meter_ = meter;
}

void OnsetPlayer::onset(std::vector<Part>& parts) {
  if (!plays() || parts.empty()) return;
  for (const Part& part : parts) track_of(phrase_, part.program).notes.push_back(part.note);
  Score played = phrase_;
  const int left = kPhraseBars - (bars_ + kPhraseBars - 1) % kPhraseBars;
  const Tick length{std::int64_t{4} * phrase_.ticks_per_quarter * meter_.numerator /
                    meter_.denominator};
  if (!performer_.play(played, kept_, Tick{0}, seed_, bar_ + length * left))
    return;  // as they were written, then
  for (Part& part : parts) {
    const auto& notes = track_of(played, part.program).notes;
    const auto at = std::find_if(notes.rbegin(), notes.rend(), [&](const Note& note) {
      return note.onset == part.note.onset && note.pitch == part.note.pitch;
    });
    if (at != notes.rend()) part.note.velocity = at->velocity;
  }
}

}  // namespace sage::serve
