// Notes begin where a pattern has them: x, one has to; o, one may; ., none does. Notes end at the
// latest where the next x of their instrument stands, so that its note finds room.
#include <algorithm>

#include "generate/constraint.h"

namespace sage {
namespace {

/// One instrument's pattern, bar by bar.
struct Pattern {
  int program = 0;
  std::vector<std::string> bars;

  const std::string& bar(int number) const {
    return bars[static_cast<std::size_t>(number) % bars.size()];
  }
  /// Where letter `i` of a bar stands, in steps.
  static int step_of(std::size_t i, std::size_t letters, int bar_steps) {
    const auto n = static_cast<int>(letters);
    return (bar_steps * static_cast<int>(i) + n - 1) / n;
  }
  /// The letter that stands exactly at a position; '.' between two.
  char at(int number, int position, int bar_steps) const {
    const std::string& letters = bar(number);
    for (std::size_t i = 0; i < letters.size(); ++i)
      if (step_of(i, letters.size(), bar_steps) == position) return letters[i];
    return '.';
  }
  /// Steps from a position to the next x after it, where bars go on as this one.
  int to_next(int number, int position, int bar_steps) const {
    for (std::size_t ahead = 0; ahead <= bars.size(); ++ahead) {
      const std::string& letters = bar(number + static_cast<int>(ahead));
      for (std::size_t i = 0; i < letters.size(); ++i) {
        const int step =
            step_of(i, letters.size(), bar_steps) + static_cast<int>(ahead) * bar_steps;
        if (letters[i] == 'x' && step > position) return step - position;
      }
    }
    return Constraint::kAnyLength;
  }
};

std::vector<std::string> bars_of(const std::string& pattern) {
  std::vector<std::string> bars(1);
  for (const char letter : pattern)
    if (letter == '|')
      bars.emplace_back();
    else if (letter != ' ')
      bars.back() += letter;
  std::erase_if(bars, [](const std::string& bar) { return bar.empty(); });
  return bars;
}

class Rhythm final : public ConstraintOf<Rhythm> {
 public:
  explicit Rhythm(const Wishes& wishes) {
    for (const RhythmWish& wish : wishes.rhythm)
      patterns_.push_back({wish.program, bars_of(wish.pattern)});
  }

  void pitches(const Place& place, PitchSet& set) const override {
    const Moment& moment = *place.moment;
    const Pattern* pattern = wish_for(patterns_, place.program);
    if (pattern != nullptr && pattern->at(moment.bar, place.position, moment.bar_steps) == '.')
      set.reset();
  }

  int longest(const Place& place, int /*pitch*/) const override {
    const Moment& moment = *place.moment;
    const Pattern* pattern = wish_for(patterns_, place.program);
    if (pattern == nullptr) return kAnyLength;
    return pattern->to_next(moment.bar, place.position, moment.bar_steps);
  }

  void dues(const Moment& moment, std::vector<Due>& dues) const override {
    for (int program = 0; program < kProgramCount; ++program) {
      if (!moment.playing.test(static_cast<std::size_t>(program))) continue;
      const Pattern* pattern = wish_for(patterns_, program);
      if (pattern == nullptr) continue;
      const std::string& letters = pattern->bar(moment.bar);
      for (std::size_t i = 0; i < letters.size(); ++i)
        if (letters[i] == 'x')
          dues.push_back({program, Pattern::step_of(i, letters.size(), moment.bar_steps)});
    }
  }

 private:
  std::vector<Pattern> patterns_;
};

}  // namespace

const ConstraintWord& rhythm_constraint() {
  static const ConstraintWord word = {"rhythm",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (wishes.rhythm.empty()) return nullptr;
                                        return std::make_unique<Rhythm>(wishes);
                                      }};
  return word;
}

}  // namespace sage
