#include "wish_pieces.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "score/harmony.h"
#include "score/playable_range.h"
#include "score/voices.h"

namespace sage::test {
namespace {

constexpr std::array kBand = {0, 24, 33, 73, 128};

int one_of(Random& random, const std::vector<int>& list) {
  return list[random.below(static_cast<std::uint32_t>(list.size()))];
}

int pitched(Random& random, const Request& request) {
  std::vector<int> programs = request.programs;
  std::erase(programs, kDrumProgram);
  return one_of(random, programs);
}

std::string text_of(Random& random, const char* letters, std::size_t length) {
  const std::string_view all(letters);
  std::string text;
  for (std::size_t i = 0; i < length; ++i)
    text += all[random.below(static_cast<std::uint32_t>(all.size()))];
  return text;
}

std::string random_chords(Random& random) {
  static constexpr std::array kChords = {"C",  "Am7",    "F",      "G7",   "Dm",
                                         "E7", "Bbmaj7", "F#m7b5", "Eb/G", "N.C."};
  std::string text = "C";
  for (std::uint32_t bar = random.below(4); bar > 0; --bar) {
    text += " | ";
    for (std::uint32_t count = 1 + random.below(3); count > 0; --count)
      text += std::string(kChords[random.below(kChords.size())]) + " ";
  }
  return text;
}

const WrittenNote* find(const WrittenPiece& piece, auto holds) {
  const auto at = std::find_if(piece.notes.begin(), piece.notes.end(), holds);
  return at == piece.notes.end() ? nullptr : &*at;
}

std::string at(const WrittenNote& note) {
  return "program " + std::to_string(note.program) + " pitch " + std::to_string(note.pitch) +
         " in bar " + std::to_string(note.bar) + " at " + std::to_string(note.position);
}

/// Notes of a program that sound when `note` begins, itself included.
std::vector<int> sounding(const WrittenPiece& piece, const WrittenNote& note) {
  std::vector<int> pitches;
  for (const WrittenNote& other : piece.notes)
    if (other.program == note.program && other.onset <= note.onset && other.end > note.onset)
      pitches.push_back(other.pitch);
  std::sort(pitches.begin(), pitches.end());
  return pitches;
}

// -- chords

struct BarChords {
  const std::vector<Chord>* chords;
  int steps;
  int start(std::size_t i) const {
    const auto n = static_cast<int>(chords->size());
    return (steps * static_cast<int>(i) + n - 1) / n;
  }
};

/// The chord at a moment and whether a chord begins there; bars are all alike.
std::pair<const Chord*, bool> chord_at(const Progression& progression, const WrittenPiece& piece,
                                       int moment) {
  const int bar = moment / piece.bar_steps, position = moment % piece.bar_steps;
  const auto& chords = progression[static_cast<std::size_t>(bar) % progression.size()];
  const BarChords laid{&chords, piece.bar_steps};
  const Chord* in_force = nullptr;
  bool begins = false;
  for (std::size_t i = 0; i < chords.size(); ++i)
    if (laid.start(i) <= position) {
      in_force = &chords[i];
      begins = laid.start(i) == position;
    }
  return {in_force, begins};
}

std::string chords_violation(const Wishes& wishes, const WrittenPiece& piece) {
  const Progression progression = parse_progression(wishes.chords).value();
  for (const WrittenNote& note : piece.notes) {
    if (note.program == kDrumProgram) continue;
    const auto fits = [&](int moment) {
      const Chord* chord = chord_at(progression, piece, moment).first;
      return chord == nullptr || chord->tones.test(static_cast<std::size_t>(note.pitch % 12));
    };
    for (int moment = note.onset; moment < note.end; ++moment) {
      const auto [chord, begins] = chord_at(progression, piece, moment);
      const int position = moment % piece.bar_steps;
      const bool strong = begins || position == 0 || 2 * position == piece.bar_steps;
      if (strong && !fits(moment)) return at(note) + " is foreign to the chord on a strong beat";
    }
    if (wishes.strict_chords && !fits(note.onset)) return at(note) + " is foreign to the chord";
    if (!fits(note.onset) && note.end - note.onset > piece.grid)
      return at(note) + " is foreign to the chord and long";
    const auto [chord, begins] = chord_at(progression, piece, note.onset);
    if (wishes.bass_roots && is_bass(note.program) && begins && note.pitch % 12 != chord->bass)
      return at(note) + " is not the bass of the chord";
  }
  return {};
}

// -- the other words

std::string key_violation(const Wishes& wishes, const WrittenPiece& piece) {
  const PitchClasses scale = parse_key(wishes.key)->scale;
  const Progression progression =
      wishes.chords.empty() ? Progression{} : parse_progression(wishes.chords).value();
  double notes = 0, chromatic = 0;
  for (const WrittenNote& note : piece.notes) {
    if (note.program == kDrumProgram) continue;
    PitchClasses own = scale;
    if (!progression.empty())
      if (const Chord* chord = chord_at(progression, piece, note.onset).first) own |= chord->tones;
    ++notes;
    if (!own.test(static_cast<std::size_t>(note.pitch % 12))) ++chromatic;
    if (chromatic > wishes.chromatic * notes) return at(note) + " is chromatic";
  }
  return {};
}

std::string range_violation(const Wishes& wishes, const WrittenPiece& piece) {
  const auto* bad = find(piece, [&](const WrittenNote& note) {
    const auto* wish = wish_for(wishes.ranges, note.program);
    return wish != nullptr && (note.pitch < wish->range.low || note.pitch > wish->range.high);
  });
  return bad == nullptr ? "" : at(*bad) + " is out of range";
}

std::string polyphony_violation(const Wishes& wishes, const WrittenPiece& piece) {
  const auto* bad = find(piece, [&](const WrittenNote& note) {
    const auto* wish = wish_for(wishes.polyphony, note.program);
    return wish != nullptr && static_cast<int>(sounding(piece, note).size()) > wish->voices;
  });
  return bad == nullptr ? "" : at(*bad) + " is one voice too many";
}

std::string density_violation(const Wishes& wishes, const WrittenPiece& piece) {
  const auto* bad = find(piece, [&](const WrittenNote& note) {
    const auto* wish = wish_for(wishes.density, note.program);
    return wish != nullptr && wish->notes == 0;
  });
  return bad == nullptr ? "" : at(*bad) + " is not silent";
}

std::vector<std::string> split(const std::string& pattern) {
  std::vector<std::string> bars = {""};
  for (const char letter : pattern)
    if (letter == '|')
      bars.emplace_back();
    else
      bars.back() += letter;
  return bars;
}

std::string rhythm_violation(const Wishes& wishes, const WrittenPiece& piece) {
  for (const int program : piece.programs) {
    const RhythmWish* wish = wish_for(wishes.rhythm, program);
    if (wish == nullptr) continue;
    const auto bars = split(wish->pattern);
    std::set<std::pair<int, int>> onsets;  // bar, position
    for (const WrittenNote& note : piece.notes)
      if (note.program == program) onsets.emplace(note.bar, note.position);
    for (int bar = 0; bar < piece.bars; ++bar) {
      const std::string& letters = bars[static_cast<std::size_t>(bar) % bars.size()];
      const auto n = static_cast<int>(letters.size());
      std::map<int, char> at_step;
      for (int i = 0; i < n; ++i)
        at_step[(piece.bar_steps * i + n - 1) / n] = letters[static_cast<std::size_t>(i)];
      for (const auto& [step, letter] : at_step)
        if (letter == 'x' && !onsets.contains({bar, step}))
          return "program " + std::to_string(program) + " has no note in bar " +
                 std::to_string(bar) + " at " + std::to_string(step);
      for (const auto& [on_bar, step] : onsets)
        if (on_bar == bar && (!at_step.contains(step) || at_step[step] == '.'))
          return "program " + std::to_string(program) + " begins in bar " + std::to_string(bar) +
                 " at " + std::to_string(step);
    }
  }
  return {};
}

std::string melody_violation(const Wishes& wishes, const WrittenPiece& piece) {
  for (const MelodyWish& wish : wishes.melody) {
    std::size_t written = 0;
    int last = -1;
    for (const WrittenNote& note : piece.notes) {
      if (note.program != wish.program) continue;
      if (written < wish.pitches.size() && note.pitch != wish.pitches[written])
        return at(note) + " is not the melody's";
      if (written > 0 && written <= wish.contour.size()) {
        const char step = wish.contour[written - 1];
        if (step == '+'   ? note.pitch <= last
            : step == '-' ? note.pitch >= last
                          : note.pitch != last)
          return at(note) + " breaks the contour";
      }
      ++written;
      last = note.pitch;
    }
  }
  return {};
}

std::string drum_map_violation(const Wishes& wishes, const WrittenPiece& piece) {
  const auto* bad = find(piece, [&](const WrittenNote& note) {
    return note.program == kDrumProgram && std::find(wishes.drum_map.begin(), wishes.drum_map.end(),
                                                     note.pitch) == wishes.drum_map.end();
  });
  return bad == nullptr ? "" : at(*bad) + " is not in the kit";
}

bool two_hands(const std::vector<int>& pitches) {
  for (std::size_t left = 0; left <= pitches.size(); ++left) {
    const auto hand = [](auto first, auto last) {
      return first == last || (last - first <= 5 && *(last - 1) - *first <= 16);
    };
    const auto middle = pitches.begin() + static_cast<std::ptrdiff_t>(left);
    if (hand(pitches.begin(), middle) && hand(middle, pitches.end())) return true;
  }
  return false;
}

/// By trying every way to give strings to pitches in order.
bool six_strings(const std::vector<int>& pitches, std::size_t next, int string, int fret) {
  static constexpr std::array kOpen = {40, 45, 50, 55, 59, 64};
  if (next == pitches.size()) return true;
  for (int s = string; s < 6; ++s) {
    const int f = pitches[next] - kOpen[static_cast<std::size_t>(s)];
    if ((f == 0 || (f >= fret && f <= fret + 4 && f <= 22)) &&
        six_strings(pitches, next + 1, s + 1, fret))
      return true;
  }
  return false;
}

std::string playable_violation(const Wishes&, const WrittenPiece& piece) {
  for (const WrittenNote& note : piece.notes) {
    if (!playable_range(note.program).holds(note.pitch)) return at(note) + " is not on it";
    const std::vector<int> together = sounding(piece, note);
    if (static_cast<int>(together.size()) > voices_of(note.program))
      return at(note) + " is one voice too many";
    if (is_keyboard(note.program) && !two_hands(together)) return at(note) + " needs a third hand";
    bool fits = !is_guitar(note.program);
    for (int fret = 1; fret <= 22 && !fits; ++fret) fits = six_strings(together, 0, 0, fret);
    if (!fits) return at(note) + " needs other strings";
  }
  return {};
}

}  // namespace

const std::vector<std::string>& hard_words() {
  static const std::vector<std::string> words = {
      "rhythm", "density", "range", "polyphony", "drum_map", "melody", "key", "chords", "playable"};
  return words;
}

Request random_request(Random& random) {
  Request request;
  request.bars = 3;
  request.max_notes = 150;
  request.presence = 0;
  static constexpr std::array<Meter, 3> kMeters = {{{4, 4}, {3, 4}, {6, 8}}};
  request.meter = kMeters[random.below(kMeters.size())];
  for (const int program : kBand)
    if (random.below(2) == 0) request.programs.push_back(program);
  if (request.programs.empty() || request.programs.front() == kDrumProgram)
    request.programs.insert(request.programs.begin(), 73);
  request.seed = random.next() % 1'000'000;
  return request;
}

void add_random_wish(const std::string& word, Random& random, Request& request) {
  Wishes& wishes = request.wishes;
  if (word == "rhythm") {
    std::string pattern = text_of(random, "xo.", 2 + random.below(11));
    if (random.below(2) == 0) pattern += "|" + text_of(random, "xo..", 2 + random.below(11));
    wishes.rhythm.push_back(
        {random.below(3) == 0 ? kEveryProgram : one_of(random, request.programs), pattern});
  } else if (word == "density") {
    wishes.density.push_back({one_of(random, request.programs), 0});
  } else if (word == "range") {
    const auto low = static_cast<std::uint8_t>(28 + random.below(50));
    const auto high = static_cast<std::uint8_t>(low + random.below(20));
    wishes.ranges.push_back({pitched(random, request), {low, high}});
  } else if (word == "polyphony") {
    wishes.polyphony.push_back(
        {random.below(2) == 0 ? kEveryProgram : one_of(random, request.programs),
         1 + static_cast<int>(random.below(3))});
  } else if (word == "drum_map") {
    if (request.programs.back() != kDrumProgram) request.programs.push_back(kDrumProgram);
    for (std::uint32_t i = 1 + random.below(4); i > 0; --i)
      wishes.drum_map.push_back(35 + static_cast<int>(random.below(20)));
  } else if (word == "melody") {
    MelodyWish wish;
    wish.program = pitched(random, request);
    if (random.below(2) == 0)
      wish.contour = text_of(random, "+-=", 1 + random.below(8));
    else
      for (std::uint32_t i = 1 + random.below(8); i > 0; --i)
        wish.pitches.push_back(48 + static_cast<int>(random.below(36)));
    wishes.melody.push_back(wish);
  } else if (word == "key") {
    static constexpr std::array kKeys = {"C", "Am", "F# major", "Eb minor", "D dorian", "B blues"};
    wishes.key = kKeys[random.below(kKeys.size())];
    static constexpr std::array kShares = {0.0, 0.1, 0.3};
    wishes.chromatic = kShares[random.below(kShares.size())];
  } else if (word == "chords") {
    wishes.chords = random_chords(random);
    wishes.strict_chords = random.below(3) == 0;
    wishes.bass_roots = random.below(3) != 0;
  } else if (word == "playable") {
    wishes.playable = true;
  }
}

std::string violation(const std::string& word, const Wishes& wishes, const WrittenPiece& piece) {
  using Check = std::string (*)(const Wishes&, const WrittenPiece&);
  static const std::map<std::string, Check> checks = {
      {"rhythm", rhythm_violation},     {"density", density_violation},
      {"range", range_violation},       {"polyphony", polyphony_violation},
      {"drum_map", drum_map_violation}, {"melody", melody_violation},
      {"key", key_violation},           {"chords", chords_violation},
      {"playable", playable_violation}};
  return checks.at(word)(wishes, piece);
}

}  // namespace sage::test
