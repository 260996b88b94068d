// An instrument's notes have given pitches, one after another, or follow a contour: one note at a
// position; its rhythm is free. Within a contour room is left for the steps that are still to come.
#include <algorithm>

#include "generate/constraint.h"

namespace sage {
namespace {

class Melody final : public ConstraintOf<Melody> {
 public:
  explicit Melody(const Wishes& wishes) {
    for (const MelodyWish& wish : wishes.melody) {
      const RangeWish* range = wish_for(wishes.ranges, wish.program);
      lines_.push_back({wish, range != nullptr ? range->range : PitchRange{}, 0, -1});
    }
  }

  void pitches(const Place& place, PitchSet& set) const override {
    for (const Line& line : lines_) {
      if (line.wish.program != place.program || line.done()) continue;
      if (place.moment->voices(place.program, place.position) > 0) set.reset();
      for (int pitch = 0; pitch < 128; ++pitch)
        if (!line.allows(pitch)) set.reset(static_cast<std::size_t>(pitch));
    }
  }

  void observe(const ReadEvent& event, const Moment& moment) override {
    if (event.type != ReadEvent::Type::kNote || moment.bar < 0) return;
    for (Line& line : lines_)
      if (line.wish.program == event.program && !line.done()) {
        line.last = event.pitch;
        ++line.written;
      }
  }

 private:
  struct Line {
    MelodyWish wish;
    PitchRange range;
    std::size_t written = 0;  // notes
    int last = -1;            // pitch

    bool done() const {
      return written >= (wish.pitches.empty() ? wish.contour.size() + 1 : wish.pitches.size());
    }
    bool allows(int pitch) const {
      if (!wish.pitches.empty()) return pitch == wish.pitches[written];
      // Steps of one direction that follow, each at least a semitone.
      const char next = written < wish.contour.size() ? wish.contour[written] : '=';
      int run = 0;
      for (std::size_t i = written; i < wish.contour.size(); ++i)
        if (wish.contour[i] == next)
          ++run;
        else if (wish.contour[i] != '=')
          break;
      if (next == '+' && pitch + run > range.high) return false;
      if (next == '-' && pitch - run < range.low) return false;
      if (written == 0) return true;
      const char now = wish.contour[written - 1];
      return now == '+' ? pitch > last : now == '-' ? pitch < last : pitch == last;
    }
  };

  std::vector<Line> lines_;
};

}  // namespace

const ConstraintWord& melody_constraint() {
  static const ConstraintWord word = {"melody",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (wishes.melody.empty()) return nullptr;
                                        return std::make_unique<Melody>(wishes);
                                      }};
  return word;
}

}  // namespace sage
