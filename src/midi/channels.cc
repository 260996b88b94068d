#include "midi/channels.h"

#include <array>

#include "midi/event.h"

namespace sage::midi {
namespace {

constexpr int kMelodicChannels = kChannels - 1;

constexpr int melodic_channel(int index) { return index < kDrumChannel ? index : index + 1; }

}  // namespace

std::vector<ChannelChoice> choose_channels(const std::vector<Track>& tracks) {
  std::vector<ChannelChoice> choices(tracks.size());
  std::array<int, 128> first_of_program;
  first_of_program.fill(-1);
  int programs = 0;
  for (const Track& track : tracks)
    if (!track.is_drum && first_of_program[track.program % 128] < 0)
      first_of_program[track.program % 128] = programs++ % kMelodicChannels;

  int next_free = programs;
  std::array<bool, 128> seen = {};
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const int program = tracks[i].program % 128;
    if (tracks[i].is_drum) {
      choices[i].channel = kDrumChannel;
      continue;
    }
    const bool takes_free = seen[program] && next_free < kMelodicChannels;
    choices[i].channel = melodic_channel(takes_free ? next_free++ : first_of_program[program]);
    seen[program] = true;
  }

  std::array<int, kChannels> program_on;
  program_on.fill(-1);
  std::array<bool, kChannels> mixed = {};
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    int& program = program_on[choices[i].channel];
    if (program >= 0 && program != tracks[i].program) mixed[choices[i].channel] = true;
    program = tracks[i].program;
  }
  for (ChannelChoice& choice : choices) choice.shares_programs = mixed[choice.channel];
  return choices;
}

}  // namespace sage::midi
