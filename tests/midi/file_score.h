// Random scores that a MIDI file can hold exactly (see midi/writer.h).
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "score/score.h"
#include "score/transform.h"

namespace sage::test {

/// Notes of one pitch that end in the order in which they start; some without length, some at once.
inline void add_notes(std::vector<Note>& notes, std::uint8_t pitch, std::int64_t last) {
  auto onsets =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, last));
  std::sort(onsets.begin(), onsets.end());
  std::int64_t end = 0;
  for (const std::int64_t onset : onsets) {
    end = std::max(end, onset + *rc::gen::inRange<std::int64_t>(0, last / 4 + 1));
    notes.push_back(
        {Tick{onset}, Tick{end - onset}, pitch, *rc::gen::inRange<std::uint8_t>(1, 128)});
  }
}

inline std::string any_text() {
  return *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
}

inline rc::Gen<Score> any_file_score(int max_tracks) {
  return rc::gen::exec([max_tracks] {
    Score score;
    score.ticks_per_quarter = *rc::gen::inRange(1, 0x8000);
    const std::int64_t last = *rc::gen::element<std::int64_t>(8, 500, 100'000, 0x7fffffff);
    const auto tick = [last] { return Tick{*rc::gen::inRange<std::int64_t>(0, last)}; };
    const auto seven = [] { return *rc::gen::inRange<std::uint8_t>(0, 128); };
    const auto times = [](int n, const auto& add) {
      for (int i = *rc::gen::inRange(0, n); i > 0; --i) add();
    };
    times(max_tracks + 1, [&] {
      Track track;
      track.is_drum = *rc::gen::weightedElement<bool>({{4, false}, {1, true}});
      track.program = *rc::gen::inRange<std::uint8_t>(0, 30);
      if (*rc::gen::arbitrary<bool>()) track.name = any_text();
      for (std::uint8_t pitch = *rc::gen::element(0, 60, 125); pitch < 128; pitch += 1 + seven())
        add_notes(track.notes, pitch, last);
      times(4, [&] {  // no banks, and none of those that end notes
        track.controls.push_back({tick(), static_cast<std::uint8_t>(33 + seven() % 87), seven()});
      });
      times(4, [&] {
        track.bends.push_back({tick(), *rc::gen::inRange<std::int16_t>(-8192, 8192)});
      });
      times(4, [&] {
        track.pressures.push_back(
            {tick(), *rc::gen::element(seven(), Pressure::kWholeChannel), seven()});
      });
      if (track.notes.empty()) track.controls.push_back({tick(), 7, 100});
      score.tracks.push_back(std::move(track));
    });
    times(4, [&] { score.tempos.push_back({tick(), *rc::gen::inRange(1u, 0x1000000u)}); });
    times(4, [&] {
      score.meters.push_back({tick(),
                              {*rc::gen::inRange<std::uint8_t>(1, 255),
                               static_cast<std::uint8_t>(1 << *rc::gen::inRange(0, 8))}});
    });
    times(4, [&] {
      score.keys.push_back(
          {tick(), *rc::gen::inRange<std::int8_t>(-7, 8), *rc::gen::arbitrary<bool>()});
    });
    times(6, [&] {
      score.texts.push_back({tick(), *rc::gen::inRange<std::uint8_t>(1, 16), any_text()});
    });
    normalise(score);
    return score;
  });
}

}  // namespace sage::test
