// Whose turn it is: a mode decides interval by interval whether the band plays. One file and one
// word each, in modes/.
#pragma once

#include <memory>
#include <span>
#include <string_view>

namespace sage::live {

/// What is known where the next interval begins.
struct Situation {
  int bar = 0;  // from 0
  bool begins_bar = false;
  int phrase_bars = 4;
  double bars_since_person = 0;  // since the person's last note ended; large before the first
  bool person_has_played = false;
  bool hand_over = false;  // the person has asked for it since the last interval
};

struct Turn {
  bool band = true;
  int layers = -1;    // how many of the band's parts play, in their order; -1: all
  bool loop = false;  // what was played in the first phrase is played again
};

class Mode {
 public:
  virtual ~Mode() = default;
  virtual Turn turn(const Situation& situation) = 0;
};

struct ModeWord {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Mode> (*make)();
};

/// Returns nullptr if no mode has this name.
const ModeWord* find_mode(std::string_view name);

}  // namespace sage::live

namespace sage {
/// A mode for every word of the list in CMakeLists.txt.
std::span<const live::ModeWord* const> mode_registry();
}  // namespace sage
