#include "base/nearest_word.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sage {
namespace {

/// Optimal string alignment distance.
std::size_t edits(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> table((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return table[i * width + j];
  };
  for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      at(i, j) = std::min({replaced, at(i - 1, j) + 1, at(i, j - 1) + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  return table.back();
}

}  // namespace

std::string closest_word(std::string_view word, std::span<const std::string_view> words) {
  constexpr std::size_t kLongest = 64;  // that is compared
  std::size_t least = word.size();
  std::string_view nearest;
  for (const std::string_view known : words) {
    const std::size_t distance = edits(word.substr(0, kLongest), known);
    if (distance < least) {
      least = distance;
      nearest = known;
    }
  }
  return least <= 1 + nearest.size() / 4 ? std::string(nearest) : std::string();
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
  if (const std::string nearest = closest_word(word, words); !nearest.empty())
    return "; did you mean '" + nearest + "'?";
  std::string list;
  for (const std::string_view known : words)
    list += (list.empty() ? "" : ", ") + std::string(known);
  return "; known are " + list;
}

}  // namespace sage
