// Notes are in the key, but for a share of chromatic ones: at every moment no more of the notes so
// far than that. Where chords are asked for too, the tones of the chord in force are no chromatic
// notes. Drums are free.
#include "generate/chord_track.h"
#include "generate/constraint.h"

namespace sage {
namespace {

class InKey final : public ConstraintOf<InKey> {
 public:
  explicit InKey(const Wishes& wishes)
      : scale_(parse_key(wishes.key).value().scale), share_(wishes.chromatic) {
    if (!wishes.chords.empty()) track_ = ChordTrack(wishes.chords);
  }

  void pitches(const Place& place, PitchSet& set) const override {
    if (place.program == kDrumProgram) return;
    if (static_cast<double>(chromatic_ + 1) <= share_ * static_cast<double>(notes_ + 1)) return;
    const PitchClasses own = in_force(*place.moment, place.position);
    for (std::size_t pitch = 0; pitch < set.size(); ++pitch)
      if (!own.test(pitch % 12)) set.reset(pitch);
  }

  void observe(const ReadEvent& event, const Moment& moment) override {
    if (event.type != ReadEvent::Type::kNote || event.program == kDrumProgram || moment.bar < 0 ||
        !moment.playing.test(static_cast<std::size_t>(event.program)))
      return;
    ++notes_;
    if (!in_force(moment, moment.position).test(event.pitch % 12U)) ++chromatic_;
  }

 private:
  PitchClasses in_force(const Moment& moment, int position) const {
    const Chord* chord = track_.at(moment.bar, position, moment.bar_steps);
    return chord != nullptr ? scale_ | chord->tones : scale_;
  }

  PitchClasses scale_;
  double share_;
  ChordTrack track_;
  std::int64_t notes_ = 0, chromatic_ = 0;
};

}  // namespace

const ConstraintWord& key_constraint() {
  static const ConstraintWord word = {"key",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (wishes.key.empty() || wishes.chromatic >= 1)
                                          return nullptr;
                                        return std::make_unique<InKey>(wishes);
                                      }};
  return word;
}

}  // namespace sage
