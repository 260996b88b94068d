#include "score/validate.h"

#include <algorithm>
#include <bit>
#include <string>

namespace sage {
namespace {

constexpr int kMost = 127;  // of seven bits

bool is_time(Tick t) { return t.count >= 0 && t.count <= kLastTick; }

tl::unexpected<Error> bad(const std::string& what) {
  return fail(ErrorCode::kInvalidArgument, "the score is not valid: " + what);
}

template <class Items>
bool are_sorted_times(const Items& items) {
  return std::all_of(items.begin(), items.end(), [](const auto& i) { return is_time(i.time); }) &&
         std::is_sorted(items.begin(), items.end(),
                        [](const auto& a, const auto& b) { return a.time < b.time; });
}

bool is_note(const Note& note) {
  return is_time(note.onset) && is_time(note.duration) && note.pitch <= kMost &&
         note.velocity <= kMost;
}

bool is_control(const Control& c) {
  return is_time(c.time) && c.number <= kMost && c.value <= kMost;
}

bool is_bend(const PitchBend& b) { return is_time(b.time) && b.value >= -8192 && b.value <= 8191; }

bool is_pressure(const Pressure& p) {
  return is_time(p.time) && p.value <= kMost &&
         (p.pitch <= kMost || p.pitch == Pressure::kWholeChannel);
}

Result<void> check_track(const Track& track, std::size_t number) {
  const std::string name = "track " + std::to_string(number + 1);
  if (track.program > kMost) return bad(name + " has program " + std::to_string(track.program));
  for (std::size_t i = 0; i < track.notes.size(); ++i)
    if (!is_note(track.notes[i]))
      return bad("note " + std::to_string(i + 1) + " of " + name +
                 " has a time, pitch or velocity out of range");
  const auto all = [](const auto& items, auto is) {
    return std::all_of(items.begin(), items.end(), is);
  };
  if (!all(track.controls, is_control) || !all(track.bends, is_bend) ||
      !all(track.pressures, is_pressure))
    return bad(name + " has a controller, bend or pressure out of range");
  return {};
}

}  // namespace

Result<void> validate(const Score& score) {
  if (score.ticks_per_quarter < 1 || score.ticks_per_quarter > 0x7fff)
    return bad(std::to_string(score.ticks_per_quarter) +
               " ticks a quarter note; there may be 1 to 32767");
  if (!are_sorted_times(score.tempos) || !are_sorted_times(score.meters))
    return bad("its tempos or meters are out of order or out of range");
  for (const TempoChange& tempo : score.tempos)
    if (tempo.us_per_quarter == 0) return bad("a tempo of no length");
  for (const auto& [time, meter] : score.meters)
    if (meter.numerator == 0 || !std::has_single_bit(meter.denominator))
      return bad("a meter of " + std::to_string(meter.numerator) + "/" +
                 std::to_string(meter.denominator));
  for (const KeySignature& key : score.keys)
    if (!is_time(key.time) || key.sharps < -7 || key.sharps > 7)
      return bad("a key of " + std::to_string(key.sharps) + " sharps");
  for (std::size_t i = 0; i < score.tracks.size(); ++i)
    if (auto ok = check_track(score.tracks[i], i); !ok) return ok;
  return {};
}

}  // namespace sage
