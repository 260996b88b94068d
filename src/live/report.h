// What a session was like, in figures: how often the band was ready, how steady the output was,
// what went wrong. Computed from what was handed over and what was sent, not from what should have
// happened.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "live/conductor.h"

namespace sage::live {

struct Report {
  double interaction_success =
      1;                    // share of intervals that were written in time with all that was heard
  double staleness_ms = 0;  // mean age of what an interval answers, when it begins to sound
  struct Spread {
    double p50 = 0, p95 = 0, p99 = 0, p999 = 0, sd = 0;
  };
  Spread jitter_ms;  // |sent - due|; the deviation is of sent - due
  struct {
    double p50 = 0, p99 = 0;
  } first_reaction_ms;  // from the person's last note to the first note of the band that has heard
                        // it
  std::uint64_t lost = 0;     // notes handed to the output and not sent
  std::uint64_t doubled = 0;  // sent more often than asked for
  std::uint64_t stuck = 0;    // not released at the end
  std::uint64_t late = 0;     // sent more than 10 ms after they were due
  std::array<std::uint64_t, kRungs> rungs{};
  double tempo = 0;                               // bpm at the end
  double writing_ms_p50 = 0, writing_ms_p99 = 0;  // an interval
  double seconds = 0, bars = 0;
  std::uint64_t notes = 0;  // that the band played
  std::uint64_t human_notes = 0;
  std::uint64_t input_dropped = 0;  // messages for which there was no room
  std::uint64_t ignored = 0;        // notes of the person that were too many at once
  bool real_time = false;           // the output thread had real-time priority
};

/// Figures of a session that has ended.
Report report_of(const Conductor& conductor, const Lineup& lineup);

nlohmann::ordered_json to_json(const Report& report);

}  // namespace sage::live
