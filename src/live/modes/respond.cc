// Call and response: phrase by phrase, first the person, then the band. Who hands over gives the
// rest of the phrase to the other.
#include "live/mode.h"

namespace sage {
namespace {

class Respond final : public live::Mode {
 public:
  live::Turn turn(const live::Situation& situation) override {
    const bool phrase_is_over =
        situation.begins_bar && situation.bar - began_ >= situation.phrase_bars;
    const bool handed_over = situation.begins_bar && (waiting_ || situation.hand_over);
    if (situation.hand_over) waiting_ = true;  // until the next bar line
    if (phrase_is_over || handed_over) {
      band_ = !band_;
      began_ = situation.bar;
      waiting_ = false;
    }
    return {.band = band_};
  }

 private:
  bool band_ = false, waiting_ = false;
  int began_ = 0;
};

}  // namespace

const live::ModeWord& respond_mode() {
  static constexpr live::ModeWord word = {
      "respond", "call and response: you play a phrase, then the band",
      []() -> std::unique_ptr<live::Mode> { return std::make_unique<Respond>(); }};
  return word;
}

}  // namespace sage
