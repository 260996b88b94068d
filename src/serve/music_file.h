// Music of the page and MIDI files: what a file holds, and a file with what was edited and nothing
// else changed.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "midi/document.h"
#include "serve/music_json.h"

namespace sage::serve {

/// Tracks with their parts; names as UTF-8.
Music music_of(const midi::Document& document);

/// The document with the notes, tempos, meters, keys, programs, names, volumes and pans of `music`,
/// whose tracks name the parts that they came from. Events that say the same before and after keep
/// their bytes and places. Parts that no track names lose their notes; tracks without a part are
/// added. Errors: a part that there is not, or that two tracks name.
Result<std::vector<std::uint8_t>> write_over(const midi::Document& document, const Music& music);

/// A file of its own.
std::vector<std::uint8_t> write_new(const Music& music);

}  // namespace sage::serve
