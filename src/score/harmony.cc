#include "score/harmony.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace sage {
namespace {

/// Reads a text from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take_any(std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](auto word) { return take(word); });
  }
  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  /// A letter with its accidentals as a pitch class.
  std::optional<int> note(bool lower_case) {
    static constexpr std::array<int, 7> kNatural = {9, 11, 0, 2, 4, 5, 7};  // from A on
    if (done()) return std::nullopt;
    const char first = rest_.front();
    const bool lower = first >= 'a' && first <= 'g';
    if (!(first >= 'A' && first <= 'G') && !(lower && lower_case)) return std::nullopt;
    rest_.remove_prefix(1);
    int pitch = kNatural[static_cast<std::size_t>(first - (lower ? 'a' : 'A'))];
    for (;;) {
      if (take_any({"#", "♯"}))
        ++pitch;
      else if (take_any({"b", "♭"}))
        --pitch;
      else
        return (pitch % 12 + 12) % 12;
    }
  }

 private:
  std::string_view rest_;
};

/// The degrees of a chord as semitones above its root; -1 where it has none.
struct Degrees {
  int third = 4, fifth = 7, sixth = -1, seventh = -1;
  PitchClasses tensions;  // ninths, elevenths, thirteenths
};

void set_minor(Degrees& degrees) { degrees.third = 3; }

void set_diminished(Degrees& degrees) {
  degrees.third = 3;
  degrees.fifth = 6;
}

/// The triad's quality, and whether a seventh that follows is a major one.
struct Quality {
  bool major_seventh = false, diminished = false;
};

Quality read_quality(Cursor& cursor, Degrees& degrees) {
  Quality quality;
  if (cursor.take_any({"maj", "Maj", "MAJ", "ma", "Δ", "M"})) {
    quality.major_seventh = true;
  } else if (cursor.take_any({"dim", "°", "o"})) {
    set_diminished(degrees);
    quality.diminished = true;
  } else if (cursor.take_any({"ø"})) {
    set_diminished(degrees);
    degrees.seventh = 10;
  } else if (cursor.take_any({"aug", "+"})) {
    degrees.fifth = 8;
  } else if (cursor.take_any({"min", "Min", "mi", "m", "-"})) {
    set_minor(degrees);
    if (cursor.take_any({"(maj", "maj", "Maj", "M", "Δ"})) quality.major_seventh = true;
  }
  return quality;
}

/// The number after the quality: seventh, or an extension that brings the seventh along.
bool read_number(Cursor& cursor, const Quality& quality, Degrees& degrees) {
  const int seventh = quality.diminished ? 9 : quality.major_seventh ? 11 : 10;
  if (cursor.take_any({"6/9", "69"})) {
    degrees.sixth = 9;
    degrees.tensions.set(2);
  } else if (cursor.take("13")) {
    degrees.seventh = seventh;
    degrees.tensions.set(2);
    degrees.tensions.set(9);
  } else if (cursor.take("11")) {
    degrees.seventh = seventh;
    degrees.tensions.set(2);
    degrees.tensions.set(5);
  } else if (cursor.take("9")) {
    degrees.seventh = seventh;
    degrees.tensions.set(2);
  } else if (cursor.take("7")) {
    degrees.seventh = seventh;
  } else if (cursor.take("6")) {
    degrees.sixth = 9;
  } else if (cursor.take("5")) {
    degrees.third = -1;
  } else {
    return false;
  }
  return true;
}

/// One alteration, addition or omission; false where there is none to read.
bool read_change(Cursor& cursor, Degrees& degrees) {
  if (cursor.take_any({"(", ")", ","})) return true;
  if (cursor.take("sus2")) {
    degrees.third = 2;
  } else if (cursor.take_any({"sus4", "sus"})) {
    degrees.third = 5;
  } else if (cursor.take_any({"b5", "-5"})) {
    degrees.fifth = 6;
  } else if (cursor.take_any({"#5", "+5"})) {
    degrees.fifth = 8;
  } else if (cursor.take_any({"b9", "-9"})) {
    degrees.tensions.set(1);
  } else if (cursor.take_any({"#9", "+9"})) {
    degrees.tensions.set(3);
  } else if (cursor.take_any({"#11", "+11"})) {
    degrees.tensions.set(6);
  } else if (cursor.take_any({"b13", "-13"})) {
    degrees.tensions.set(8);
  } else if (cursor.take_any({"add9", "add2"})) {
    degrees.tensions.set(2);
  } else if (cursor.take_any({"add11", "add4"})) {
    degrees.tensions.set(5);
  } else if (cursor.take_any({"add13", "add6"})) {
    degrees.tensions.set(9);
  } else if (cursor.take_any({"maj7", "M7"})) {
    degrees.seventh = 11;
  } else if (cursor.take("no3")) {
    degrees.third = -1;
  } else if (cursor.take("no5")) {
    degrees.fifth = -1;
  } else if (cursor.take("alt")) {
    degrees.fifth = 6;
    degrees.seventh = 10;
    for (const int tension : {1, 3, 8}) degrees.tensions.set(static_cast<std::size_t>(tension));
  } else if (cursor.take("9")) {
    degrees.tensions.set(2);
  } else if (cursor.take("13")) {
    degrees.tensions.set(9);
  } else {
    return false;
  }
  return true;
}

