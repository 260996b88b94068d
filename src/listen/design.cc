#include "listen/design.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "base/random.h"

namespace sage {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kKeyFormat = "sage-music-listening-key";
constexpr int kVersion = 1;

std::string opaque_id(Random& random, std::set<std::string>& used) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (;;) {
    std::string id;
    for (std::uint64_t bits = random.next(); id.size() < 8; bits >>= 4) id += kHex[bits & 15];
    if (used.insert(id).second) return id;
  }
}

Json check_json(const CheckClip& check) {
  return {{"id", check.id}, {"of", check.of}, {"sha256", check.sha256}};
}

CheckClip check_of(const Json& json) {
  return {json.at("id").get<std::string>(), json.at("of").get<std::size_t>(),
          json.at("sha256").get<std::string>()};
}

/// Without the name of the test, which is made of this.
Json design_json(const ListeningTest& test) {
  Json clips = Json::array(), pairs = Json::array(), hashes;
  for (const ListeningClip& clip : test.clips) {
    clips.push_back({{"id", clip.id}, {"piece", clip.piece}});
    hashes[clip.id] = clip.sha256;
  }
  for (const ListeningPair& pair : test.pairs)
    pairs.push_back(
        {{"a", test.clips[pair.a].id}, {"b", test.clips[pair.b].id}, {"group", pair.group}});
  const ListeningChecks& checks = test.checks;
  for (const CheckClip* check : {&checks.tones, &checks.repeat, &checks.splice})
    hashes[check->id] = check->sha256;
  return {{"title", test.title},
          {"seconds", test.seconds},
          {"loudness_lufs", test.loudness_lufs},
          {"scales", kRatingScales},
          {"clips", clips},
          {"pairs", pairs},
          {"pairs_each", test.pairs_each},
          {"count", checks.tones.id},
          {"late", checks.repeat.id},
          {"extra", {{"a", test.clips[checks.splice.of].id}, {"b", checks.splice.id}}},
          {"choose", checks.instruction},
          {"sha256", hashes}};
}

Result<ListeningTest> checked(ListeningTest test) {
  const auto refuse = [] { return fail(ErrorCode::kMalformed, "the key contradicts itself"); };
  const std::size_t clips = test.clips.size();
  if (test.systems.size() < 2 || test.pieces.size() < 2 ||
      clips != test.systems.size() * test.pieces.size())
    return refuse();
  std::set<std::string> ids = {test.checks.tones.id, test.checks.repeat.id, test.checks.splice.id};
  for (std::size_t i = 0; i < clips; ++i) {
    const ListeningClip& clip = test.clips[i];
    if (clip.piece != i / test.systems.size() || clip.system != i % test.systems.size())
      return refuse();
    ids.insert(clip.id);
  }
  for (const ListeningPair& pair : test.pairs)
    if (pair.a >= clips || pair.b >= clips || pair.a == pair.b ||
        test.clips[pair.a].piece != test.clips[pair.b].piece)
      return refuse();
  if (ids.size() != clips + 3 || test.checks.repeat.of >= clips || test.checks.splice.of >= clips ||
      test.pairs_each > test.pairs.size())
    return refuse();
  return test;
}

}  // namespace

ListeningTest design_test(std::vector<std::string> systems, std::vector<std::string> pieces,
                          std::size_t pairs_each, std::uint64_t seed) {
  ListeningTest test;
  test.systems = std::move(systems);
  test.pieces = std::move(pieces);
  test.seed = seed;
  Random random(seed);
  std::set<std::string> used;
  // Which of two systems is a pair's `a` is the same throughout, so that the page can balance the
  // sides, but does not follow from the order in which the systems were named.
  std::vector<std::uint64_t> rank;
  for (std::size_t system = 0; system < test.systems.size(); ++system)
    rank.push_back(random.next());
  for (std::size_t piece = 0; piece < test.pieces.size(); ++piece) {
    std::size_t group = 0;
    const std::size_t first = test.clips.size();
    for (std::size_t system = 0; system < test.systems.size(); ++system)
      test.clips.push_back({opaque_id(random, used), piece, system});
    for (std::size_t a = 0; a < test.systems.size(); ++a)
      for (std::size_t b = a + 1; b < test.systems.size(); ++b)
        test.pairs.push_back(rank[a] < rank[b] ? ListeningPair{first + a, first + b, group++}
                                               : ListeningPair{first + b, first + a, group++});
  }
  test.pairs_each = pairs_each == 0 ? test.pairs.size() : std::min(pairs_each, test.pairs.size());
  const auto clips = static_cast<std::uint32_t>(test.clips.size());
  test.checks.tones.id = opaque_id(random, used);
  test.checks.tone_count = 2 + static_cast<int>(random.below(4));
  test.checks.repeat = {opaque_id(random, used), random.below(clips)};
  test.checks.splice = {opaque_id(random, used), random.below(clips)};
  test.checks.instruction = random.below(2) == 0 ? 2 : 4;
  return test;
}

