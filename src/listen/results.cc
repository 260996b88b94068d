#include "listen/results.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace sage {
namespace {

using Json = nlohmann::ordered_json;

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorCode::kMalformed, what);
}

Result<std::array<int, kScales>> values_of(const Json& json) {
  std::array<int, kScales> values = {};
  for (std::size_t s = 0; s < kScales; ++s) {
    const Json value = json.is_object() ? json.value(kRatingScales[s], Json()) : Json();
    if (!value.is_number_integer() || value < 1 || value > 5)
      return malformed(std::string("a rating of ") + kRatingScales[s] + " is not 1 to 5");
    values[s] = value.get<int>();
  }
  return values;
}

double mean_distance(const std::array<int, kScales>& a, const std::array<int, kScales>& b) {
  double sum = 0;
  for (std::size_t s = 0; s < kScales; ++s) sum += std::abs(a[s] - b[s]);
  return sum / static_cast<double>(kScales);
}

class Reader {
 public:
  explicit Reader(const ListeningTest& test) : test_(test) {
    for (std::size_t i = 0; i < test.clips.size(); ++i) places_[test.clips[i].id] = i;
    for (const ListeningPair& pair : test.pairs)
      pairs_.insert({test.clips[pair.a].id, test.clips[pair.b].id});
  }

  Result<Listener> read(const Json& json) {
    listener_.participant = json.at("participant").get<std::string>();
    listener_.finished = json.at("finished").get<std::string>();
    if (listener_.participant.empty()) return malformed("no participant");
    for (const Json& rating : json.at("ratings"))
      if (auto ok = take_rating(rating); !ok) return tl::unexpected(ok.error());
    for (const Json& pair : json.at("pairs"))
      if (auto ok = take_pair(pair); !ok) return tl::unexpected(ok.error());
    if (rated_.size() != test_.clips.size() + 1 || !rated_.contains(test_.checks.repeat.id) ||
        listener_.votes.size() != test_.pairs_each || !spliced_)
      return malformed("incomplete: " + std::to_string(rated_.size()) + " ratings and " +
                       std::to_string(listener_.votes.size()) + " comparisons");
    const auto instruction = values_of(json.at("instruction"));
    if (!instruction) return tl::unexpected(instruction.error());
    judge(json.at("count").get<int>(), *instruction);
    return std::move(listener_);
  }

 private:
  Result<void> take_rating(const Json& json) {
    const auto id = json.at("clip").get<std::string>();
    const auto place = places_.find(id);
    if (place == places_.end() && id != test_.checks.repeat.id)
      return malformed("rates a clip that the test does not have");
    const auto values = values_of(json);
    if (!values) return tl::unexpected(values.error());
    if (!rated_.emplace(id, *values).second) return malformed("rates a clip twice");
    if (place != places_.end()) listener_.ratings.push_back({place->second, *values});
    return {};
  }

  Result<void> take_pair(const Json& json) {
    std::string winner = json.at("a").get<std::string>(), loser = json.at("b").get<std::string>();
    const auto choice = json.at("choice").get<std::string>();
    if (choice != "a" && choice != "b") return malformed("a comparison without a choice");
    const std::set<std::string> both = {winner, loser};
    if (!compared_.insert(both).second) return malformed("compares two clips twice");
    if (choice == "b") std::swap(winner, loser);
    const ListeningChecks& checks = test_.checks;
    if (both == std::set{test_.clips[checks.splice.of].id, checks.splice.id}) {
      spliced_ = true;
      if (winner == checks.splice.id) splice_won_ = true;
      return {};
    }
    if (!pairs_.contains({winner, loser}) && !pairs_.contains({loser, winner}))
      return malformed("compares clips that the test does not compare");
    listener_.votes.push_back({places_.at(winner), places_.at(loser)});
    return {};
  }

  void judge(int count, const std::array<int, kScales>& instruction) {
    const ListeningChecks& checks = test_.checks;
    if (count != checks.tone_count) listener_.failed.push_back("tones");
    if (std::any_of(instruction.begin(), instruction.end(),
                    [&](int value) { return value != checks.instruction; }))
      listener_.failed.push_back("instruction");
    const std::string& first = test_.clips[checks.repeat.of].id;
    if (mean_distance(rated_.at(first), rated_.at(checks.repeat.id)) > 1)
      listener_.failed.push_back("repeat");
    if (splice_won_) listener_.failed.push_back("splice");
  }

  const ListeningTest& test_;
  std::map<std::string, std::size_t> places_;
  std::set<std::pair<std::string, std::string>> pairs_;
  std::map<std::string, std::array<int, kScales>> rated_;
  std::set<std::set<std::string>> compared_;
  bool spliced_ = false, splice_won_ = false;
  Listener listener_;
};

}  // namespace

Result<Listener> read_result(const std::string& text, const ListeningTest& test) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return malformed("not JSON: the file is broken");
  if (json.value("format", Json()) != "sage-music-listening-result")
    return malformed("not a result of a listening test");
  if (json.value("version", Json()) != 1)
    return fail(ErrorCode::kUnsupported, "a result of another version");
  if (json.value("test", Json()) != test_id(test))
    return fail(ErrorCode::kMismatch, "a result of another test");
  try {
    return Reader(test).read(json);
  } catch (const Json::exception&) {
    return malformed("an answer is missing or of the wrong type");
  }
}

Listeners read_results(const std::vector<ResultFile>& files, const ListeningTest& test,
                       std::size_t allowed) {
  Listeners out;
  std::map<std::string, std::pair<Listener, std::string>> first;  // participant: listener, file
  for (const ResultFile& file : files) {
    auto listener = file.text ? read_result(*file.text, test) : tl::unexpected(file.text.error());
    if (!listener) {
      out.refused.push_back({file.name, to_string(listener.error())});
      continue;
    }
    const auto [seen, fresh] =
        first.try_emplace(listener->participant, std::pair{*listener, file.name});
    if (fresh) continue;
    std::string late = file.name;
    if (listener->finished < seen->second.first.finished) {
      late = seen->second.second;
      seen->second = {*std::move(listener), file.name};
    }
    out.refused.push_back(
        {late, "participant " + seen->first + " answered before, in " + seen->second.second});
  }
  for (auto& [participant, entry] : first) {
    const bool good = entry.first.failed.size() <= allowed;
    (good ? out.passed : out.failed).push_back(std::move(entry.first));
  }
  return out;
}

}  // namespace sage
