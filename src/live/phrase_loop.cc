#include "live/phrase_loop.h"

#include <algorithm>
#include <cmath>

namespace sage::live {

std::vector<BandNote> repeat_phrase(std::span<const HeardNote> heard,
                                    std::span<const BandNote> played, std::span<const int> programs,
                                    Tick length, Tick from, Tick to) {
  std::vector<BandNote> again;
  const Tick round_start = length * (from.count / length.count);
  for (const HeardNote& note : heard) {
    const Tick onset{std::max<std::int64_t>(0, std::llround(note.onset))};
    if (onset >= length) continue;
    const Tick place = onset + round_start;
    if (place < from || place >= to) continue;
    const double end = note.is_down ? static_cast<double>(length.count) : note.end;
    const Tick duration{std::max<std::int64_t>(1, std::llround(end - note.onset))};
    again.push_back({note.program, {place, duration, note.pitch, note.velocity}});
  }
  for (BandNote note : played) {
    if (std::find(programs.begin(), programs.end(), note.program) == programs.end()) continue;
    note.note.onset += length;
    if (note.note.onset >= from && note.note.onset < to) again.push_back(note);
  }
  return again;
}

}  // namespace sage::live
