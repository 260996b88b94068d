// What a person sets on the plug-in, as plain data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sage::plugin {

enum class Mode : std::uint8_t {
  kAccompany,  // the roles play to what was played in the pass before
  kContinue,   // answers what was played: a pass of yours, a pass of the model's
  kFill,       // writes the chosen bars of what was played again
};

inline constexpr std::size_t kRoles = 4;
inline constexpr int kMostBars = 16;

struct Role {
  bool on = true;
  int program = 0;  // 0..127; 128: drums
  friend bool operator==(const Role&, const Role&) = default;
};

struct Settings {
  Mode mode = Mode::kAccompany;
  int bars = 4;         // of the loop
  int own_program = 0;  // what the person plays (channel 10: drums)
  int fill_from = 2;    // bars of the loop to fill, from 1
  int fill_to = 4;
  float surprise = 1.0F;  // temperature
  int density = 0;        // notes a bar of each role; 0: as the model likes
  int seed = 0;
  bool lock = false;     // keeps the part that plays
  bool programs = true;  // sends program changes, for General MIDI synthesisers
  std::array<Role, kRoles> roles = {{{true, 32}, {true, 0}, {false, 48}, {true, 128}}};

  friend bool operator==(const Settings&, const Settings&) = default;
};

/// MIDI channels, from 0: a role has its own; drums have channel 10, as in General MIDI.
inline int channel_of(std::size_t role, int program) {
  return program == 128 ? 9 : static_cast<int>(role) + 1;
}
/// Where a continuation or a fill plays: on the channel of what the person plays.
inline int own_channel(int program) { return program == 128 ? 9 : 0; }

}  // namespace sage::plugin
