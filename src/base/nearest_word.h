// The word that somebody probably meant: for errors that name an unknown one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sage {

/// "; did you mean 'chords'?" for the nearest of the words by edits (insertions, deletions,
/// replacements, swaps of neighbours), where it is near; else the whole list: "; known are a, b,
/// c".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);

}  // namespace sage
