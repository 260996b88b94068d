// Random scores for property tests (RapidCheck generators).
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "score/score.h"
#include "score/transform.h"

namespace sage::test {

inline rc::Gen<Note> any_note(std::int64_t last_tick) {
  return rc::gen::build<Note>(
      rc::gen::set(&Note::onset, rc::gen::map(rc::gen::inRange<std::int64_t>(0, last_tick),
                                              [](std::int64_t t) { return Tick{t}; })),
      rc::gen::set(&Note::duration,
                   rc::gen::map(rc::gen::inRange<std::int64_t>(1, last_tick / 4 + 2),
                                [](std::int64_t t) { return Tick{t}; })),
      rc::gen::set(&Note::pitch, rc::gen::inRange<std::uint8_t>(0, 128)),
      rc::gen::set(&Note::velocity, rc::gen::inRange<std::uint8_t>(1, 128)));
}

/// A score with up to six tracks, a few meter and tempo changes anywhere, and up to about 40 bars.
inline rc::Gen<Score> any_score() {
  return rc::gen::exec([] {
    Score score;
    score.ticks_per_quarter = *rc::gen::element(24, 96, 120, 480, 1024);
    const std::int64_t last = std::int64_t{score.ticks_per_quarter} * *rc::gen::inRange(1, 160);
    const int tracks = *rc::gen::inRange(0, 7);
    for (int i = 0; i < tracks; ++i) {
      Track track;
      track.is_drum = *rc::gen::weightedElement<bool>({{4, false}, {1, true}});
      track.program = *rc::gen::inRange<std::uint8_t>(0, track.is_drum ? 1 : 128);
      track.notes = *rc::gen::container<std::vector<Note>>(any_note(last));
      score.tracks.push_back(std::move(track));
    }
    const auto tick = [&] { return Tick{*rc::gen::inRange<std::int64_t>(0, last)}; };
    const int meters = *rc::gen::inRange(0, 4);
    for (int i = 0; i < meters; ++i)
      score.meters.push_back({tick(),
                              {*rc::gen::inRange<std::uint8_t>(1, 33),
                               static_cast<std::uint8_t>(1 << *rc::gen::inRange(0, 7))}});
    const int tempos = *rc::gen::inRange(0, 4);
    for (int i = 0; i < tempos; ++i)
      score.tempos.push_back({tick(), *rc::gen::inRange<std::uint32_t>(100'000, 4'000'000)});
    normalise(score);
    return score;
  });
}

}  // namespace sage::test
