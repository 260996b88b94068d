// Notes fit the chord in force. On strong beats (where a bar, its middle or a chord begins) all
// that sounds is a chord tone; between them foreign notes may pass, at most a quarter long. Where a
// chord begins, bass instruments play its bass. Drums are free.
#include <algorithm>

#include "generate/chord_track.h"
#include "generate/constraint.h"
#include "score/voices.h"

namespace sage {
namespace {

constexpr double kChordTone = 0.7;  // nats, off the strong beats

PitchSet of_classes(const PitchClasses& classes) {
  PitchSet set;
  for (std::size_t pitch = 0; pitch < set.size(); ++pitch) set[pitch] = classes[pitch % 12];
  return set;
}

class Chords final : public ConstraintOf<Chords> {
 public:
  explicit Chords(const Wishes& wishes)
      : track_(wishes.chords), strict_(wishes.strict_chords), bass_roots_(wishes.bass_roots) {}

  void pitches(const Place& place, PitchSet& set) const override {
    const Moment& moment = *place.moment;
    if (place.program == kDrumProgram) return;
    const Chord* chord = track_.at(moment.bar, place.position, moment.bar_steps);
    if (chord == nullptr) return;
    if (bass_roots_ && is_bass(place.program) &&
        track_.begins_at(moment.bar, place.position, moment.bar_steps)) {
      PitchClasses bass;
      bass.set(static_cast<std::size_t>(chord->bass));
      set &= of_classes(bass);
    } else if (strict_ || track_.is_strong(moment.bar, place.position, moment.bar_steps)) {
      set &= of_classes(chord->tones);
    }
  }

  int longest(const Place& place, int pitch) const override {
    const Moment& moment = *place.moment;
    if (place.program == kDrumProgram) return kAnyLength;
    const Chord* chord = track_.at(moment.bar, place.position, moment.bar_steps);
    const bool foreign =
        chord != nullptr && !chord->tones.test(static_cast<std::size_t>(pitch % 12));
    if (foreign)
      return std::min(moment.grid,
                      track_.to_next_strong(moment.bar, place.position, moment.bar_steps));
    return track_.belongs_for(pitch % 12, moment.bar, place.position, moment.bar_steps,
                              16 * moment.bar_steps);
  }

  void favour(const Moment& moment, const Vocabulary& vocabulary,
              std::vector<Candidate>& favours) const override {
    if (strict_ || moment.program < 0 || moment.program == kDrumProgram || moment.pitch >= 0)
      return;
    const Chord* chord = track_.at(moment.bar, moment.position, moment.bar_steps);
    if (chord == nullptr) return;
    for (int pitch = 0; pitch < 128; ++pitch)
      if (chord->tones.test(static_cast<std::size_t>(pitch % 12)))
        favours.push_back({vocabulary.id(Kind::kPitch, pitch), kChordTone});
  }

 private:
  ChordTrack track_;
  bool strict_, bass_roots_;
};

}  // namespace

const ConstraintWord& chords_constraint() {
  static const ConstraintWord word = {"chords",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (wishes.chords.empty()) return nullptr;
                                        return std::make_unique<Chords>(wishes);
                                      }};
  return word;
}

}  // namespace sage
