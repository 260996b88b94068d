// One part of a file by itself, as a mixing desk wants it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "midi/document.h"

namespace sage::midi {

/// The document with the notes of one part alone. All else stays: tempos, meters, texts, and the
/// controllers and programs of every channel.
std::vector<std::uint8_t> stem(const Document& document, std::size_t part);

}  // namespace sage::midi
