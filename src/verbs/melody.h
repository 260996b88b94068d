// Which of a piece's parts carries the tune.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "score/score.h"

namespace sage {

/// The pitched track with the highest mean of the highest notes that sound at a time, among those
/// that play in at least a third of the piece (where none does, among all); nothing: no pitched
/// notes.
std::optional<std::size_t> melody_of(const Score& score);
/// The pitched tracks with notes, but for one.
std::vector<std::size_t> pitched_but(const Score& score, std::optional<std::size_t> melody);

}  // namespace sage
