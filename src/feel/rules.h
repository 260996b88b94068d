// Loudness for parts that were never played: rules of performance, with seeded variation. For
// training data that are scores, and for what a model without velocities wrote.
#pragma once

#include <cstdint>

#include "score/loudness.h"
#include "score/score.h"

namespace sage {

/// Gives every pitched part with flat velocities a performer's: the part's own level (so that the
/// dynamics marks of the source stay) plus the sum of
/// - metre: strong places of the bar louder, those between the beats softer;
/// - phrase arch: four bars grow and fade;
/// - high loud: 4 steps of velocity an octave above the part's mean;
/// - melody: the highest note that sounds is louder, what is below it softer;
/// - variation: a slow drift from bar to bar, and a little at every note.
/// The weight of each is drawn for the piece from 0.5 to 1.5. Phrase arch and high loud are rules
/// of A. Friberg, R. Bresin and J. Sundberg, "Overview of the KTH rule system for musical
/// performance", Advances in Cognitive Psychology 2 (2006); melody over accompaniment as W. Goebl
/// measured it
/// ("Melody lead in piano performance", JASA 110 (2001)). The same score and seed give the same
/// velocities. A score with too many bars stays as it is. Notes of `kept` stay as they are; where
/// there are some, their mean is the level of the new ones. Where the score is the beginning of
/// music that goes on, its last phrase goes on `until` then.
void perform_by_rules(Score& score, std::uint64_t seed, const KeptNotes& kept = {},
                      Tick until = {});

}  // namespace sage
