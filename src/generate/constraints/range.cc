// Instruments stay within ranges of pitches.
#include "generate/constraint.h"

namespace sage {
namespace {

class Range final : public ConstraintOf<Range> {
 public:
  explicit Range(const Wishes& wishes) : ranges_(wishes.ranges) {}

  void pitches(const Place& place, PitchSet& set) const override {
    const RangeWish* wish = wish_for(ranges_, place.program);
    if (wish == nullptr) return;
    for (int pitch = 0; pitch < 128; ++pitch)
      if (!wish->range.holds(pitch)) set.reset(static_cast<std::size_t>(pitch));
  }

 private:
  std::vector<RangeWish> ranges_;
};

}  // namespace

const ConstraintWord& range_constraint() {
  static const ConstraintWord word = {"range",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (wishes.ranges.empty()) return nullptr;
                                        return std::make_unique<Range>(wishes);
                                      }};
  return word;
}

}  // namespace sage
