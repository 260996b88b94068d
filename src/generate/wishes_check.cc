#include "generate/wishes_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <tuple>

#include "score/harmony.h"
#include "score/program_names.h"
#include "score/voices.h"

namespace sage {
namespace {

constexpr int kMostNotes = 200;  // a bar
constexpr double kMostSurprise = 6;

tl::unexpected<Error> refuse(const std::string& what) {
  return fail(ErrorCode::kInvalidArgument, what);
}

std::string name_of(int program) {
  return program == kEveryProgram ? "every instrument" : std::string(program_name(program));
}

std::string class_name(std::size_t pitch_class) {
  static constexpr std::array kNames = {"C",  "C#", "D",  "Eb", "E",  "F",
                                        "F#", "G",  "Ab", "A",  "Bb", "B"};
  return kNames[pitch_class];
}

bool overlap(PitchRange a, PitchRange b) { return a.low <= b.high && b.low <= a.high; }

bool holds_any(PitchRange range, const PitchClasses& classes) {
  for (int pitch = range.low; pitch <= range.high; ++pitch)
    if (classes.test(static_cast<std::size_t>(pitch % 12))) return true;
  return false;
}

/// A program that is one, and has one wish of this word.
template <class Wish>
Result<void> check_programs(const std::vector<Wish>& all, const std::string& word,
                            std::span<const int> programs, bool every) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const int program = all[i].program;
    if (program < (every ? kEveryProgram : 0) || program >= kProgramCount)
      return refuse(word + ": program " + std::to_string(program) + " is not in 0..128");
    for (std::size_t j = 0; j < i; ++j)
      if (all[j].program == program)
        return refuse(word + ": " + name_of(program) + " is named twice");
    if (program != kEveryProgram && !programs.empty() &&
        std::find(programs.begin(), programs.end(), program) == programs.end())
      return refuse(word + " names " + name_of(program) +
                    ", which is not among the instruments that are written");
  }
  return {};
}

