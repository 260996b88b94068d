#include "score/validate.h"

#include <gtest/gtest.h>

#include <functional>

namespace sage {
namespace {

Score good() {
  Score score;
  score.tempos = {{Tick{0}, 500'000}, {Tick{960}, 400'000}};
  score.meters = {{Tick{0}, {3, 4}}};
  score.tracks.resize(1);
  score.tracks[0].notes = {{Tick{480}, Tick{0}, 60, 90}, {Tick{0}, Tick{480}, 127, 127}};
  return score;
}

TEST(ValidateScore, AcceptsWhatAReaderReturns) {
  EXPECT_TRUE(validate(good()));
  EXPECT_TRUE(validate(Score{}));
}

TEST(ValidateScore, RefusesWhatThereIsNot) {
  const std::vector<std::function<void(Score&)>> faults = {
      [](Score& s) { s.ticks_per_quarter = 0; },
      [](Score& s) { s.ticks_per_quarter = 40'000; },
      [](Score& s) { s.tracks[0].program = 128; },
      [](Score& s) { s.tracks[0].notes[1].pitch = 128; },
      [](Score& s) { s.tracks[0].notes[1].velocity = 200; },
      [](Score& s) { s.tracks[0].notes[1].onset = Tick{-1}; },
      [](Score& s) { s.tracks[0].notes[1].duration = Tick{-1}; },
      [](Score& s) { s.tracks[0].notes[1].onset = Tick{kLastTick + 1}; },
      [](Score& s) {
        s.tracks[0].controls = {{Tick{0}, 128, 0}};
      },
      [](Score& s) {
        s.tracks[0].bends = {{Tick{0}, 9000}};
      },
      [](Score& s) {
        s.tracks[0].pressures = {{Tick{0}, 200, 1}};
      },
      [](Score& s) { s.tempos[1].time = Tick{-1}; },
      [](Score& s) { s.tempos[0].time = Tick{2000}; },
      [](Score& s) { s.tempos[0].us_per_quarter = 0; },
      [](Score& s) {
        s.meters[0].meter = {0, 4};
      },
      [](Score& s) {
        s.meters[0].meter = {3, 5};
      },
      [](Score& s) {
        s.keys = {{Tick{0}, 9, false}};
      }};
  for (std::size_t i = 0; i < faults.size(); ++i) {
    Score score = good();
    faults[i](score);
    const auto refused = validate(score);
    ASSERT_FALSE(refused) << i;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sage
