// A looper: the first phrase is played again and again, and with every round one more of the band's
// parts is written on top, which then stays.
#include "live/mode.h"

namespace sage {
namespace {

class Loop final : public live::Mode {
 public:
  live::Turn turn(const live::Situation& situation) override {
    const int round = situation.bar / situation.phrase_bars;
    return {.band = round > 0, .layers = round, .loop = round > 0};
  }
};

}  // namespace

const live::ModeWord& loop_mode() {
  static constexpr live::ModeWord word = {
      "loop", "your first phrase repeats, and the band adds a part every round",
      []() -> std::unique_ptr<live::Mode> { return std::make_unique<Loop>(); }};
  return word;
}

}  // namespace sage
