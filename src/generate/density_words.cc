#include "generate/density_words.h"

#include <algorithm>

#include "generate/wishes.h"

namespace sage {
namespace {

using Levels = std::array<double, kDensityWords.size()>;

constexpr Levels kAll = {1, 3, 6, 9, 16};

}  // namespace

std::optional<double> notes_of_density_word(std::string_view word, int program) {
  (void)program;
  const auto found = std::find(kDensityWords.begin(), kDensityWords.end(), word);
  if (found == kDensityWords.end()) return std::nullopt;
  return kAll[static_cast<std::size_t>(found - kDensityWords.begin())];
}

}  // namespace sage
