#include "score/voices.h"

#include <array>

namespace sage {
namespace {

struct Group {
  int first, last;  // programs
  int voices;
};
// The harmonica (22) and the bagpipe's drones (109) play chords.
constexpr std::array<Group, 11> kGroups = {{{0, 7, 10},
                                            {16, 21, 10},
                                            {23, 23, 10},
                                            {24, 31, 6},
                                            {32, 37, 2},
                                            {40, 43, 2},
                                            {110, 110, 2},
                                            {56, 60, 1},
                                            {64, 71, 1},
                                            {72, 79, 1},
                                            {111, 111, 1}}};

}  // namespace

int voices_of(int program) {
  for (const Group& group : kGroups)
    if (program >= group.first && program <= group.last) return group.voices;
  return kManyVoices;
}

bool is_bass(int program) { return (program >= 32 && program < 40) || program == 43; }

}  // namespace sage
