// What the plug-in plays in a pass of its loop. Immutable once it is made.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sage::plugin {

/// A note of a loop; times in quarter notes from its start.
struct LoopNote {
  double onset = 0, duration = 0;
  std::uint8_t channel = 0;  // from 0
  std::uint8_t pitch = 0, velocity = 0;
  friend bool operator==(const LoopNote&, const LoopNote&) = default;
};

/// A MIDI message at a time of the loop: a note, or a program change (which has no data2).
struct LoopEvent {
  double at = 0;
  std::uint8_t status = 0, data1 = 0, data2 = 0;
};

/// Which instrument a channel is to have.
struct ChannelProgram {
  std::uint8_t channel = 0, program = 0;
  friend bool operator==(const ChannelProgram&, const ChannelProgram&) = default;
};

struct Part {
  double quarters = 0;          // length of the loop
  std::vector<LoopNote> notes;  // for a picture and for saving
  std::vector<ChannelProgram> programs;
  std::vector<LoopEvent> events;  // both in order; programs first, offs before ons at one time
};

Part make_part(double quarters, std::vector<LoopNote> notes,
               std::vector<ChannelProgram> programs = {});

/// For the host's project file: "quarters;p channel program;...;onset duration channel pitch
/// velocity;...". A text that is none gives a part without notes.
std::string to_text(const Part& part);
Part part_from_text(std::string_view text);

}  // namespace sage::plugin
