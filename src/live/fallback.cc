#include "live/fallback.h"

#include <array>

namespace sage::live {
namespace {

std::uint8_t nearest(int pitch, PitchClasses classes) {
  for (int distance = 0; distance <= 6; ++distance)
    for (const int candidate : {pitch - distance, pitch + distance})
      if (candidate >= 0 && candidate < 128 &&
          classes.test(static_cast<std::size_t>(candidate % 12)))
        return static_cast<std::uint8_t>(candidate);
  return static_cast<std::uint8_t>(pitch);
}

}  // namespace

const char* name_of(Rung rung) {
  static constexpr std::array<const char*, kRungs> names = {"fresh", "shorter", "plan", "repeat",
                                                            "rest"};
  return names[static_cast<std::size_t>(rung)];
}

std::vector<BandNote> repeat_bar(std::span<const BandNote> played, Tick from, Tick to, Tick bar,
                                 PitchClasses sounding) {
  std::vector<BandNote> again;
  for (BandNote note : played) {
    note.note.onset += bar;
    if (note.note.onset < from || note.note.onset >= to) continue;
    if (note.program != kDrumProgram && sounding.any())
      note.note.pitch = nearest(note.note.pitch, sounding);
    again.push_back(note);
  }
  return again;
}

}  // namespace sage::live
