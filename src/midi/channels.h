// Which MIDI channel each track of a score gets. Internal to midi.
#pragma once

#include <vector>

#include "score/score.h"

namespace sage::midi {

struct ChannelChoice {
  int channel = 0;
  /// Tracks with other programs use the channel too, so the program must be sent again before
  /// notes.
  bool shares_programs = false;
};

/// One choice a track. Drums go to channel 10; each program of the others gets a channel of its
/// own, then each further track one while there are any, and then tracks share: first with their
/// own program, and with others only where there are more than fifteen programs.
std::vector<ChannelChoice> choose_channels(const std::vector<Track>& tracks);

}  // namespace sage::midi
