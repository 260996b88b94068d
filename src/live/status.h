// What goes between a session and whoever watches and steers it: commands in, a status out. Plain
// values, copied through queues.
#pragma once

#include <array>
#include <cstdint>

#include "live/band.h"
#include "live/fallback.h"

namespace sage::live {

/// What a person at the controls asks for.
struct Command {
  enum class Kind { kHandOver, kPanic, kMute, kTempo, kTap, kStop };
  Kind kind = Kind::kStop;
  double value = 0;  // kMute: index of the band's part; kTempo: bpm to add
  std::int64_t time_us = 0;
};

/// What can be watched while it runs.
struct Status {
  struct Planned {
    double tick = 0, length = 0;
    std::uint8_t player = 0, pitch = 0;
  };
  std::int64_t time_us = 0;  // on the session's clock, when it is `tick`
  double tick = 0, bpm = 0;
  int bar = 0, beat = 0;  // from 0; the count-in is negative
  bool waiting = false;   // for somebody's clock
  bool band_plays = false;
  std::array<std::uint64_t, kRungs> rungs{};
  Rung rung = Rung::kFresh;
  double in_hand_ms = 0;  // between the last interval's being ready and its deadline
  int interval_ticks = 0;
  std::uint32_t muted = 0;  // a bit for each of the band's parts
  std::array<Planned, 64> planned{};
  int planned_count = 0;
  std::array<std::uint8_t, 8> keys{};  // the person's last notes, the newest first
  int key_count = 0;

  /// One more planned note; dropped where there is no room.
  void plan(const BandNote& note, std::uint8_t player) {
    if (planned_count == static_cast<int>(planned.size())) return;
    planned[static_cast<std::size_t>(planned_count++)] = {
        static_cast<double>(note.note.onset.count), static_cast<double>(note.note.duration.count),
        player, note.note.pitch};
  }
};

}  // namespace sage::live
