// The band takes over when the person has stopped for a bar or hands over, and rests again when the
// person plays.
#include "live/mode.h"

namespace sage {
namespace {

constexpr double kPauseBars = 1;

class Continue final : public live::Mode {
 public:
  live::Turn turn(const live::Situation& situation) override {
    const bool person_pauses =
        situation.person_has_played && situation.bars_since_person >= kPauseBars;
    if (situation.hand_over)
      band_ = !band_;
    else if (person_pauses)
      band_ = true;
    else if (band_ && situation.bars_since_person < last_pause_)
      band_ = false;  // the person has played since
    last_pause_ = situation.bars_since_person;
    return {.band = band_};
  }

 private:
  bool band_ = false;
  double last_pause_ = 0;
};

}  // namespace

const live::ModeWord& continue_mode() {
  static constexpr live::ModeWord word = {
      "continue", "the band takes over when you pause",
      []() -> std::unique_ptr<live::Mode> { return std::make_unique<Continue>(); }};
  return word;
}

}  // namespace sage
