#include "live/transport.h"

#include <algorithm>

namespace sage::live {

Transport::Transport(int grid, double bpm, double start_us) : grid_(grid) {
  lines_.push_back({0, start_us, us_per_tick(bpm)});
}

double Transport::time_at(double tick) const {
  auto line = std::upper_bound(lines_.begin(), lines_.end(), tick,
                               [](double t, const Line& l) { return t < l.tick; });
  if (line != lines_.begin()) --line;
  return line->time_at(tick);
}

double Transport::tick_at(double time_us) const {
  auto line = std::upper_bound(lines_.begin(), lines_.end(), time_us,
                               [](double t, const Line& l) { return t < l.us; });
  if (line != lines_.begin()) --line;
  return line->tick_at(time_us);
}

double Transport::bpm_at(double tick) const {
  auto line = std::upper_bound(lines_.begin(), lines_.end(), tick,
                               [](double t, const Line& l) { return t < l.tick; });
  if (line != lines_.begin()) --line;
  return 60e6 / (line->us_per_tick * grid_);
}

void Transport::set_tempo(double tick, double bpm) {
  follow({tick, time_at(tick), us_per_tick(bpm)});
}

void Transport::follow(const Line& line) {
  std::erase_if(lines_, [&](const Line& old) { return old.tick >= line.tick; });
  lines_.push_back(line);
}

void Transport::ramp(double tick, double length, double from_bpm, double to_bpm) {
  for (double done = 0; done < length; ++done)
    set_tempo(tick + done, from_bpm + (to_bpm - from_bpm) * done / length);
  set_tempo(tick + length, to_bpm);
}

void Transport::forget(double tick) {
  while (lines_.size() > 1 && lines_[1].tick <= tick) lines_.erase(lines_.begin());
}

}  // namespace sage::live
