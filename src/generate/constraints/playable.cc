// Parts that a player can play: within the instrument's range, as many notes at once as it has
// voices; on keyboards two hands of five fingers that span a tenth, on guitars a string a note
// within five frets of each other, open strings apart.
#include <algorithm>
#include <array>

#include "generate/constraint.h"
#include "score/playable_range.h"
#include "score/voices.h"

namespace sage {
namespace {

constexpr int kHand = 16;  // semitones
constexpr std::size_t kFingers = 5;
constexpr std::array kStrings = {40, 45, 50, 55, 59, 64};
constexpr int kFrets = 22, kStretch = 4;

/// Ascending pitches, in two hands.
bool fits_hands(std::span<const int> pitches) {
  const auto one = [](std::span<const int> hand) {
    return hand.empty() || (hand.size() <= kFingers && hand.back() - hand.front() <= kHand);
  };
  for (std::size_t left = 0; left <= std::min(kFingers, pitches.size()); ++left)
    if (one(pitches.first(left)) && one(pitches.subspan(left))) return true;
  return false;
}

/// Ascending pitches, the lower on the lower string.
bool fits_strings(std::span<const int> pitches, int first_fret) {
  std::size_t string = 0;
  for (const int pitch : pitches) {
    for (;; ++string) {
      if (string == kStrings.size()) return false;
      const int fret = pitch - kStrings[string];
      if (fret == 0 || (fret >= first_fret && fret <= std::min(first_fret + kStretch, kFrets)))
        break;
    }
    ++string;
  }
  return true;
}

bool fits_strings(std::span<const int> pitches) {
  for (int fret = 1; fret <= kFrets; ++fret)
    if (fits_strings(pitches, fret)) return true;
  return false;
}

class Playable final : public ConstraintOf<Playable> {
 public:
  void pitches(const Place& place, PitchSet& set) const override {
    const PitchRange range = playable_range(place.program);
    for (int pitch = 0; pitch < 128; ++pitch)
      if (!range.holds(pitch)) set.reset(static_cast<std::size_t>(pitch));
    const int sounding = place.moment->voices(place.program, place.position);
    if (sounding >= voices_of(place.program)) set.reset();
    const bool keys = is_keyboard(place.program), strings = is_guitar(place.program);
    if (set.none() || !(keys || strings)) return;
    Chord chord;
    const Tick now = place.moment->time(place.position);
    for (const HeldNote& note : place.moment->held)
      if (note.program == place.program && note.onset <= now && note.end > now)
        chord.add(note.pitch);
    remember(chord, keys);
    set &= memory_.fits;
  }

 private:
  struct Chord {
    std::array<int, 12> pitches = {};
    std::size_t size = 0;
    void add(int pitch) {
      if (size < pitches.size()) pitches[size++] = pitch;
      std::sort(pitches.begin(), pitches.begin() + static_cast<std::ptrdiff_t>(size));
    }
    std::span<const int> all() const { return std::span(pitches).first(size); }
    bool operator==(const Chord&) const = default;
  };
  /// What may be added to a chord; the last one is asked for again and again.
  struct Memory {
    bool known = false;
    Chord chord;
    bool keys = false;
    PitchSet fits;
  };

  void remember(const Chord& chord, bool keys) const {
    if (memory_.known && memory_.chord == chord && memory_.keys == keys) return;
    memory_ = {true, chord, keys, {}};
    for (int pitch = 0; pitch < 128; ++pitch) {
      Chord more = chord;
      more.add(pitch);
      if (keys ? fits_hands(more.all()) : fits_strings(more.all()))
        memory_.fits.set(static_cast<std::size_t>(pitch));
    }
  }

  mutable Memory memory_;
};

}  // namespace

const ConstraintWord& playable_constraint() {
  static const ConstraintWord word = {"playable",
                                      [](const Wishes& wishes) -> std::unique_ptr<Constraint> {
                                        if (!wishes.playable) return nullptr;
                                        return std::make_unique<Playable>();
                                      }};
  return word;
}

}  // namespace sage
