// A band without a model: a note a grid step, or what a test wants, at a cost that the test sets.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "live/band.h"

namespace sage::live::test {

class FakeBand final : public Band {
 public:
  explicit FakeBand(std::vector<int> programs)
      : programs_(std::move(programs)), playing_(programs_) {}

  int steps_a_tick = 1;   // of the model, before each tick's notes
  int every = 3;          // a note every so many ticks
  int length = 2;         // of a note
  int transposition = 0;  // follows the person: the last pitch that was heard, modulo 12

  int grid() const override { return 12; }
  void play(int program, const Note& note) override {
    told.push_back({program, note});
    const bool is_mine = std::find(programs_.begin(), programs_.end(), program) != programs_.end();
    if (!is_mine) transposition = note.pitch % 12;
    if (note.onset < written_) rewind(std::max(note.onset, committed_));
  }
  void hear(Tick time) override { heard = time; }
  bool write(Tick time, const std::function<bool()>& stop) override {
    for (; written_ < time; written_ += Tick{1}) {
      for (int step = 0; step < steps_a_tick; ++step)
        if (stop && stop()) return false;
      if (written_ < committed_ || written_.count % every != 0) continue;
      for (const int program : playing_)
        mine_.push_back(
            {program,
             {written_, Tick{length},
              static_cast<std::uint8_t>(program == kDrumProgram ? 36 : 48 + transposition), 80}});
    }
    return true;
  }
  Tick written() const override { return written_; }
  void notes(Tick from, Tick to, std::vector<BandNote>& out) const override {
    for (const BandNote& note : mine_)
      if (note.note.onset >= from && note.note.onset < to) out.push_back(note);
  }
  void rewind(Tick time) override {
    written_ = std::min(written_, time);
    std::erase_if(mine_, [&](const BandNote& n) {
      return n.note.onset >= time && n.note.onset >= committed_;
    });
  }
  void commit(Tick time) override {
    committed_ = time;
    written_ = std::max(written_, time);
  }
  void set_playing(std::span<const int> programs) override {
    playing_.assign(programs.begin(), programs.end());
  }
  void set_tempo(double bpm) override { bpms.push_back(bpm); }
  void set_meter(Meter meter) override { meters.push_back(meter); }

  std::vector<BandNote> told;
  std::vector<double> bpms;
  std::vector<Meter> meters;
  Tick heard{0};

 private:
  std::vector<int> programs_, playing_;
  std::vector<BandNote> mine_;
  Tick written_{0}, committed_{0};
};

}  // namespace sage::live::test
