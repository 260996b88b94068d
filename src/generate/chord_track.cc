#include "generate/chord_track.h"

#include <algorithm>

namespace sage {
namespace {

/// Where chord `i` of `count` begins in a bar.
int start_of(std::size_t i, std::size_t count, int bar_steps) {
  const auto n = static_cast<int>(count);
  return (bar_steps * static_cast<int>(i) + n - 1) / n;
}

}  // namespace

ChordTrack::ChordTrack(std::string_view text) : bars_(parse_progression(text).value()) {}

const std::vector<Chord>* ChordTrack::bar(int number) const {
  if (number < 0 || bars_.empty()) return nullptr;
  return &bars_[static_cast<std::size_t>(number) % bars_.size()];
}

const Chord* ChordTrack::at(int number, int position, int bar_steps) const {
  const auto* chords = bar(number);
  if (chords == nullptr || chords->empty()) return nullptr;
  std::size_t i = chords->size() - 1;
  while (i > 0 && start_of(i, chords->size(), bar_steps) > position) --i;
  return &(*chords)[i];
}

bool ChordTrack::begins_at(int number, int position, int bar_steps) const {
  const auto* chords = bar(number);
  if (chords == nullptr) return false;
  for (std::size_t i = 0; i < chords->size(); ++i)
    if (start_of(i, chords->size(), bar_steps) == position) return true;
  return false;
}

bool ChordTrack::is_strong(int number, int position, int bar_steps) const {
  return position == 0 || 2 * position == bar_steps || begins_at(number, position, bar_steps);
}

int ChordTrack::to_next_strong(int number, int position, int bar_steps) const {
  for (int next = position + 1; next < bar_steps; ++next)
    if (is_strong(number, next, bar_steps)) return next - position;
  return std::max(bar_steps - position, 1);
}

int ChordTrack::belongs_for(int pitch_class, int number, int position, int bar_steps,
                            int limit) const {
  int steps = 0;
  while (steps < limit) {
    const Chord* chord = at(number, position, bar_steps);
    if (chord != nullptr && !chord->tones.test(static_cast<std::size_t>(pitch_class))) break;
    const int stretch = to_next_strong(number, position, bar_steps);
    steps += stretch;
    position += stretch;
    if (position >= bar_steps) {
      position = 0;
      ++number;
    }
  }
  return std::min(steps, limit);
}

}  // namespace sage
