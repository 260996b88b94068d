#include "study/study_folder.h"

#include <algorithm>
#include <charconv>

#include "base/file.h"

namespace sage {
namespace {

namespace fs = std::filesystem;

Json to_json(const StudyFacts& facts) {
  Json music = Json::object();
  for (const auto& [kind, hashes] : facts.music)
    music[std::string(music_kind_name(kind))] = {{"training_sha256", hashes.training},
                                                 {"held_out_sha256", hashes.held_out}};
  return {{"study", facts.study},
          {"command", facts.command},
          {"shape", to_json(facts.shape)},
          {"settings", to_json(facts.settings)},
          {"music", music}};
}

Result<StudyFacts> facts_from(const fs::path& path) {
  const auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  try {
    StudyFacts facts;
    facts.study = json.at("study");
    facts.command = json.at("command");
    auto shape = study_shape_from_json(json.at("shape"));
    if (!shape) return fail(path.string(), shape.error());
    facts.shape = *std::move(shape);
    auto settings = study_settings_from_json(json.at("settings"));
    if (!settings) return fail(path.string(), settings.error());
    facts.settings = *settings;
    for (int k = 0; k < kMusicKindCount; ++k) {
      const auto kind = static_cast<MusicKind>(k);
      const std::string name(music_kind_name(kind));
      if (!json.at("music").contains(name)) continue;
      const auto& hashes = json.at("music").at(name);
      facts.music[kind] = {hashes.at("training_sha256"), hashes.at("held_out_sha256")};
    }
    return facts;
  } catch (const nlohmann::json::exception&) {
    return fail(ErrorCode::kMalformed, path.string() + " is not what a study writes");
  }
}

}  // namespace

Result<StudyFolder> StudyFolder::open(const fs::path& path, StudyFacts facts) {
  const fs::path file = path / "study.json";
  std::error_code error;
  if (fs::exists(file, error)) {
    const auto earlier = facts_from(file);
    if (!earlier) return tl::unexpected(earlier.error());
    const char* differs = earlier->study != facts.study         ? "is another study"
                          : earlier->shape != facts.shape       ? "has models of another shape"
                          : earlier->settings != facts.settings ? "has other settings"
                                                                : nullptr;
    if (differs == nullptr)
      for (const auto& [kind, hashes] : facts.music) {
        const auto at = earlier->music.find(kind);
        if (at != earlier->music.end() && at->second != hashes) differs = "is of other music";
      }
    if (differs != nullptr)
      return fail(ErrorCode::kMismatch,
                  path.string() + ": the study in it " + differs + "; choose another folder");
    facts.music.insert(earlier->music.begin(), earlier->music.end());
  }
  if (auto ok = check_writable(path / "arms" / "arm.json"); !ok) return tl::unexpected(ok.error());
  if (auto ok = write_text(file, to_json(facts).dump(1) + "\n"); !ok)
    return tl::unexpected(ok.error());
  return StudyFolder(path, std::move(facts));
}

Result<StudyFolder> StudyFolder::read(const fs::path& path) {
  const fs::path file = path / "study.json";
  std::error_code error;
  if (!fs::exists(file, error))
    return fail(ErrorCode::kInvalidArgument, path.string() + " holds no study (no study.json)");
  auto facts = facts_from(file);
  if (!facts) return tl::unexpected(facts.error());
  return StudyFolder(path, *std::move(facts));
}

std::string StudyFolder::key(const ArmSpec& arm, std::uint64_t seed) const {
  const auto music = facts_.music.find(arm.music);
  return arm_key(arm, seed, facts_.settings,
                 music == facts_.music.end() ? MusicHashes{} : music->second);
}

std::optional<ArmResult> StudyFolder::find(const ArmSpec& arm, std::uint64_t seed) const {
  const auto text = read_text(arm_path(arm.name, seed));
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value("key", nlohmann::json()) != key(arm, seed))
    return std::nullopt;
  return arm_result_from_json(json);
}

std::vector<ArmResult> StudyFolder::results(const ArmSpec& arm) const {
  const std::string head = arm.name + ".seed";
  std::vector<std::uint64_t> seeds;
  std::error_code error;
  for (fs::directory_iterator entry(path_ / "arms", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(head) || !name.ends_with(".json")) continue;
    std::uint64_t seed = 0;
    const char* last = name.data() + name.size() - 5;
    const auto [rest, code] = std::from_chars(name.data() + head.size(), last, seed);
    if (code == std::errc() && rest == last) seeds.push_back(seed);
  }
  std::sort(seeds.begin(), seeds.end());
  std::vector<ArmResult> results;
  for (const std::uint64_t seed : seeds)
    if (auto result = find(arm, seed)) results.push_back(*std::move(result));
  return results;
}

Result<void> StudyFolder::keep(const ArmResult& result) const {
  std::string text = to_json(result).dump() + "\n";
  return write_text(arm_path(result.arm, result.seed), text);
}

std::vector<SpeedSession> StudyFolder::speed() const {
  const auto text = read_text(path_ / "speed.json");
  if (!text) return {};
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  std::vector<SpeedSession> sessions;
  if (!json.is_array()) return sessions;
  for (const auto& entry : json)
    if (auto session = speed_session_from_json(entry)) sessions.push_back(*std::move(session));
  return sessions;
}

Result<void> StudyFolder::keep(const std::vector<SpeedSession>& sessions) const {
  Json json = Json::array();
  for (const SpeedSession& session : sessions) json.push_back(sage::to_json(session));
  return write_text(path_ / "speed.json", json.dump() + "\n");
}

}  // namespace sage
