// The bars of a stream: those that have begun, those of the music that it begins with, and meter
// and tempo of the ones to come. Plain value; knows neither model nor tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "generate/stream_note.h"
#include "score/timeline.h"
#include "tokens/quantise.h"
#include "tokens/vocabulary.h"

namespace sage {

class StreamBars {
 public:
  struct TimedBar {
    Bar bar;
    std::uint32_t us_per_quarter = kDefaultTempo;
  };

  /// The vocabulary must outlive it. Precondition, of set_meter() too: the vocabulary has the
  /// meter.
  StreamBars(const Vocabulary& vocabulary, Meter meter, std::uint32_t us_per_quarter);

  /// Of the bars to come.
  void set_meter(Meter meter) { meter_ = meter; }
  void set_tempo(std::uint32_t us_per_quarter) { us_per_quarter_ = us_per_quarter; }

  /// The bar that a moment lies in, and its number from 0; also among the bars to come.
  Bar at(Tick time) const;
  int number(Tick time) const;

  std::size_t count() const { return bars_.size(); }
  const TimedBar& operator[](std::size_t number) const { return bars_[number]; }
  Tick end() const { return bars_.empty() ? Tick{0} : bars_.back().bar.end(); }

  /// The bars of the music that the stream begins with; they stay.
  void begin_with(const Quantised& piece);
  /// One more bar.
  void add();
  /// Takes back the added bars that begin at `time` or later.
  void rewind(Tick time);

  /// These notes over these bars, but for the guessed ones; one track a program, in `order`.
  Score score(std::span<const StreamNote> notes, std::span<const int> order) const;

 private:
  Tick length_to_come() const { return Tick{vocabulary_->bar_steps(meter_)}; }

  const Vocabulary* vocabulary_;
  Meter meter_;
  std::uint32_t us_per_quarter_;
  std::vector<TimedBar> bars_;
  std::size_t kept_ = 0;  // of the music that the stream begins with
};

}  // namespace sage
