#include "midi/parts.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/nearest_word.h"
#include "score/program_names.h"

namespace sage::midi {
namespace {

constexpr std::size_t kMostListed = 24;

std::string lower(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  std::string out(text.substr(first, text.find_last_not_of(" \t") - first + 1));
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

template <class Matches>
std::vector<std::size_t> parts_where(const MidiRead& music, Matches matches) {
  std::vector<std::size_t> parts;
  for (std::size_t i = 0; i < music.score.tracks.size(); ++i)
    if (matches(music.score.tracks[i])) parts.push_back(i);
  return parts;
}

/// Of some parts those with notes, where there are any.
std::vector<std::size_t> heard(const MidiRead& music, std::vector<std::size_t> parts) {
  const auto silent = [&](std::size_t part) { return music.score.tracks[part].notes.empty(); };
  if (!std::all_of(parts.begin(), parts.end(), silent)) std::erase_if(parts, silent);
  return parts;
}

std::string all_titles(const MidiRead& music) {
  std::string text;
  for (std::size_t i = 0; i < music.score.tracks.size(); ++i) {
    if (i == kMostListed) return text + ", ... (inspect lists all)";
    text += (text.empty() ? "" : ", ") + part_title(music, i);
  }
  return text;
}

tl::unexpected<Error> no_part(const MidiRead& music, std::string_view word) {
  std::vector<std::string> names;
  for (const Track& track : music.score.tracks) {
    if (!track.name.empty()) names.push_back(lower(track.name));
    names.push_back(lower(program_name(track.program_or_drum())));
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string close = closest_word(lower(word), views);
  return fail(ErrorCode::kInvalidArgument,
              "no part is called '" + std::string(word) + "'" +
                  (close.empty() ? "." : "; did you mean '" + close + "'?") +
                  " The parts are: " + all_titles(music));
}

}  // namespace

std::string part_title(const MidiRead& music, std::size_t part) {
  const Track& track = music.score.tracks[part];
  const std::string instrument(program_name(track.program_or_drum()));
  const bool says_more = !track.name.empty() && lower(track.name) != lower(instrument);
  return std::to_string(part + 1) + " " +
         (says_more ? track.name + " (" + instrument + ")" : instrument);
}

std::vector<std::size_t> parts_playing(const MidiRead& music, std::string_view instrument) {
  const std::vector<int> meant = programs_meant(instrument);
  return heard(music, parts_where(music, [&](const Track& track) {
                 return std::find(meant.begin(), meant.end(), track.program_or_drum()) !=
                        meant.end();
               }));
}

Result<std::vector<std::size_t>> parts_named(const MidiRead& music, std::string_view word) {
  const std::string wanted = lower(word);
  if (wanted.empty()) return no_part(music, word);
  std::size_t number = 0;
  const auto read = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (read.ec == std::errc() && read.ptr == wanted.data() + wanted.size()) {
    if (number >= 1 && number <= music.score.tracks.size()) return std::vector{number - 1};
    return no_part(music, word);
  }
  auto parts = parts_where(music, [&](const Track& t) { return lower(t.name) == wanted; });
  if (parts.empty()) parts = parts_playing(music, wanted);
  if (parts.empty()) {
    parts = parts_where(
        music, [&](const Track& t) { return lower(t.name).find(wanted) != std::string::npos; });
    const auto other_name = [&](std::size_t part) {
      return music.score.tracks[part].name != music.score.tracks[parts.front()].name;
    };
    if (std::any_of(parts.begin(), parts.end(), other_name)) parts.clear();
  }
  if (parts.empty()) return no_part(music, word);
  return heard(music, std::move(parts));
}

Result<std::vector<std::size_t>> parts_named(const MidiRead& music,
                                             std::span<const std::string> words) {
  std::vector<std::size_t> all;
  for (const std::string& word : words) {
    const auto parts = parts_named(music, word);
    if (!parts) return tl::unexpected(parts.error());
    all.insert(all.end(), parts->begin(), parts->end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<ChosenInstruments> choose_instruments(const MidiRead& music,
                                             std::span<const std::string> words) {
  ChosenInstruments chosen;
  for (const std::string& word : words) {
    const auto program = program_from_name(word);
    if (!program)
      return fail(ErrorCode::kInvalidArgument, "no instrument is called '" + word + "'");
    const auto parts = parts_playing(music, word);
    chosen.parts.insert(chosen.parts.end(), parts.begin(), parts.end());
    auto& programs = chosen.programs;
    if (parts.empty() && std::find(programs.begin(), programs.end(), *program) == programs.end())
      programs.push_back(*program);
  }
  std::sort(chosen.parts.begin(), chosen.parts.end());
  chosen.parts.erase(std::unique(chosen.parts.begin(), chosen.parts.end()), chosen.parts.end());
  return chosen;
}

}  // namespace sage::midi
