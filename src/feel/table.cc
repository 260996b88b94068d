// Feels as text, and those that are compiled in.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "feel/feel.h"
#include "feel/table_source.h"

namespace sage {
namespace {

constexpr std::array<std::string_view, kDrumVoiceCount> kVoices = {"kick",   "snare", "hat",
                                                                   "cymbal", "tom",   "other"};

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(by);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string fixed(double value, int digits) {
  std::array<char, 64> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits)
          .ptr;
  const std::string written(text.data(), end);
  // No -0.0 in a table.
  return std::all_of(written.begin(), written.end(),
                     [](char c) { return c == '-' || c == '0' || c == '.'; }) &&
                 written.front() == '-'
             ? written.substr(1)
             : written;
}

bool is_sane(const Feel& feel) {
  bool sane = feel.offbeat >= 0.4 && feel.offbeat <= 0.8 && std::abs(feel.steady) < 1;
  for (const auto& voice : feel.cells)
    for (const FeelCell& cell : voice)
      sane = sane && std::abs(cell.late_ms) < 200 && cell.spread_ms >= 0 && cell.spread_ms < 200 &&
             std::abs(cell.accent) < 128 && cell.accent_spread >= 0 && cell.accent_spread < 128;
  return sane;
}

/// feel NAME offbeat steady performances, or cell VOICE slot late spread accent spread notes.
bool read_line(const std::vector<std::string_view>& words, std::vector<Feel>& feels) {
  if (words[0] == "feel" && words.size() == 5) {
    Feel feel;
    feel.name = words[1];
    feels.push_back(feel);
    Feel& to = feels.back();
    return read(words[2], to.offbeat) && read(words[3], to.steady) &&
           read(words[4], to.performances);
  }
  if (words[0] != "cell" || words.size() != 8 || feels.empty()) return false;
  const auto voice = std::find(kVoices.begin(), kVoices.end(), words[1]);
  int slot = 0;
  if (voice == kVoices.end() || !read(words[2], slot) || slot < 0 || slot >= kFeelSlots)
    return false;
  FeelCell& cell = feels.back().cell(static_cast<DrumVoice>(voice - kVoices.begin()), slot);
  return read(words[3], cell.late_ms) && read(words[4], cell.spread_ms) &&
         read(words[5], cell.accent) && read(words[6], cell.accent_spread) &&
         read(words[7], cell.notes);
}

}  // namespace

std::string_view drum_voice_name(DrumVoice voice) {
  return kVoices[static_cast<std::size_t>(voice)];
}

DrumVoice drum_voice_of(int pitch) {
  switch (pitch) {
    case 35:
    case 36:
      return DrumVoice::kKick;
    case 37:
    case 38:
    case 39:
    case 40:
      return DrumVoice::kSnare;
    case 42:
    case 44:
    case 46:
      return DrumVoice::kHat;
    case 49:
    case 51:
    case 52:
    case 53:
    case 55:
    case 57:
    case 59:
      return DrumVoice::kCymbal;
    case 41:
    case 43:
    case 45:
    case 47:
    case 48:
    case 50:
      return DrumVoice::kTom;
    default:
      return DrumVoice::kOther;
  }
}

Result<std::vector<Feel>> read_feels(std::string_view text) {
  std::vector<Feel> feels;
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (!read_line(split(line, '\t'), feels))
      return fail(ErrorCode::kMalformed,
                  "table of feels, line " + std::to_string(number) + ": not a feel or a cell");
  }
  for (const Feel& feel : feels)
    if (!is_sane(feel))
      return fail(ErrorCode::kMalformed,
                  "table of feels: '" + feel.name + "' has numbers that no drummer plays");
  return feels;
}

std::string write_feels(std::span<const Feel> feels) {
  std::string text =
      "# feel\tname\toffbeat\tsteady\tperformances\n"
      "# cell\tvoice\tslot\tlate_ms\tspread_ms\taccent\taccent_spread\tnotes\n";
  for (const Feel& feel : feels) {
    text += "feel\t" + feel.name + "\t" + fixed(feel.offbeat, 3) + "\t" + fixed(feel.steady, 3) +
            "\t" + std::to_string(feel.performances) + "\n";
    for (int voice = 0; voice < kDrumVoiceCount; ++voice)
      for (int slot = 0; slot < kFeelSlots; ++slot) {
        const FeelCell& cell = feel.cell(static_cast<DrumVoice>(voice), slot);
        if (cell.notes == 0) continue;
        text += "cell\t" + std::string(kVoices[static_cast<std::size_t>(voice)]) + "\t" +
                std::to_string(slot) + "\t" + fixed(cell.late_ms, 1) + "\t" +
                fixed(cell.spread_ms, 1) + "\t" + fixed(cell.accent, 1) + "\t" +
                fixed(cell.accent_spread, 1) + "\t" + std::to_string(cell.notes) + "\n";
      }
  }
  return text;
}

const std::vector<Feel>& feels() {
  // A test reads the table with read_feels(), so that it is known to be well-formed.
  static const std::vector<Feel> all = read_feels(kFeelTable).value_or(std::vector<Feel>{});
  return all;
}

Result<const Feel*> find_feel(std::string_view name) {
  std::string names;
  for (const Feel& feel : feels()) {
    if (feel.name == name) return &feel;
    names += feel.name + ", ";
  }
  return fail(ErrorCode::kInvalidArgument,
              "no feel is called '" + std::string(name) + "'; there are " + names + "and none");
}

}  // namespace sage