PitchClasses above(int root, const Degrees& degrees) {
  PitchClasses tones;
  const auto add = [&](int semitones) {
    if (semitones >= 0) tones.set(static_cast<std::size_t>((root + semitones) % 12));
  };
  for (const int degree : {0, degrees.third, degrees.fifth, degrees.sixth, degrees.seventh})
    add(degree);
  for (std::size_t i = 0; i < 12; ++i)
    if (degrees.tensions[i]) add(static_cast<int>(i));
  return tones;
}

tl::unexpected<Error> not_a_chord(std::string_view text, std::string_view rest) {
  std::string message = "'" + std::string(text.substr(0, 40)) + "' is not a chord";
  if (!rest.empty() && rest.size() < text.size())
    message += ": '" + std::string(rest.substr(0, 20)) + "' is not understood";
  return fail(ErrorCode::kInvalidArgument,
              message + "; write chords like C, Am7, F#m7b5, Bbmaj7, G7sus4, C/E");
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find_first_of(separators);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view text) {
  auto words = split(text, " \t\r\n");
  std::erase_if(words, [](std::string_view word) { return word.empty(); });
  return words;
}

struct Mode {
  std::string_view name;
  std::string_view degrees;  // twelve of x (in the scale) and . (not)
};
constexpr std::array<Mode, 10> kModes = {{{"major", "x.x.xx.x.x.x"},
                                          {"minor", "x.xx.x.xxxxx"},
                                          {"ionian", "x.x.xx.x.x.x"},
                                          {"dorian", "x.xx.x.x.xx."},
                                          {"phrygian", "xx.x.x.xx.x."},
                                          {"lydian", "x.x.x.xx.x.x"},
                                          {"mixolydian", "x.x.xx.x.xx."},
                                          {"aeolian", "x.xx.x.xx.x."},
                                          {"locrian", "xx.x.xx.x.x."},
                                          {"blues", "x..x.xxx..x."}}};

}  // namespace

Result<Chord> parse_chord(std::string_view text) {
  Cursor cursor(text);
  const auto root = cursor.note(/*lower_case=*/false);
  if (!root) return not_a_chord(text, {});
  Degrees degrees;
  const Quality quality = read_quality(cursor, degrees);
  const bool number = read_number(cursor, quality, degrees);
  if (quality.major_seventh && !number && text.find("Δ") != std::string_view::npos)
    degrees.seventh = 11;  // C with a triangle alone
  while (read_change(cursor, degrees)) {
  }
  Chord chord{*root, *root, above(*root, degrees)};
  if (cursor.take("/")) {
    const auto bass = cursor.note(/*lower_case=*/false);
    if (!bass) return not_a_chord(text, cursor.rest());
    chord.bass = *bass;
    chord.tones.set(static_cast<std::size_t>(*bass));
  }
  if (!cursor.done()) return not_a_chord(text, cursor.rest());
  return chord;
}

Result<Progression> parse_progression(std::string_view text) {
  Progression bars;
  auto parts = split(text, "|");
  // A line that opens and closes with a bar line has no bars outside.
  if (parts.size() > 1 && words_of(parts.front()).empty()) parts.erase(parts.begin());
  if (parts.size() > 1 && words_of(parts.back()).empty()) parts.pop_back();
  bool any = false;
  for (const std::string_view part : parts) {
    const std::string bar = "bar " + std::to_string(bars.size() + 1) + " of the chords";
    std::vector<Chord> chords;
    for (const std::string_view word : words_of(part)) {
      if (word == "N.C." || word == "NC") continue;
      if (word == "%") {
        if (bars.empty())
          return fail(ErrorCode::kInvalidArgument, bar + ": '%' has no bar before it to repeat");
        chords = bars.back();
        continue;
      }
      auto chord = parse_chord(word);
      if (!chord) return fail(bar, chord.error());
      chords.push_back(*chord);
    }
    any = any || !chords.empty();
    bars.push_back(std::move(chords));
  }
  if (!any)
    return fail(ErrorCode::kInvalidArgument,
                "the chords are empty; write them bar by bar, like \"Cmaj7 | Dm7 G7 | %\"");
  return bars;
}

Result<Key> parse_key(std::string_view text) {
  const auto words = words_of(text);
  const auto refuse = [&] {
    return fail(
        ErrorCode::kInvalidArgument,
        "'" + std::string(text.substr(0, 40)) +
            "' is not a key; write it like C, \"Eb major\", \"F# minor\", Am, \"D dorian\"");
  };
  if (words.empty() || words.size() > 2) return refuse();
  Cursor cursor(words.front());
  const auto tonic = cursor.note(/*lower_case=*/true);
  if (!tonic) return refuse();
  std::string mode = "major";
  if (!cursor.done()) {
    if (words.size() > 1 || cursor.rest() != "m") return refuse();
    mode = "minor";
  } else if (words.size() > 1) {
    mode = words.back();
    std::transform(mode.begin(), mode.end(), mode.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  const auto found =
      std::find_if(kModes.begin(), kModes.end(), [&](const Mode& m) { return m.name == mode; });
  if (found == kModes.end()) return refuse();
  Key key{*tonic, {}};
  for (std::size_t i = 0; i < 12; ++i)
    if (found->degrees[i] == 'x') key.scale.set((static_cast<std::size_t>(*tonic) + i) % 12);
  return key;
}

}  // namespace sage