std::string test_id(const ListeningTest& test) {
  return Sha256().update(design_json(test).dump()).hex().substr(0, 16);
}

Json test_json(const ListeningTest& test) {
  Json json = {
      {"format", "sage-music-listening-test"}, {"version", kVersion}, {"test", test_id(test)}};
  json.update(design_json(test));
  // In the order of their names, so that the order reveals nothing about the systems.
  auto& clips = json["clips"];
  std::sort(clips.begin(), clips.end(),
            [](const Json& x, const Json& y) { return x["id"] < y["id"]; });
  Json hashes = json["sha256"];
  std::map<std::string, Json> sorted;
  for (const auto& [id, hash] : hashes.items()) sorted[id] = hash;
  json["sha256"] = sorted;
  return json;
}

Json key_json(const ListeningTest& test) {
  Json clips = Json::array(), pairs = Json::array();
  for (const ListeningClip& clip : test.clips)
    clips.push_back(
        {{"id", clip.id}, {"piece", clip.piece}, {"system", clip.system}, {"sha256", clip.sha256}});
  for (const ListeningPair& pair : test.pairs) pairs.push_back({pair.a, pair.b, pair.group});
  return {{"format", kKeyFormat},
          {"version", kVersion},
          {"test", test_id(test)},
          {"title", test.title},
          {"seconds", test.seconds},
          {"seed", test.seed},
          {"loudness_lufs", test.loudness_lufs},
          {"systems", test.systems},
          {"pieces", test.pieces},
          {"clips", clips},
          {"pairs", pairs},
          {"pairs_each", test.pairs_each},
          {"checks",
           {{"tones", check_json(test.checks.tones)},
            {"tone_count", test.checks.tone_count},
            {"repeat", check_json(test.checks.repeat)},
            {"splice", check_json(test.checks.splice)},
            {"instruction", test.checks.instruction}}}};
}

Result<ListeningTest> read_key(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("format", Json()) != kKeyFormat)
    return fail(ErrorCode::kMalformed, "not the key of a listening test");
  if (json.value("version", Json()) != kVersion)
    return fail(ErrorCode::kUnsupported, "a key of another version");
  try {
    ListeningTest test;
    json.at("title").get_to(test.title);
    json.at("seconds").get_to(test.seconds);
    json.at("seed").get_to(test.seed);
    json.at("loudness_lufs").get_to(test.loudness_lufs);
    json.at("systems").get_to(test.systems);
    json.at("pieces").get_to(test.pieces);
    for (const Json& clip : json.at("clips"))
      test.clips.push_back({clip.at("id").get<std::string>(), clip.at("piece").get<std::size_t>(),
                            clip.at("system").get<std::size_t>(),
                            clip.at("sha256").get<std::string>()});
    for (const Json& pair : json.at("pairs"))
      test.pairs.push_back({pair.at(0).get<std::size_t>(), pair.at(1).get<std::size_t>(),
                            pair.at(2).get<std::size_t>()});
    json.at("pairs_each").get_to(test.pairs_each);
    const Json& checks = json.at("checks");
    test.checks.tones = check_of(checks.at("tones"));
    checks.at("tone_count").get_to(test.checks.tone_count);
    test.checks.repeat = check_of(checks.at("repeat"));
    test.checks.splice = check_of(checks.at("splice"));
    checks.at("instruction").get_to(test.checks.instruction);
    auto good = checked(std::move(test));
    if (good && test_id(*good) != json.value("test", Json()))
      return fail(ErrorCode::kMismatch, "the key was altered: its hash is another");
    return good;
  } catch (const nlohmann::json::exception&) {
    return fail(ErrorCode::kMalformed, "the key lacks a part, or one is of the wrong type");
  }
}

}  // namespace sage
