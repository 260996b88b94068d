// What the commands that write music share.
#pragma once

#include <string>
#include <vector>

#include "apps/shared/cli.h"
#include "generate/engine.h"
#include "score/score.h"

namespace sage::cli {

/// What stands between commas, without blanks around it; refuses an empty list or item.
Result<std::vector<std::string>> parse_list(const std::string& text);
/// Names or numbers with commas between them as programs, 128 for drums.
Result<std::vector<int>> parse_instruments(const std::string& text);
/// The same, checked, as the words that they are: a file may have one of the instruments that a
/// word means (midi/parts.h).
Result<std::vector<std::string>> parse_instrument_words(const std::string& text);

/// What a parser makes of an option's value; what it refuses is wrong usage.
template <class Parse>
auto parsed(Parse parse, const std::string& option, const std::string& text) {
  auto value = parse(text);
  if (!value) throw CLI::ValidationError(option, value.error().message);
  return *std::move(value);
}

}  // namespace sage::cli
