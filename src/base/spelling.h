// Which word somebody meant: for errors that offer one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sage {

/// The candidate with the fewest letters to change, add, leave out or swap with a neighbour, where
/// these are at most a third of the word's; empty where none is so close.
std::string closest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace sage
