#include "midi/stem.h"

namespace sage::midi {

std::vector<std::uint8_t> stem(const Document& document, std::size_t part) {
  Edits edits;
  edits.tracks.resize(document.tracks().size());
  const std::vector<Part>& parts = document.music().parts;
  for (std::size_t other = 0; other < parts.size(); ++other) {
    if (other == part) continue;
    const std::size_t track = parts[other].track;
    std::vector<bool>& left_out = edits.tracks[track].left_out;
    left_out.resize(document.tracks()[track].events.size());
    for (const NoteEvents& note : document.notes_of(other))
      for (const std::uint32_t event : {note.on, note.off})
        if (event != NoteEvents::kNone) left_out[event] = true;
  }
  return document.write(edits);
}

}  // namespace sage::midi
