#include "apps/shared/music_options.h"

#include <sstream>

#include "score/program_names.h"

namespace sage::cli {

Result<std::vector<std::string>> parse_list(const std::string& text) {
  std::vector<std::string> items;
  std::stringstream list(text);
  for (std::string item; std::getline(list, item, ',');) {
    const std::size_t first = item.find_first_not_of(" \t");
    if (first == std::string::npos)
      return fail(ErrorCode::kInvalidArgument, "'" + text + "' has an empty item");
    items.push_back(item.substr(first, item.find_last_not_of(" \t") - first + 1));
  }
  if (items.empty()) return fail(ErrorCode::kInvalidArgument, "the list is empty");
  return items;
}

Result<std::vector<std::string>> parse_instrument_words(const std::string& text) {
  auto words = parse_list(text);
  if (!words) return words;
  for (const std::string& name : *words) {
    if (program_from_name(name)) continue;
    const std::string close = closest_program_name(name);
    return fail(ErrorCode::kInvalidArgument,
                "no instrument is called '" + name + "'" +
                    (close.empty() ? ". " : "; did you mean " + close + "? ") +
                    "Use General MIDI names such as piano, violin, acoustic bass, drums, or "
                    "numbers 0 to 127 (128 for drums)");
  }
  return words;
}

Result<std::vector<int>> parse_instruments(const std::string& text) {
  const auto words = parse_instrument_words(text);
  if (!words) return tl::unexpected(words.error());
  std::vector<int> programs;
  for (const std::string& name : *words) programs.push_back(*program_from_name(name));
  return programs;
}

}  // namespace sage::cli
