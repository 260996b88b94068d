// How well some bars close a phrase: by the harmony they come to rest on, and by the rest itself.
//
// A phrase closes on the tonic, or stays open on the dominant where it goes on (Caplin 1998,
// Classical Form, on cadences; keys by Krumhansl and Kessler's profiles, see metrics/form.h). The
// measure ranks what a model wrote; it writes nothing. Knows scores only.
#pragma once

#include "metrics/form.h"
#include "score/score.h"

namespace sage {

enum class Close {
  kOpen,  // on the dominant, or on the tonic; the music goes on
  kFull,  // on the tonic
};

/// 0 (no close) to 2.5, a sum: 1 where the lowest note that sounds at the last onset of a pitched
/// note in [from, to) is the one to close on (0.5: the tonic of an open close); the share of the
/// notes sounding there that belong to its triad; half the share of the bars' last half without
/// another onset. 0 without a pitched note, or a key.
double close_strength(const Score& score, Tick from, Tick to, EstimatedKey key, Close close);

}  // namespace sage
