#include "score/program_names.h"

#include <array>
#include <string>

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

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Lower case, letters and digits only.
std::string plain(std::string_view name) {
  std::string result;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || is_digit(c)) result += c;
  }
  return result;
}

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
  const std::string wanted = plain(name);
  if (wanted.empty()) return std::nullopt;
  for (const Alias& alias : kAliases)
    if (alias.name == wanted) return alias.program;
  for (int program = 0; program < kProgramCount; ++program)
    if (plain(program_name(program)) == wanted) return program;
  return std::nullopt;
}

}  // namespace sage
