// The word that somebody probably meant: for errors that name an unknown one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sage {

/// The nearest of the words by edits (insertions, deletions, replacements, swaps of neighbours);
/// empty where none is near.
std::string closest_word(std::string_view word, std::span<const std::string_view> words);

/// "; did you mean 'chords'?" for closest_word(); where there is none the whole list: "; known are
/// a, b, c".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);

}  // namespace sage
