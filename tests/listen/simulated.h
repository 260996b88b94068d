// Simulated listeners, for tests alone: no person ever gave these answers.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "listen/design.h"

namespace sage::test {

/// What the page would save for a listener whose opinion of system s is 2 + s, with noise. Passes
/// all checks.
inline nlohmann::ordered_json simulated_result(const ListeningTest& test, std::uint64_t seed) {
  Random random(seed);
  nlohmann::ordered_json json = {{"format", "sage-music-listening-result"},
                                 {"version", 1},
                                 {"test", test_id(test)},
                                 {"app_version", "simulated"},
                                 {"participant", "simulated-" + std::to_string(seed)},
                                 {"finished", "2000-01-01T00:00:00.000Z"},
                                 {"count", test.checks.tone_count},
                                 {"ratings", nlohmann::ordered_json::array()},
                                 {"pairs", nlohmann::ordered_json::array()}};
  for (const char* scale : kRatingScales) json["instruction"][scale] = test.checks.instruction;
  for (const ListeningClip& clip : test.clips) {
    nlohmann::ordered_json rating = {{"clip", clip.id}};
    for (const char* scale : kRatingScales)
      rating[scale] = std::clamp(static_cast<int>(1 + clip.system + random.below(3)), 1, 5);
    json["ratings"].push_back(rating);
  }
  nlohmann::ordered_json again = json["ratings"][test.checks.repeat.of];
  again["clip"] = test.checks.repeat.id;
  json["ratings"].push_back(again);
  for (std::size_t i = 0; i < test.pairs_each; ++i) {
    const ListeningPair& pair = test.pairs[i];
    const bool a = test.clips[pair.a].system > test.clips[pair.b].system;
    json["pairs"].push_back(
        {{"a", test.clips[pair.a].id}, {"b", test.clips[pair.b].id}, {"choice", a ? "a" : "b"}});
  }
  json["pairs"].push_back(
      {{"a", test.checks.splice.id}, {"b", test.clips[test.checks.splice.of].id}, {"choice", "b"}});
  return json;
}

}  // namespace sage::test
