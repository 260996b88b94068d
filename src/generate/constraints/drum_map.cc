// Only some pieces of the drum kit play.
#include "generate/constraint.h"

namespace sage {
namespace {

class DrumMap final : public ConstraintOf<DrumMap> {
 public:
  explicit DrumMap(const Wishes& wishes) {
    for (const int key : wishes.drum_map) keys_.set(static_cast<std::size_t>(key));
  }

  void pitches(const Place& place, PitchSet& set) const override {
    if (place.program == kDrumProgram) set &= keys_;
  }

 private:
  PitchSet keys_;
};

}  // namespace

const ConstraintWord& drum_map_constraint() {
  static const ConstraintWord word = {"drum_map",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (wishes.drum_map.empty()) return nullptr;
                                        return std::make_unique<DrumMap>(wishes);
                                      }};
  return word;
}

}  // namespace sage
