// The band plays all the time, with the person.
#include "live/mode.h"

namespace sage {
namespace {

class Accompany final : public live::Mode {
 public:
  live::Turn turn(const live::Situation&) override { return {}; }
};

}  // namespace

const live::ModeWord& accompany_mode() {
  static constexpr live::ModeWord word = {
      "accompany", "the band plays with you",
      []() -> std::unique_ptr<live::Mode> { return std::make_unique<Accompany>(); }};
  return word;
}

}  // namespace sage
