// Limits how many notes of an instrument sound at once: a note begins only after an earlier one
// has ended.
#include "generate/constraint.h"
#include "score/voices.h"

namespace sage {
namespace {

class Polyphony final : public ConstraintOf<Polyphony> {
 public:
  explicit Polyphony(const Wishes& wishes)
      : wishes_(wishes.polyphony), single_voices_(wishes.single_voices) {}

  void pitches(const Place& place, PitchSet& set) const override {
    const int most = limit(place.program);
    if (most < kManyVoices && place.moment->voices(place.program, place.position) >= most)
      set.reset();
  }

 private:
  int limit(int program) const {
    const PolyphonyWish* wish = wish_for(wishes_, program);
    if (wish != nullptr && wish->program == program) return wish->voices;
    if (single_voices_ && voices_of(program) == 1) return 1;
    return wish != nullptr ? wish->voices : kManyVoices;
  }

  std::vector<PolyphonyWish> wishes_;
  bool single_voices_;
};

}  // namespace

const ConstraintWord& polyphony_constraint() {
  static const ConstraintWord word = {"polyphony",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (wishes.polyphony.empty() && !wishes.single_voices)
                                          return nullptr;
                                        return std::make_unique<Polyphony>(wishes);
                                      }};
  return word;
}

}  // namespace sage
