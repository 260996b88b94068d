// Words for how many notes an instrument plays in a bar.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace sage {

/// From few notes to many.
inline constexpr std::array<std::string_view, 5> kDensityWords = {"very-sparse", "sparse", "medium",
                                                                  "dense", "very-dense"};

/// Notes a bar of a program 0..128: the 10th, 30th, 50th, 70th and 90th percentile of the bars in
/// which it plays in training data (sage-music data density); for kEveryProgram those of all
/// instruments together. Nothing: no such word.
std::optional<double> notes_of_density_word(std::string_view word, int program);

}  // namespace sage