Result<void> check_pattern(const RhythmWish& wish) {
  const std::string what = "rhythm of " + name_of(wish.program) + ": '" + wish.pattern + "'";
  std::size_t letters = 0;
  for (const char letter : wish.pattern) {
    if (letter == '|' || letter == ' ') continue;
    if (letter != 'x' && letter != 'o' && letter != '.')
      return refuse(what + " has a '" + std::string(1, letter) +
                    "'; write x where a note begins, o where one may, . where none does");
    ++letters;
  }
  if (letters == 0 || wish.pattern.size() > 10'000)
    return refuse(what + " must have 1 to 10000 letters of x, o and .");
  return {};
}

Result<void> check_melody(const MelodyWish& wish) {
  const std::string what = "melody of " + name_of(wish.program);
  if (wish.pitches.empty() == wish.contour.empty())
    return refuse(what + " needs either pitches or a contour");
  for (const int pitch : wish.pitches)
    if (pitch < 0 || pitch > 127)
      return refuse(what + ": pitch " + std::to_string(pitch) + " is not in 0..127");
  if (wish.contour.find_first_not_of("+-=") != std::string::npos)
    return refuse(what + ": a contour has only +, - and =");
  return {};
}

Result<void> check_values(const Wishes& wishes) {
  if (!wishes.key.empty())
    if (auto key = parse_key(wishes.key); !key) return fail("key", key.error());
  if (!(wishes.chromatic >= 0 && wishes.chromatic <= 1))
    return refuse("chromatic must lie between 0 and 1");
  if (wishes.chromatic > 0 && wishes.key.empty())
    return refuse("chromatic says how many notes may lie outside a key; name the key too");
  if (!wishes.chords.empty())
    if (auto chords = parse_progression(wishes.chords); !chords)
      return fail("chords", chords.error());
  for (const RangeWish& wish : wishes.ranges)
    if (wish.range.low > wish.range.high || wish.range.high > 127)
      return refuse("range of " + name_of(wish.program) +
                    ": the lowest pitch must not be above the highest, nor that above 127");
  for (const PolyphonyWish& wish : wishes.polyphony)
    if (wish.voices < 1 || wish.voices > 128)
      return refuse("polyphony of " + name_of(wish.program) + " must lie between 1 and 128");
  for (const DensityWish& wish : wishes.density)
    if (!(wish.notes >= 0 && wish.notes <= kMostNotes))
      return refuse("density of " + name_of(wish.program) + " must lie between 0 and " +
                    std::to_string(kMostNotes) + " notes a bar");
  for (const RhythmWish& wish : wishes.rhythm)
    if (auto ok = check_pattern(wish); !ok) return ok;
  for (const MelodyWish& wish : wishes.melody)
    if (auto ok = check_melody(wish); !ok) return ok;
  if (wishes.surprise && !(*wishes.surprise >= 0 && *wishes.surprise <= kMostSurprise))
    return refuse("surprise must lie between 0 and 6 nats a choice");
  for (const int key : wishes.drum_map)
    if (key < 0 || key > 127)
      return refuse("drum_map: key " + std::to_string(key) + " is not in 0..127");
  return {};
}

// -- two wishes against each other

bool has_fixed_key(const Wishes& wishes) { return !wishes.key.empty() && wishes.chromatic <= 0; }

std::string quoted_key(const Wishes& wishes) { return "key '" + wishes.key + "'"; }

/// Ranges that hold: asked for, and of players.
std::vector<std::pair<int, PitchRange>> ranges_of(const Wishes& wishes,
                                                  std::span<const int> programs) {
  std::vector<std::pair<int, PitchRange>> ranges;
  for (const RangeWish& wish : wishes.ranges) ranges.emplace_back(wish.program, wish.range);
  if (wishes.playable)
    for (const int program : programs)
      if (wish_for(wishes.ranges, program) == nullptr)
        ranges.emplace_back(program, playable_range(program));
  return ranges;
}

Result<void> check_chords_in_key(const Wishes& wishes) {
  if (!has_fixed_key(wishes) || wishes.chords.empty()) return {};
  const PitchClasses scale = parse_key(wishes.key)->scale;
  const Progression bars = parse_progression(wishes.chords).value();
  for (std::size_t bar = 0; bar < bars.size(); ++bar)
    for (const Chord& chord : bars[bar])
      for (std::size_t tone = 0; tone < 12; ++tone)
        if (chord.tones.test(tone) && !scale.test(tone))
          return refuse(quoted_key(wishes) + " contradicts the chords: bar " +
                        std::to_string(bar + 1) + " has " + class_name(tone) +
                        ", which is not in the key; change one, or allow chromatic notes");
  return {};
}

Result<void> check_ranges(const Wishes& wishes, std::span<const int> programs) {
  for (const auto& [program, range] : ranges_of(wishes, programs)) {
    const std::string what = "range of " + name_of(program);
    if (wishes.playable && !overlap(range, playable_range(program)))
      return refuse("playable contradicts the " + what +
                    ": the instrument has none of these pitches");
    if (program == kDrumProgram) continue;
    PitchRange common = range;
    if (wishes.playable) {
      common.low = std::max(common.low, playable_range(program).low);
      common.high = std::min(common.high, playable_range(program).high);
    }
    if (has_fixed_key(wishes) && !holds_any(common, parse_key(wishes.key)->scale))
      return refuse(quoted_key(wishes) + " contradicts the " + what +
                    ": none of its pitches is in the key");
    if (wishes.chords.empty()) continue;
    const Progression bars = parse_progression(wishes.chords).value();
    for (std::size_t bar = 0; bar < bars.size(); ++bar)
      for (const Chord& chord : bars[bar]) {
        PitchClasses needed = chord.tones;
        if (wishes.bass_roots && is_bass(program))
          needed = PitchClasses{}.set(static_cast<std::size_t>(chord.bass));
        if (!holds_any(common, needed))
          return refuse("chords contradict the " + what + ": none of its pitches is in the chord " +
                        "of bar " + std::to_string(bar + 1));
      }
  }
  return {};
}

Result<void> check_rhythm_and_density(const Wishes& wishes) {
  const auto clash = [&](int program) -> Result<void> {
    const RhythmWish* rhythm = wish_for(wishes.rhythm, program);
    const DensityWish* density = wish_for(wishes.density, program);
    if (rhythm == nullptr || density == nullptr) return {};
    const bool must = rhythm->pattern.find('x') != std::string::npos;
    const bool may = must || rhythm->pattern.find('o') != std::string::npos;
    if (must && density->notes <= 0)
      return refuse("density 0 contradicts the rhythm of " + name_of(program) +
                    ", which has notes to play");
    if (!may && density->notes > 0)
      return refuse("rhythm '" + rhythm->pattern + "' contradicts the density of " +
                    name_of(program) + ": it has no place for a note");
    return {};
  };
  for (const RhythmWish& wish : wishes.rhythm)
    if (auto ok = clash(wish.program); !ok) return ok;
  for (const DensityWish& wish : wishes.density)
    if (auto ok = clash(wish.program); !ok) return ok;
  return {};
}

Result<void> check_melody_against(const MelodyWish& melody, const Wishes& wishes) {
  const std::string what = "melody of " + name_of(melody.program);
  const DensityWish* density = wish_for(wishes.density, melody.program);
  if (density != nullptr && density->notes <= 0) return refuse("density 0 contradicts the " + what);
  const RangeWish* range = wish_for(wishes.ranges, melody.program);
  const PitchRange playable = wishes.playable ? playable_range(melody.program) : PitchRange{};
  for (const int pitch : melody.pitches) {
    const std::string at = ": pitch " + std::to_string(pitch);
    if (range != nullptr && !range->range.holds(pitch))
      return refuse("range contradicts the " + what + at + " is outside");
    if (!playable.holds(pitch))
      return refuse("playable contradicts the " + what + at + " is not on the instrument");
    if (has_fixed_key(wishes) && melody.program != kDrumProgram &&
        !parse_key(wishes.key)->scale.test(static_cast<std::size_t>(pitch % 12)))
      return refuse(quoted_key(wishes) + " contradicts the " + what + at + " is not in it");
    if (melody.program == kDrumProgram && !wishes.drum_map.empty() &&
        std::find(wishes.drum_map.begin(), wishes.drum_map.end(), pitch) == wishes.drum_map.end())
      return refuse("drum_map contradicts the " + what + at + " is not in it");
  }
  int run = 0, most = 0;
  char last = '=';
  for (const char step : melody.contour) {
    if (step == '=') continue;
    run = step == last ? run + 1 : 1;
    last = step;
    most = std::max(most, run);
  }
  const PitchRange room = range != nullptr ? range->range : playable;
  if (most > room.high - room.low)
    return refuse("range contradicts the " + what + ": it has " + std::to_string(most) +
                  " steps in one direction, which find no room");
  return {};
}

Result<void> check_voices(const Wishes& wishes) {
  for (const PolyphonyWish& wish : wishes.polyphony)
    if (wish.program != kEveryProgram && wish.voices > voices_of(wish.program)) {
      const std::string what = "polyphony " + std::to_string(wish.voices) + " of " +
                               name_of(wish.program) + ", which has " +
                               std::to_string(voices_of(wish.program));
      if (wishes.playable) return refuse("playable contradicts " + what);
    }
  return {};
}

Result<void> check_drums(const Wishes& wishes) {
  if (wishes.drum_map.empty()) return {};
  const auto inside = [&](PitchRange range) {
    return std::any_of(wishes.drum_map.begin(), wishes.drum_map.end(),
                       [&](int key) { return range.holds(key); });
  };
  const RangeWish* range = wish_for(wishes.ranges, kDrumProgram);
  if (range != nullptr && !inside(range->range))
    return refuse("drum_map contradicts the range of Drums: they have no key in common");
  if (wishes.playable && !inside(playable_range(kDrumProgram)))
    return refuse("drum_map contradicts playable: drum kits have none of these keys");
  return {};
}

}  // namespace

Result<void> check_wishes(const Wishes& wishes, std::span<const int> programs) {
  if (auto ok = check_programs(wishes.ranges, "range", programs, false); !ok) return ok;
  if (auto ok = check_programs(wishes.polyphony, "polyphony", programs, true); !ok) return ok;
  if (auto ok = check_programs(wishes.density, "density", programs, true); !ok) return ok;
  if (auto ok = check_programs(wishes.rhythm, "rhythm", programs, true); !ok) return ok;
  if (auto ok = check_programs(wishes.melody, "melody", programs, false); !ok) return ok;
  if (auto ok = check_values(wishes); !ok) return ok;
  if (auto ok = check_chords_in_key(wishes); !ok) return ok;
  if (auto ok = check_ranges(wishes, programs); !ok) return ok;
  if (auto ok = check_rhythm_and_density(wishes); !ok) return ok;
  for (const MelodyWish& melody : wishes.melody)
    if (auto ok = check_melody_against(melody, wishes); !ok) return ok;
  if (auto ok = check_voices(wishes); !ok) return ok;
  return check_drums(wishes);
}

}  // namespace sage
