#include "generate/density_words.h"

#include <algorithm>

#include "generate/wishes.h"

namespace sage {
namespace {

using Levels = std::array<double, kDensityWords.size()>;

constexpr Levels kAll = {2, 4, 6, 9, 17};
constexpr Levels kDrums = {8, 13, 17, 23, 30};
// By family of General MIDI, as sage-music data density counted them in 4,000 files of the training
// data; families with fewer than 1,000 bars there have the numbers of all.
constexpr std::array<Levels, 16> kFamilies = {{{3, 7, 10, 15, 24},
                                               kAll,
                                               {1, 3, 4, 6, 10},
                                               {2, 6, 8, 12, 21},
                                               {4, 6, 8, 8, 16},
                                               {1, 3, 5, 8, 16},
                                               {2, 4, 7, 10, 16},
                                               {2, 2, 4, 6, 10},
                                               {2, 2, 4, 6, 9},
                                               {1, 2, 4, 6, 10},
                                               {2, 4, 8, 14, 30},
                                               {1, 2, 3, 4, 8},
                                               kAll,
                                               kAll,
                                               kAll,
                                               kAll}};

}  // namespace

std::optional<double> notes_of_density_word(std::string_view word, int program) {
  const auto found = std::find(kDensityWords.begin(), kDensityWords.end(), word);
  if (found == kDensityWords.end()) return std::nullopt;
  const auto level = static_cast<std::size_t>(found - kDensityWords.begin());
  if (program == kDrumProgram) return kDrums[level];
  if (program < 0 || program >= kDrumProgram) return kAll[level];
  return kFamilies[static_cast<std::size_t>(program / 8)][level];
}

}  // namespace sage
