#include "score/pitch_names.h"

#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "score/program_names.h"

namespace sage {
namespace {

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> midi_number(std::string_view text) {
  const auto value = number(text);
  return value && *value >= 0 && *value <= 127 ? value : std::nullopt;
}

constexpr int kFirstDrum = 35;
constexpr std::array<std::string_view, 47> kDrums = {"Acoustic Bass Drum",
                                                     "Bass Drum 1",
                                                     "Side Stick",
                                                     "Acoustic Snare",
                                                     "Hand Clap",
                                                     "Electric Snare",
                                                     "Low Floor Tom",
                                                     "Closed Hi-Hat",
                                                     "High Floor Tom",
                                                     "Pedal Hi-Hat",
                                                     "Low Tom",
                                                     "Open Hi-Hat",
                                                     "Low-Mid Tom",
                                                     "Hi-Mid Tom",
                                                     "Crash Cymbal 1",
                                                     "High Tom",
                                                     "Ride Cymbal 1",
                                                     "Chinese Cymbal",
                                                     "Ride Bell",
                                                     "Tambourine",
                                                     "Splash Cymbal",
                                                     "Cowbell",
                                                     "Crash Cymbal 2",
                                                     "Vibraslap",
                                                     "Ride Cymbal 2",
                                                     "Hi Bongo",
                                                     "Low Bongo",
                                                     "Mute Hi Conga",
                                                     "Open Hi Conga",
                                                     "Low Conga",
                                                     "High Timbale",
                                                     "Low Timbale",
                                                     "High Agogo",
                                                     "Low Agogo",
                                                     "Cabasa",
                                                     "Maracas",
                                                     "Short Whistle",
                                                     "Long Whistle",
                                                     "Short Guiro",
                                                     "Long Guiro",
                                                     "Claves",
                                                     "Hi Wood Block",
                                                     "Low Wood Block",
                                                     "Mute Cuica",
                                                     "Open Cuica",
                                                     "Mute Triangle",
                                                     "Open Triangle"};
constexpr std::array<std::pair<std::string_view, int>, 14> kShort = {{{"kick", 36},
                                                                      {"bassdrum", 36},
                                                                      {"snare", 38},
                                                                      {"rim", 37},
                                                                      {"rimshot", 37},
                                                                      {"clap", 39},
                                                                      {"hihat", 42},
                                                                      {"hat", 42},
                                                                      {"floortom", 41},
                                                                      {"midtom", 47},
                                                                      {"crash", 49},
                                                                      {"ride", 51},
                                                                      {"china", 52},
                                                                      {"splash", 55}}};

}  // namespace

std::optional<int> pitch_from_name(std::string_view text) {
  if (const auto value = midi_number(text)) return value;
  static constexpr std::array<int, 7> kNatural = {9, 11, 0, 2, 4, 5, 7};  // from A on
  if (text.empty()) return std::nullopt;
  const int letter = std::toupper(static_cast<unsigned char>(text.front()));
  if (letter < 'A' || letter > 'G') return std::nullopt;
  int pitch = kNatural[static_cast<std::size_t>(letter - 'A')];
  text.remove_prefix(1);
  for (; !text.empty() && (text.front() == '#' || text.front() == 'b'); text.remove_prefix(1))
    pitch += text.front() == '#' ? 1 : -1;
  const auto octave = number(text);
  if (!octave || *octave < -1 || *octave > 9) return std::nullopt;
  pitch += 12 * (*octave + 1);
  return pitch >= 0 && pitch <= 127 ? std::optional(pitch) : std::nullopt;
}

std::string pitch_name(int pitch) {
  static constexpr std::array kNames = {"C",  "C#", "D",  "D#", "E",  "F",
                                        "F#", "G",  "G#", "A",  "A#", "B"};
  return kNames[static_cast<std::size_t>(pitch % 12)] + std::to_string(pitch / 12 - 1);
}

std::optional<int> drum_from_name(std::string_view text) {
  if (const auto value = midi_number(text)) return value;
  const std::string word = plain_name(text);
  for (const auto& [name, key] : kShort)
    if (word == name) return key;
  for (std::size_t i = 0; i < kDrums.size(); ++i)
    if (word == plain_name(kDrums[i])) return kFirstDrum + static_cast<int>(i);
  return std::nullopt;
}

std::string drum_name(int key) {
  const int i = key - kFirstDrum;
  if (i < 0 || i >= static_cast<int>(kDrums.size())) return std::to_string(key);
  return std::string(kDrums[static_cast<std::size_t>(i)]);
}

}  // namespace sage
