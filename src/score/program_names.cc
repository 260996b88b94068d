#include "score/program_names.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/nearest_word.h"
#include "score/score.h"

namespace sage {
namespace {

constexpr std::array<std::string_view, kProgramCount> kNames = {
    "Acoustic Grand Piano",
    "Bright Acoustic Piano",
    "Electric Grand Piano",
    "Honky-tonk Piano",
    "Electric Piano 1",
    "Electric Piano 2",
    "Harpsichord",
    "Clavinet",
    "Celesta",
    "Glockenspiel",
    "Music Box",
    "Vibraphone",
    "Marimba",
    "Xylophone",
    "Tubular Bells",
    "Dulcimer",
    "Drawbar Organ",
    "Percussive Organ",
    "Rock Organ",
    "Church Organ",
    "Reed Organ",
    "Accordion",
    "Harmonica",
    "Tango Accordion",
    "Acoustic Guitar (nylon)",
    "Acoustic Guitar (steel)",
    "Electric Guitar (jazz)",
    "Electric Guitar (clean)",
    "Electric Guitar (muted)",
    "Overdriven Guitar",
    "Distortion Guitar",
    "Guitar Harmonics",
    "Acoustic Bass",
    "Electric Bass (finger)",
    "Electric Bass (pick)",
    "Fretless Bass",
    "Slap Bass 1",
    "Slap Bass 2",
    "Synth Bass 1",
    "Synth Bass 2",
    "Violin",
    "Viola",
    "Cello",
    "Contrabass",
    "Tremolo Strings",
    "Pizzicato Strings",
    "Orchestral Harp",
    "Timpani",
    "String Ensemble 1",
    "String Ensemble 2",
    "Synth Strings 1",
    "Synth Strings 2",
    "Choir Aahs",
    "Voice Oohs",
    "Synth Voice",
    "Orchestra Hit",
    "Trumpet",
    "Trombone",
    "Tuba",
    "Muted Trumpet",
    "French Horn",
    "Brass Section",
    "Synth Brass 1",
    "Synth Brass 2",
    "Soprano Sax",
    "Alto Sax",
    "Tenor Sax",
    "Baritone Sax",
    "Oboe",
    "English Horn",
    "Bassoon",
    "Clarinet",
    "Piccolo",
    "Flute",
    "Recorder",
    "Pan Flute",
    "Blown Bottle",
    "Shakuhachi",
    "Whistle",
    "Ocarina",
    "Lead 1 (square)",
    "Lead 2 (sawtooth)",
    "Lead 3 (calliope)",
    "Lead 4 (chiff)",
    "Lead 5 (charang)",
    "Lead 6 (voice)",
    "Lead 7 (fifths)",
    "Lead 8 (bass + lead)",
    "Pad 1 (new age)",
    "Pad 2 (warm)",
    "Pad 3 (polysynth)",
    "Pad 4 (choir)",
    "Pad 5 (bowed)",
    "Pad 6 (metallic)",
    "Pad 7 (halo)",
    "Pad 8 (sweep)",
    "FX 1 (rain)",
    "FX 2 (soundtrack)",
    "FX 3 (crystal)",
    "FX 4 (atmosphere)",
    "FX 5 (brightness)",
    "FX 6 (goblins)",
    "FX 7 (echoes)",
    "FX 8 (sci-fi)",
    "Sitar",
    "Banjo",
    "Shamisen",
    "Koto",
    "Kalimba",
    "Bagpipe",
    "Fiddle",
    "Shanai",
    "Tinkle Bell",
    "Agogo",
    "Steel Drums",
    "Woodblock",
    "Taiko Drum",
    "Melodic Tom",
    "Synth Drum",
    "Reverse Cymbal",
    "Guitar Fret Noise",
    "Breath Noise",
    "Seashore",
    "Bird Tweet",
    "Telephone Ring",
    "Helicopter",
    "Applause",
    "Gunshot",
    "Drums",
};

struct Alias {
  std::string_view name;  // as `plain` leaves it
  int program;
};

// The word of a family means its most common member.
constexpr Alias kAliases[] = {
    {"piano", 0},
    {"grandpiano", 0},
    {"electricpiano", 4},
    {"epiano", 4},
    {"bells", 14},
    {"hammondorgan", 16},
    {"organ", 19},
    {"pipeorgan", 19},
    {"guitar", 24},
    {"acousticguitar", 24},
    {"nylonguitar", 24},
    {"steelguitar", 25},
    {"jazzguitar", 26},
    {"electricguitar", 27},
    {"cleanguitar", 27},
    {"distortedguitar", 30},
    {"uprightbass", 32},
    {"doublebass", 43},
    {"bass", 33},
    {"bassguitar", 33},
    {"electricbass", 33},
    {"slapbass", 36},
    {"synthbass", 38},
    {"pizzicato", 45},
    {"harp", 46},
    {"strings", 48},
    {"stringensemble", 48},
    {"synthstrings", 50},
    {"choir", 52},
    {"voice", 52},
    {"voices", 52},
    {"vocals", 52},
    {"horn", 60},
    {"brass", 61},
    {"synthbrass", 62},
    {"saxophone", 65},
    {"sax", 65},
    {"altosaxophone", 65},
    {"tenorsaxophone", 66},
    {"coranglais", 69},
    {"lead", 80},
    {"synthlead", 80},
    {"synth", 81},
    {"pad", 88},
    {"synthpad", 88},
    {"bagpipes", 109},
    {"drum", kDrumProgram},
    {"drumkit", kDrumProgram},
    {"percussion", kDrumProgram},
};

/// The programs that the word of a family can mean.
struct Family {
  std::string_view word;  // as `plain` leaves it
  int first, last;
};

constexpr Family kFamilies[] = {
    {"piano", 0, 5},
    {"electricpiano", 4, 5},
    {"epiano", 4, 5},
    {"organ", 16, 20},
    {"guitar", 24, 31},
    {"acousticguitar", 24, 25},
    {"electricguitar", 26, 31},
    {"distortedguitar", 29, 30},
    {"bass", 32, 39},
    {"bassguitar", 33, 37},
    {"electricbass", 33, 37},
    {"slapbass", 36, 37},
    {"synthbass", 38, 39},
    {"strings", 48, 51},
    {"strings", 40, 45},
    {"stringensemble", 48, 49},
    {"synthstrings", 50, 51},
    {"choir", 52, 54},
    {"voice", 52, 54},
    {"voices", 52, 54},
    {"vocals", 52, 54},
    {"brass", 56, 63},
    {"synthbrass", 62, 63},
    {"saxophone", 64, 67},
    {"sax", 64, 67},
    {"lead", 80, 87},
    {"synthlead", 80, 87},
    {"synth", 80, 95},
    {"pad", 88, 95},
    {"synthpad", 88, 95},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<int> program_from_number(std::string_view digits) {
  int value = 0;
  for (char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
    if (value >= kProgramCount) return std::nullopt;
  }
  return value;
}

}  // namespace

std::string plain_name(std::string_view name) {
  std::string result;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || is_digit(c)) result += c;
  }
  return result;
}

