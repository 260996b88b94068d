// The accents of drummers for drum parts whose notes are all equally loud.
#pragma once

#include <cstdint>

#include "feel/feel.h"
#include "score/loudness.h"

namespace sage {

/// Adds a feel's accents, with half of its drummers' variation, to the drum parts whose new notes
/// are all equally loud. Notes of `kept` stay as they are; where there are some, their mean is the
/// level of the new ones. The same seed gives the same velocities.
void accent_drums(Score& score, const Feel& feel, std::uint64_t seed, const KeptNotes& kept = {});

}  // namespace sage
