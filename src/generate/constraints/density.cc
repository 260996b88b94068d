// So many notes a bar of each instrument, by feedback: an instrument that has written less than it
// should by now is favoured, one that has written more is held back, and the time to the next note
// is made shorter or longer. Zero is silence, and hard.
#include <algorithm>
#include <array>
#include <cmath>

#include "generate/constraint.h"

namespace sage {
namespace {

constexpr double kMostTilt = 5;           // nats, learnt from bar to bar
constexpr double kTiltLearning = 0.5;     // nats for a bar with e times too many notes
constexpr double kWithinBar = 1.5;        // nats for a whole bar's notes too few
constexpr double kMostDensityFavour = 8;  // nats
constexpr double kMostCatchingUp = 1;     // of a bar's notes

class Density final : public ConstraintOf<Density> {
 public:
  explicit Density(const Wishes& wishes) : wishes_(wishes.density) {}

  void pitches(const Place& place, PitchSet& set) const override {
    const DensityWish* wish = wish_for(wishes_, place.program);
    if (wish != nullptr && wish->notes <= 0) set.reset();
  }

  void observe(const ReadEvent& event, const Moment& moment) override {
    if (moment.bar < 0) return;
    if (event.type == ReadEvent::Type::kNote)
      ++parts_[static_cast<std::size_t>(event.program)].notes;
    if (event.type != ReadEvent::Type::kBar || moment.bar == 0) return;
    for (std::size_t program = 0; program < parts_.size(); ++program) {
      const double asked = asked_of(static_cast<int>(program), moment);
      Part& part = parts_[program];
      if (asked > 0) {
        const double due =
            asked + std::clamp(part.owed, -kMostCatchingUp * asked, kMostCatchingUp * asked) / 2;
        part.tilt =
            std::clamp(part.tilt + kTiltLearning * std::log((due + 0.5) / (part.notes + 0.5)),
                       -kMostTilt, kMostTilt);
        part.owed += asked - part.notes;
      }
      part.notes = 0;
    }
  }

  void favour(const Moment& moment, const Vocabulary& vocabulary,
              std::vector<Candidate>& favours) const override {
    if (moment.pitch >= 0 || moment.bar_steps == 0) return;
    const int now = std::max(moment.position, 0);
    const double passed = static_cast<double>(now) / moment.bar_steps;
    double together = 0;
    for (int program = 0; program < kProgramCount; ++program) {
      const double asked = asked_of(program, moment);
      if (asked <= 0) continue;
      const double tilt = tilt_of(program, asked, passed);
      favours.push_back({vocabulary.id(Kind::kProgram, program), tilt});
      together += tilt;
      if (program != moment.program || moment.last_pitch < 0) continue;
      const IdRange higher = vocabulary.range(program == kDrumProgram ? Kind::kDrum : Kind::kPitch);
      for (TokenId id = higher.begin; id < higher.end; ++id) favours.push_back({id, tilt});
    }
    const auto playing = static_cast<double>(moment.playing.count());
    const double per_quarter = together / playing / moment.grid;
    const auto wait = [&](int steps) {
      return std::clamp(-per_quarter * steps, -kMostDensityFavour, kMostDensityFavour);
    };
    for (int position = now + 1; position < moment.bar_steps; ++position)
      favours.push_back({vocabulary.id(Kind::kPosition, position), wait(position - now)});
    for (const Kind kind : {Kind::kBar, Kind::kEos})
      favours.push_back({vocabulary.id(kind), wait(moment.bar_steps - now)});
  }

 private:
  struct Part {
    double notes = 0;  // in this bar
    double owed = 0;   // notes asked for and not written, before this bar
    double tilt = 0;
  };

  double asked_of(int program, const Moment& moment) const {
    if (!moment.playing.test(static_cast<std::size_t>(program))) return 0;
    const DensityWish* wish = wish_for(wishes_, program);
    return wish != nullptr ? wish->notes : 0;
  }

  double tilt_of(int program, double asked, double passed) const {
    const Part& part = parts_[static_cast<std::size_t>(program)];
    const double behind = (asked * passed - part.notes) / std::max(asked, 1.0);
    return std::clamp(part.tilt + kWithinBar * behind, -kMostDensityFavour, kMostDensityFavour);
  }

  std::vector<DensityWish> wishes_;
  std::array<Part, kProgramCount> parts_ = {};
};

}  // namespace

const ConstraintWord& density_constraint() {
  static const ConstraintWord word = {"density",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (wishes.density.empty()) return nullptr;
                                        return std::make_unique<Density>(wishes);
                                      }};
  return word;
}

}  // namespace sage