std::string_view program_name(int program) {
  if (program < 0 || program >= kProgramCount) return "Unknown";
  return kNames[static_cast<std::size_t>(program)];
}

std::optional<int> program_from_name(std::string_view name) {
  const std::size_t first = name.find_first_not_of(" \t");
  if (first == std::string_view::npos) return std::nullopt;
  name = name.substr(first, name.find_last_not_of(" \t") - first + 1);
  // A sign or a fraction must not vanish with the punctuation, so "-1" and "1.5" are no numbers.
  if (name.find_first_not_of("0123456789.+-") == std::string_view::npos)
    return program_from_number(name);
  const std::string wanted = plain_name(name);
  if (wanted.empty()) return std::nullopt;
  for (const Alias& alias : kAliases)
    if (alias.name == wanted) return alias.program;
  for (int program = 0; program < kProgramCount; ++program)
    if (plain_name(program_name(program)) == wanted) return program;
  return std::nullopt;
}

std::vector<int> programs_meant(std::string_view name) {
  const auto usual = program_from_name(name);
  if (!usual) return {};
  std::vector<int> programs = {*usual};
  const std::string wanted = plain_name(name);
  for (const Family& family : kFamilies)
    if (family.word == wanted)
      for (int program = family.first; program <= family.last; ++program)
        if (program != *usual) programs.push_back(program);
  return programs;
}

std::string closest_program_name(std::string_view name) {
  std::vector<std::string> words, plain_words;
  for (const Alias& alias : kAliases) words.emplace_back(alias.name);
  for (const std::string_view gm : kNames) words.emplace_back(gm);
  for (const std::string& word : words) plain_words.push_back(plain_name(word));
  const std::vector<std::string_view> views(plain_words.begin(), plain_words.end());
  const std::string close = closest_word(plain_name(name), views);
  const auto at = std::find(plain_words.begin(), plain_words.end(), close);
  return close.empty() ? close : words[static_cast<std::size_t>(at - plain_words.begin())];
}

}  // namespace sage
