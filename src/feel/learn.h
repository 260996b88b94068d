// Learning a feel from drummers who played to a click.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feel/feel.h"

namespace sage {

/// A feel and the styles of drumming that it is learnt from, as data sets call them.
struct FeelKind {
  std::string_view name;
  bool swung;
  std::vector<std::string_view> styles;
};
std::span<const FeelKind> feel_kinds();

/// Collects performances of one feel. They must be in four quarters and have their true tempo.
class FeelLearner {
 public:
  /// `swung`: the offbeat is searched behind the middle of the quarter, rather than taken as there.
  FeelLearner(std::string name, bool swung) : name_(std::move(name)), swung_(swung) {}

  void add(const Score& score);
  /// The table of what was added. Deviations are relative to their mean over the performance,
  /// because a constant one is nobody's feel: it is the latency of the kit, or the way to play with
  /// a click.
  Feel learn() const;

 private:
  struct Played {
    double quarters;  // from the start of the bar
    double ms_a_quarter;
    double accent;
    DrumVoice voice;
    int performance;
  };
  double offbeat() const;

  std::string name_;
  bool swung_;
  int performances_ = 0;
  std::vector<Played> notes_;
};

}  // namespace sage
