// What a live session is to be, as plain data with defaults.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "live/lineup.h"
#include "score/score.h"

namespace sage::live {

struct TempoPoint {
  double tick = 0;
  double bpm = 120;
};

struct SessionOptions {
  Lineup lineup;
  double bpm = 120;
  std::vector<TempoPoint> tempos;   // changes after tick 0
  std::vector<MeterChange> meters;  // in grid ticks; empty: 4/4
  Tick end{0};                      // 0: until stopped

  std::string mode = "accompany";
  int phrase_bars = 4;
  int listen_bars = 0;  // silent at first
  int count_in_bars = 1;
  bool metronome = false;  // clicks after the count-in too

  bool follow_clock = false;  // MIDI clock at the input: it starts and stops the session
  bool send_clock = false;
  bool thru = false;        // the person sounds at the output
  bool any_channel = true;  // all channels of the input are the person's
  bool active_sensing = false;
  bool follow_loudness = true;

  Tick interval{0};                  // 0: measured, see Pace
  std::int64_t output_delay_us = 0;  // of the output device, made up for
  std::int64_t input_delay_us = 0;
  int most_held = 64;
};

}  // namespace sage::live
