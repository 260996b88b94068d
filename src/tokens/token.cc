#include "tokens/token.h"

#include <array>
#include <cstddef>

namespace sage {

std::string_view kind_name(Kind kind) {
  static constexpr std::array<std::string_view, kKindCount> kNames = {
      "Pad",           "Bos",     "Eos",      "Start",   "Hole",  "Fill",    "EndFill",  "Bar",
      "TimeSignature", "Tempo",   "Position", "Program", "Pitch", "Drum",    "Velocity", "Duration",
      "TimeShift",     "NoteOff", "DrumOff",  "Note",    "Beat",  "SubBeat", "Metrical"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view attribute_name(Attribute attribute) {
  static constexpr std::array<std::string_view, kAttributeCount> kNames = {
      "structure", "position", "program", "pitch", "velocity", "duration"};
  return kNames[static_cast<std::size_t>(attribute)];
}

}  // namespace sage
